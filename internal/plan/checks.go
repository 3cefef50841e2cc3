package plan

import "slices"

// checkScopes reports, once for each declaration, scopes on the paths below n
// that nothing would check.
func (p *planner) checkScopes(n *Node) {
	if p.checked[n] {
		return
	}
	p.checked[n] = true
	for _, one := range n.Scopes {
		p.checkScope(n, one)
	}
	for _, dep := range n.Deps {
		p.checkScopes(dep)
	}
}

func (p *planner) checkScope(n *Node, one *Scope) {
	switch {
	case one == nil:
		p.fault(n.At, "%s requires the zero Scope; declare it with a scheme's Scope method", n.Describe())
	case one.Scheme == nil && !n.asksScopes:
		p.fault(n.At, "scope %q has no scheme, and nothing that %s takes asks for SecurityScopes: nothing would check it", one.Name, n.Describe())
	case one.Scheme == nil && !ScopeToken(one.Name): // one of a scheme is reported by the scheme
		p.fault(one.At, "scope %q: a scope is printable ASCII without space, quote and backslash (RFC 6749 section 3.3)", one.Name)
	case one.Scheme == nil:
	case !carried(n.Schemes, one):
		p.fault(n.At, "scope %q belongs to scheme %s, which %s does not reach", one.Name, one.Scheme.Name, n.Describe())
	case !n.asksScopes:
		for _, s := range n.Schemes {
			if s.Carries(one) && !slices.Contains(n.verified, s) {
				p.fault(n.At, "scope %q: %s reads the credential of %s but neither verifies it with Verify nor asks for SecurityScopes: nothing would check it",
					one.Name, n.Describe(), s.Name)
			}
		}
	}
}

// carried reports whether credentials of one of the schemes carry a scope.
func carried(schemes []*Scheme, one *Scope) bool {
	return slices.ContainsFunc(schemes, func(s *Scheme) bool { return s.Carries(one) })
}
