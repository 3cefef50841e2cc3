package holdfast

import (
	"errors"
	"strings"
)

// This file has the steps of a plan that check something, and the checks of the
// plan itself.

// order puts credentials, verification and scopes before everything else, so
// that no dependency works for a caller who will be refused.
func (b *build) order() []step {
	var first, rest []step
	for _, s := range b.steps {
		if s.check != nil && s.n.kind != credentialNode || s.n.kind != credentialNode && s.n.kind != verifyNode {
			rest = append(rest, s)
			continue
		}
		first = append(first, s)
		if s.n.kind == verifyNode {
			first = b.appendScopeCheck(first, s)
		}
	}
	return append(first, rest...)
}

func (b *build) appendScopeCheck(steps []step, s step) []step {
	for _, w := range b.wanted {
		if w.slot == s.out && len(w.scopes) > 0 {
			steps = append(steps, step{n: s.n, in: []int{s.out}, out: -1, scopes: w.scopes, check: checkScopes})
		}
	}
	return steps
}

func checkScopes(x *exchange, s *step) error {
	for _, one := range s.scopes {
		if !s.n.holds(x.frame, s.in[0], one.s.name) {
			return &noScope{s.n.scheme, s.scopes}
		}
	}
	return nil
}

// checkAbsent passes when the caller presented no credential of the scheme.
func checkAbsent(x *exchange, s *step) error {
	var none *noCredential
	find := step{n: s.n, out: s.in[0]}
	err := find.run(x)
	switch {
	case errors.As(err, &none) && !none.unreadable:
		return nil
	case err != nil:
		return err
	}
	return badCredential(s.n.scheme, errors.New("a refused credential does not fall back to anonymous"))
}

// checkScopes reports, once per declaration, scopes on the paths below n that
// nobody would check.
func (p *planner) checkScopes(n *node) {
	if n == nil || p.seen[n] || p.swap != nil { // what is replaced was checked in the original
		return
	}
	p.seen[n] = true
	if n.kind == requireNode {
		for _, one := range n.scopes {
			p.checkScope(n, one)
		}
	}
	for _, dep := range n.deps {
		p.checkScopes(dep)
	}
}

func (p *planner) checkScope(n *node, one Scope) {
	switch {
	case one.s == nil:
		p.fault(n.at, "the zero Scope is required; declare it with a scheme's Scope method")
	case one.s.scheme == nil && !n.asks:
		p.fault(n.at, "scope %q has no scheme, and no dependency below asks for SecurityScopes: nobody would check it", one.Name())
	case one.s.scheme == nil:
	case !contains(n.schemes, one.s.scheme):
		p.fault(n.at, "scope %q belongs to scheme %s, which %s does not reach", one.Name(), one.s.scheme.name, describe(n))
	case !contains(n.checks, one.s.scheme) && !n.asks:
		p.fault(n.at, "scope %q: %s reads the credential of %s but neither verifies it with Verify nor asks for SecurityScopes: nobody would check it",
			one.Name(), describe(n), one.s.scheme.name)
	}
}

func describe(n *node) string {
	if n.name == "" {
		return "the dependency"
	}
	return strings.TrimSpace(n.name)
}
