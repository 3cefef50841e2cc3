package plan

import "fmt"

// Config says what a plan is made with.
type Config struct {
	// Prepare makes what a step needs of the application: for a node of kind
	// Params, Lifetime or ScopeList, or one with a Bound. scopes are those required on the path to it.
	Prepare func(n *Node, scopes Scopes) (any, error)

	// Replace has dependencies that stand in for others, in tests.
	Replace map[*Node]*Node
}

// Fault is a mistake in what was declared somewhere.
type Fault struct {
	At  Place
	Err error
}

// Make makes the plan of a policy and of the dependencies that a handler takes
// beside the principal, whose cells it returns, and says what is wrong. Those
// of the handler's dependencies that reach a credential join the policy.
func Make(policy *Policy, deps []*Node, config Config) (*Plan, []int, []Fault) {
	p := &planner{
		config: config, cells: map[valueKey]int{}, checked: map[*Node]bool{},
		replacing: map[*Node]bool{}, open: map[*Node]bool{},
	}
	for _, way := range policy.Ways {
		if !way.contradicts(deps) {
			p.plan.Ways = append(p.plan.Ways, p.way(way, deps))
		}
	}
	if len(p.plan.Ways) == 0 {
		p.fault(policy.At, "the policy lets no one in: each way needs a credential that it wants absent")
	}
	return &p.plan, p.handler(deps), p.faults
}

// planner turns dependencies into steps and gives each value a cell.
type planner struct {
	config Config
	plan   Plan
	cells  map[valueKey]int
	faults []Fault

	checked   map[*Node]bool // whose scopes were checked
	replacing map[*Node]bool // whose replacement is being planned
	open      map[*Node]bool // being planned now, to find those that depend on themselves
}

// valueKey tells a value of a request from every other. It is the dependency
// itself, so that a dependency which is reached twice is made once. In
//
//	user  := Depends1(token, findUser)         // takes token
//	item  := Depends2(user, id, findItem)      // takes user
//	quota := Depends1(user, readQuota)         // takes user, too
//	Get(app, path, All(Security(item), Security(quota)), …)
//
// both arms of the diamond find user under valueKey{node: user}, and findUser
// runs once. Two things make a value different at different places:
//
//   - Something in user asks for SecurityScopes. Then item.Require(Items) makes
//     the arms differ: {user, scopes: "Items"} and {user, scopes: ""}, and
//     findUser runs for each list of scopes. Without asking, scopes never
//     matter here: the runner compares their union once, see builder.require.
//   - An arm takes user.Fresh(). Then its place is part of the valueKey:
//     {user, taker: argument 0 of the value in quota's cell}.
type valueKey struct {
	node   *Node
	scopes string
	taker  taker // of a fresh dependency
}

// taker says who takes a fresh dependency: argument index of the value in cell
// by. The policy and the handler have numbers below zero.
type taker struct {
	by, index int
	fresh     bool
}

const (
	thePolicy  = -1
	theHandler = -2
)

func (p *planner) fault(at Place, format string, args ...any) {
	p.faults = append(p.faults, Fault{at, fmt.Errorf(format, args...)})
}

func (p *planner) cell(key valueKey) int {
	cell, ok := p.cells[key]
	if !ok {
		cell = p.plan.AddCell(key.node.newCell)
		p.cells[key] = cell
	}
	return cell
}

// way plans one way in.
func (p *planner) way(way Way, deps []*Node) PlannedWay {
	b := newBuilder()
	out := PlannedWay{Absent: way.Absent}
	for _, s := range out.Absent {
		b.steps = append(b.steps, Step{Kind: WantAbsent, Node: s.Credential, In: []int{p.cell(valueKey{node: s.Credential})}, Out: noCell})
	}
	for i, one := range way.Needs {
		p.need(one, taker{by: thePolicy, index: i}, b)
	}
	ofPolicy := len(b.steps)
	for i, dep := range deps {
		if p.readsCredential(dep) {
			p.visit(dep, nil, taker{by: theHandler, index: i}, b)
		}
	}
	for i := ofPolicy; i < len(b.steps); i++ {
		b.steps[i].ofHandler = true
	}
	b.leaveAlone()
	out.Principal = p.principal(way.Principal, b)
	out.Steps, out.Schemes = b.order(), b.schemes
	return out
}

