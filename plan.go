package holdfast

import "fmt"

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
	life   *lifetime
	check  func(*exchange, *step) error
	has    func(f *frame, slot int, role string) bool // for a role check
}

// slotKey is the identity of a value within a request: the dependency, and the
// scopes required of it if it asks for them. A fresh dependency has one for
// each place that takes it.
type slotKey struct {
	n      *node
	scopes string
	at     use // of a fresh dependency
}

// use is a place that takes a dependency: the index-th of what the value in
// slot by takes. The policy and the handler are numbered below zero.
type use struct {
	by, index int
	fresh     bool
}

const (
	byPolicy  = -1
	byHandler = -2
)

// planner turns a policy and a handler's dependencies into a plan.
type planner struct {
	plan   plan
	slots  map[slotKey]int
	seen   map[*node]bool // whose scopes were checked
	inputs func(*node) (*input, error)
	life   *lifetimes
	swap   map[*node]*node // replaced dependencies, for tests
	inside map[*node]bool  // those whose replacement is being planned
	open   map[*node]bool  // those below which is being planned
	faults []fault
}

// build is one pass over the dependencies of one branch.
type build struct {
	steps   []step
	emitted map[int]bool
	visited map[slotKey]bool
	needed  map[*node]int // slots of the policy's needs, one of which is the principal
	wanted  []wanted
	schemes []schemeScopes
}

// wanted is the union of the scopes that one verification must find.
type wanted struct {
	n      *node
	slot   int
	scopes Scopes
}

func newPlanner(a *App, inputs func(*node) (*input, error)) *planner {
	return &planner{slots: map[slotKey]int{}, seen: map[*node]bool{}, inputs: inputs, life: a.lifetimes, swap: a.swap, inside: map[*node]bool{}, open: map[*node]bool{}}
}

func newBuild() *build {
	return &build{emitted: map[int]bool{}, visited: map[slotKey]bool{}, needed: map[*node]int{}}
}

// fault is a mistake in what was declared somewhere.
type fault struct {
	at  place
	err error
}

func (p *planner) fault(at place, format string, args ...any) {
	p.faults = append(p.faults, fault{at, fmt.Errorf(format, args...)})
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

// policy plans each alternative. Those of the handler's dependencies that reach
// a credential join the policy.
func (p *planner) policy(pol *policy, deps []*node) {
	for _, alt := range pol.alternatives {
		b := newBuild()
		var out branch
		for _, s := range pol.absentFor(alt) {
			slot := p.slot(slotKey{n: s.cred})
			b.steps = append(b.steps, step{n: s.cred, in: []int{slot}, out: -1, check: checkAbsent})
			out.absent = true
		}
		for i, one := range alt.needs {
			p.need(one, use{by: byPolicy, index: i}, b, &out)
		}
		for i, dep := range deps {
			if p.readsCredential(dep) {
				p.visit(dep, nil, use{by: byHandler, index: i}, b)
			}
		}
		out.principal = p.principal(alt.principal, b)
		out.steps, out.schemes = b.order(), b.schemes
		p.plan.branches = append(p.plan.branches, out)
	}
}

// readsCredential reports whether a dependency, or what replaces something
// below it, reaches a credential.
func (p *planner) readsCredential(n *node) bool {
	if len(n.schemes) > 0 {
		return true
	}
	for original, fake := range p.swap {
		if len(fake.schemes) > 0 && reaches(n, original, map[*node]bool{}) {
			return true
		}
	}
	return false
}

func (p *planner) need(one need, at use, b *build, out *branch) {
	p.checkScopes(one.n)
	slot := p.visit(one.n, nil, at, b)
	b.needed[one.n] = slot
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

// principal plans the value that the handler gets: one of the policy's needs,
// perhaps converted.
func (p *planner) principal(n *node, b *build) int {
	if slot, ok := b.needed[n]; ok {
		return slot
	}
	if n.kind != mappedNode {
		return p.visit(n, nil, use{}, b)
	}
	slot := p.slot(slotKey{n: n})
	b.steps = append(b.steps, step{n: n, in: []int{p.principal(n.deps[0], b)}, out: slot})
	return slot
}

// handler plans the dependencies that a handler takes beside the principal and
// returns their slots. One that reaches a credential was planned with every
// branch; its values are there already.
func (p *planner) handler(deps []*node) []int {
	b := newBuild()
	slots := make([]int, len(deps))
	for i, dep := range deps {
		p.checkScopes(dep)
		slots[i] = p.visit(dep, nil, use{by: byHandler, index: i}, b)
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
func (p *planner) visit(n *node, scopes Scopes, at use, b *build) int {
	if fake, ok := p.swap[n]; ok && !p.inside[n] {
		p.inside[n] = true // below its replacement, a dependency is itself
		defer delete(p.inside, n)
		return p.visit(fake, scopes, at, b)
	}
	switch n.kind {
	case requireNode:
		return p.visit(n.deps[0], scopes.with(n.scopes), at, b)
	case freshNode:
		at.fresh = true
		return p.visit(n.deps[0], scopes, at, b)
	}
	return p.value(n, scopes, at, b)
}

// value plans a dependency that makes a value.
func (p *planner) value(n *node, scopes Scopes, at use, b *build) int {
	if !at.fresh {
		at = use{} // shared by all who take it
	}
	key := slotKey{n: n, at: at}
	if n.asks {
		key.scopes = scopes.identity()
	}
	slot := p.slot(key)
	path := slotKey{n, scopes.identity(), at}
	if p.open[n] {
		p.fault(n.at, "%s depends on itself", describe(n))
		return slot
	}
	if b.visited[path] {
		return slot
	}
	b.visited[path], p.open[n] = true, true
	defer delete(p.open, n)
	in := make([]int, len(n.deps))
	for i, dep := range n.deps {
		in[i] = p.visit(dep, scopes, use{by: slot, index: i}, b)
	}
	b.note(n, slot, scopes)
	if b.emitted[slot] {
		return slot
	}
	b.emitted[slot] = true
	one := step{n: n, in: in, out: slot, scopes: scopes}
	switch n.kind {
	case paramsNode:
		one.input = p.input(n)
	case lifetimeNode:
		one.life = p.life.of(n)
	}
	b.steps = append(b.steps, one)
	return slot
}

func (p *planner) input(n *node) *input {
	in, err := p.inputs(n)
	if err != nil {
		p.fault(n.at, "%w", err)
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
