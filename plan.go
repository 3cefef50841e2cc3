package holdfast

import (
	"errors"
	"fmt"
	"strings"
)

// plan is what a route does with a request, as data: slots for values, and
// steps that fill them. It is made once, when the application starts.
type plan struct {
	branches []branch // the policy's alternatives
	params   []step   // the handler's own dependencies: parameters first …
	own      []step   // … then the rest
	cells    []func() cleaner
}

// branch is one alternative of the policy, ready to run.
type branch struct {
	steps     []step
	principal int
	schemes   []schemeScopes
	roles     [][]Role
	absent    bool // an alternative for callers without credentials
}

type schemeScopes struct {
	scheme *scheme
	scopes Scopes
}

// step makes one value (out >= 0), or checks one (out < 0).
type step struct {
	n      *node
	in     []int
	out    int
	scopes Scopes // for SecurityScopes, and for a scope check
	input  *input // for Params
	check  func(*exchange, *step) error
	has    func(f *frame, slot int, role string) bool // for a role check
}

type slotKey struct {
	n      *node
	scopes string
}

// planner turns a policy and a handler's dependencies into a plan.
type planner struct {
	plan   plan
	slots  map[slotKey]int
	seen   map[*node]bool // whose scopes were checked
	inputs func(*node) (*input, error)
	faults []error
}

// build is one pass over the dependencies of one branch.
type build struct {
	steps   []step
	emitted map[int]bool
	visited map[slotKey]int
	wanted  []wanted
	schemes []schemeScopes
}

// wanted is the union of the scopes that one verification must find.
type wanted struct {
	n      *node
	slot   int
	scopes Scopes
}

func newPlanner(inputs func(*node) (*input, error)) *planner {
	return &planner{slots: map[slotKey]int{}, seen: map[*node]bool{}, inputs: inputs}
}

func newBuild() *build {
	return &build{emitted: map[int]bool{}, visited: map[slotKey]int{}}
}

func (p *planner) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

func (p *planner) slot(key slotKey) int {
	slot, ok := p.slots[key]
	if !ok {
		slot = len(p.plan.cells)
		p.slots[key] = slot
		p.plan.cells = append(p.plan.cells, key.n.newCell)
	}
	return slot
}

// policy plans each alternative. deps are handler dependencies that reach a
// credential: they join the policy.
func (p *planner) policy(pol *policy, deps []*node) {
	for _, alt := range pol.alternatives {
		b := newBuild()
		var out branch
		for _, s := range alt.absent {
			slot := p.slot(slotKey{n: s.cred})
			b.steps = append(b.steps, step{n: s.cred, in: []int{slot}, out: -1, check: checkAbsent})
			out.absent = true
		}
		for _, one := range alt.needs {
			p.need(one, b, &out)
		}
		for _, dep := range deps {
			p.checkScopes(dep)
			p.visit(dep, nil, b)
		}
		out.principal = p.visit(alt.principal, nil, b)
		out.steps, out.schemes = b.order(), b.schemes
		p.plan.branches = append(p.plan.branches, out)
	}
}

func (p *planner) need(one need, b *build, out *branch) {
	p.checkScopes(one.n)
	slot := p.visit(one.n, nil, b)
	if one.roles == nil {
		return
	}
	roles, has := one.roles, one.has
	b.steps = append(b.steps, step{n: one.n, in: []int{slot}, out: -1, has: has, check: func(x *exchange, s *step) error {
		for _, role := range roles {
			if has(x.frame, s.in[0], role.r.name) {
				return nil
			}
		}
		return &noRole{roles}
	}})
	out.roles = append(out.roles, roles)
}