// readsCredential reports whether a dependency, or what replaces something
// below it, reaches a credential.
func (p *planner) readsCredential(n *Node) bool {
	if len(n.Schemes) > 0 {
		return true
	}
	for original, fake := range p.config.Replace {
		if len(fake.Schemes) > 0 && n.Reaches(original, map[*Node]bool{}) {
			return true
		}
	}
	return false
}

func (p *planner) need(one Need, by taker, b *builder) {
	p.checkScopes(one.Node)
	cell := p.visit(one.Node, nil, by, b)
	b.needs[one.Node] = cell
	if len(one.Roles) > 0 {
		b.steps = append(b.steps, Step{Kind: AskRoles, Node: one.Node, In: []int{cell}, Out: noCell, Roles: one.Roles, has: one.Has, alone: one.Alone})
	}
}

// principal plans the value that the handler gets: one of the policy's needs,
// perhaps converted.
func (p *planner) principal(n *Node, b *builder) int {
	if cell, ok := b.needs[n]; ok {
		return cell
	}
	if n.Kind != Converted {
		return p.visit(n, nil, taker{}, b)
	}
	cell := p.cell(valueKey{node: n})
	b.steps = append(b.steps, Step{Kind: MakeValue, Node: n, In: []int{p.principal(n.Deps[0], b)}, Out: cell})
	return cell
}

// handler plans the dependencies that a handler takes beside the principal. A
// value of one that reaches a credential was made by every way: its steps
// here find it in its cell.
func (p *planner) handler(deps []*Node) []int {
	b := newBuilder()
	cells := make([]int, len(deps))
	for i, dep := range deps {
		p.checkScopes(dep)
		cells[i] = p.visit(dep, nil, taker{by: theHandler, index: i}, b)
	}
	for _, s := range b.steps {
		if s.Node.Kind == Params {
			p.plan.Params = append(p.plan.Params, s)
		} else {
			p.plan.Own = append(p.plan.Own, s)
		}
	}
	return cells
}

// visit plans n and everything below it, and returns the cell of n's value.
// scopes are those required on the path from outside, outermost first.
func (p *planner) visit(n *Node, scopes Scopes, by taker, b *builder) int {
	if fake, ok := p.config.Replace[n]; ok && !p.replacing[n] {
		p.replacing[n] = true // below its replacement, a dependency is itself
		defer delete(p.replacing, n)
		return p.visit(fake, scopes, by, b)
	}
	switch n.Kind {
	case Require:
		return p.visit(n.Deps[0], scopes.With(n.Scopes), by, b)
	case Fresh:
		by.fresh = true
		return p.visit(n.Deps[0], scopes, by, b)
	}
	return p.value(n, scopes, by, b)
}

// value plans a dependency that makes a value. It goes below n once for each
// list of scopes on the way to it, because each adds to what is required there.
func (p *planner) value(n *Node, scopes Scopes, by taker, b *builder) int {
	if !by.fresh {
		by = taker{} // shared by all that take it
	}
	key := valueKey{node: n, taker: by}
	if n.asksScopes {
		key.scopes = scopes.key()
	}
	cell := p.cell(key)
	if p.open[n] {
		p.fault(n.At, "%s depends on itself", n.Describe())
		return cell
	}
	if visit := (valueKey{n, scopes.key(), by}); !b.enter(visit) {
		return cell
	}
	p.open[n] = true
	defer delete(p.open, n)
	in := make([]int, len(n.Deps))
	for i, dep := range n.Deps {
		in[i] = p.visit(dep, scopes, taker{by: cell, index: i}, b)
	}
	b.require(n, cell, scopes)
	if b.made[cell] {
		return cell
	}
	b.made[cell] = true
	b.steps = append(b.steps, Step{Kind: kindOf(n), Node: n, In: in, Out: cell, Scopes: scopes, Ready: p.prepare(n, scopes)})
	return cell
}

func kindOf(n *Node) StepKind {
	switch n.Kind {
	case Credential:
		return FindCredential
	case Verify:
		return VerifyCredential
	}
	return MakeValue
}

func (p *planner) prepare(n *Node, scopes Scopes) any {
	switch {
	case n.Kind == Params, n.Kind == Lifetime, n.Kind == ScopeList, n.Bound != nil:
		ready, err := p.config.Prepare(n, scopes)
		if err != nil {
			p.fault(n.At, "%w", err)
		}
		return ready
	}
	return nil
}