// handler plans the dependencies that a handler takes beside the principal and
// returns their slots. One that reaches a credential was planned with every
// branch; its values are there already.
func (p *planner) handler(deps []*node) []int {
	b := newBuild()
	slots := make([]int, len(deps))
	for i, dep := range deps {
		p.checkScopes(dep)
		slots[i] = p.visit(dep, nil, b)
	}
	for _, s := range b.steps {
		if s.n.kind == paramsNode {
			p.plan.params = append(p.plan.params, s)
		} else {
			p.plan.own = append(p.plan.own, s)
		}
	}
	return slots
}

// visit plans n and everything below it, and returns n's slot. scopes are
// those required on the path from outside, outermost first.
func (p *planner) visit(n *node, scopes Scopes, b *build) int {
	if n.kind == requireNode {
		return p.visit(n.deps[0], scopes.with(n.scopes), b)
	}
	key := slotKey{n: n}
	if n.asks {
		key.scopes = scopes.String()
	}
	slot := p.slot(key)
	path := slotKey{n, scopes.String()}
	if _, ok := b.visited[path]; ok {
		return slot
	}
	b.visited[path] = slot
	in := make([]int, len(n.deps))
	for i, dep := range n.deps {
		in[i] = p.visit(dep, scopes, b)
	}
	b.note(n, slot, scopes)
	if b.emitted[slot] {
		return slot
	}
	b.emitted[slot] = true
	one := step{n: n, in: in, out: slot, scopes: scopes}
	if n.kind == paramsNode {
		one.input = p.input(n)
	}
	b.steps = append(b.steps, one)
	return slot
}

func (p *planner) input(n *node) *input {
	in, err := p.inputs(n)
	if err != nil {
		p.fault("%v: %w", n.at, err)
	}
	return in
}

// note remembers what the document and the scope checks need to know of n.
func (b *build) note(n *node, slot int, scopes Scopes) {
	if n.kind != verifyNode && n.kind != credentialNode {
		return
	}
	own := ofScheme(scopes, n.scheme)
	b.document(n.scheme, own)
	if n.kind != verifyNode {
		return
	}
	for i := range b.wanted {
		if b.wanted[i].slot == slot {
			b.wanted[i].scopes = b.wanted[i].scopes.with(own)
			return
		}
	}
	b.wanted = append(b.wanted, wanted{n, slot, own})
}

func (b *build) document(s *scheme, scopes Scopes) {
	for i := range b.schemes {
		if b.schemes[i].scheme == s {
			b.schemes[i].scopes = b.schemes[i].scopes.with(scopes)
			return
		}
	}
	b.schemes = append(b.schemes, schemeScopes{s, scopes})
}

func ofScheme(scopes Scopes, s *scheme) Scopes {
	var out Scopes
	for _, one := range scopes {
		if one.s != nil && one.s.scheme == s {
			out = append(out, one)
		}
	}
	return out
}

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
	case errors.As(err, &none):
		return nil
	case err != nil:
		return err
	}
	return badCredential(s.n.scheme, errors.New("a refused credential does not fall back to anonymous"))
}

// checkScopes reports, once per declaration, scopes on the paths below n that
// nobody would check.
func (p *planner) checkScopes(n *node) {
	if n == nil || p.seen[n] {
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
		p.fault("%v: the zero Scope is required; declare it with a scheme's Scope method", n.at)
	case one.s.scheme == nil && !n.asks:
		p.fault("%v: scope %q has no scheme, and no dependency below asks for SecurityScopes: nobody would check it", n.at, one.Name())
	case one.s.scheme == nil:
	case !contains(n.schemes, one.s.scheme):
		p.fault("%v: scope %q belongs to scheme %s, which %s does not reach", n.at, one.Name(), one.s.scheme.name, describe(n))
	case !contains(n.checks, one.s.scheme) && !n.asks:
		p.fault("%v: scope %q: %s reads the credential of %s but neither verifies it with Verify nor asks for SecurityScopes: nobody would check it",
			n.at, one.Name(), describe(n), one.s.scheme.name)
	}
}

func describe(n *node) string {
	if n.name == "" {
		return "the dependency"
	}
	return strings.TrimSpace(n.name)
}
