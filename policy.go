package holdfast

import "github.com/holdfast-go/holdfast/internal/plan"

// Policy says who may call, and proves it with a value of type P. It is an OR
// of ANDs, and everything that speaks of a route reads this one structure: the
// runner, the document, the access table. The zero Policy is refused when the
// application starts; [Public] is the word for everybody.
type Policy[P any] struct{ p *plan.Policy }

// AnyPolicy is a policy of any principal, for [All] and groups.
type AnyPolicy interface{ policy() *plan.Policy }

func (p Policy[P]) policy() *plan.Policy { return p.p }

// erasedPolicy is a policy without its type; nil for none.
func erasedPolicy(p AnyPolicy) *plan.Policy {
	if p == nil {
		return nil
	}
	return p.policy()
}

// Anyone is the principal of a public route: it proves nothing.
type Anyone struct{}

// Public admits everybody.
func Public() Policy[Anyone] {
	at := plan.Caller()
	return Policy[Anyone]{plan.Open(constant[Anyone](at), at)}
}

// constant is the node of a value that proves nothing: T's zero value, which is
// what its cell holds.
func constant[T any](at plan.Place) *plan.Node {
	n := plan.NewNode[T](plan.Constant, "", at)
	n.Run = func(plan.Exchange, *plan.Step) error { return nil }
	return n
}

// Security admits callers if dep succeeds and their credential carries the
// scopes: FastAPI's Security(dep, scopes=[...]).
func Security[P any](dep Dep[P], scopes ...Scope) Policy[P] {
	at := plan.Caller()
	return Policy[P]{plan.Single(plan.Need{Node: dep.require(scopes, at).n}, at)}
}

// RoleHolder is a principal that knows its roles.
type RoleHolder interface {
	HasRole(role string) bool
}

// AnyRole admits callers if dep succeeds and its value, the principal, has at
// least one of the roles. A role and a scope together are
// AnyRole(dep.Require(scope), role).
//
// A principal with a method HasRoleAlone(role string) bool is asked by that where
// nothing beside asks for a scope: with it an application that acts for somebody
// within some scopes does not have all that the person's roles open.
func AnyRole[P RoleHolder](dep Dep[P], role Role, more ...Role) Policy[P] {
	return Policy[P]{plan.Single(plan.Need{
		Node:  dep.n,
		Roles: erasedRoles(role, more),
		Has:   func(f *plan.Frame, cell int, role string) bool { return plan.Take[P](f, cell).HasRole(role) },
		Alone: plan.HasAlone[P](),
	}, plan.Caller())}
}

// All admits callers if p and every one of the others admit them. They are asked
// in this order; the principal is p's. A dependency that only checks, and whose
// value is not needed, is one of the others: All(p, Security(check)).
func All[P any](p Policy[P], others ...AnyPolicy) Policy[P] {
	out := p.p
	for _, other := range others {
		out = plan.And(out, erasedPolicy(other))
	}
	return Policy[P]{out}
}

// AnyOf admits callers if at least one of the policies admits them; the first
// that does gives the principal. Use [As] to bring principals to one type.
func AnyOf[P any](first Policy[P], more ...Policy[P]) Policy[P] {
	policies := []*plan.Policy{first.p}
	for _, p := range more {
		policies = append(policies, p.p)
	}
	return Policy[P]{plan.Or(plan.Caller(), policies...)}
}

// As is p with its principal converted.
func As[P, Q any](p Policy[P], convert func(P) Q) Policy[Q] {
	out := converted(p.p, convert, plan.Caller())
	if out != nil && convert == nil {
		out.Fault = "As with a nil function"
	}
	return Policy[Q]{out}
}

func converted[P, Q any](p *plan.Policy, convert func(P) Q, at plan.Place) *plan.Policy {
	return plan.Convert(p, at, func(principal *plan.Node) *plan.Node {
		n := plan.NewNode[Q](plan.Converted, "", at, principal)
		n.Run = func(x plan.Exchange, s *plan.Step) error {
			f := x.Frame()
			plan.Put(f, s.Out, convert(plan.Take[P](f, s.In[0])))
			return nil
		}
		return n
	})
}

// Maybe is a principal that may be absent.
type Maybe[P any] struct {
	value   P
	present bool
}

// Get returns the principal and whether there is one.
func (m Maybe[P]) Get() (P, bool) { return m.value, m.present }

// Optional admits callers without a credential, and others if p admits them. To
// be without a credential is to present none of any scheme that p asks for;
// inside of [AnyOf], none of any scheme that one of its policies asks for. So a
// credential that is not accepted, or cannot be read, is refused and never taken
// for none. If p asks for no scheme's credential, that is an error at start.
func Optional[P any](p Policy[P]) Policy[Maybe[P]] {
	at := plan.Caller()
	maybe := converted(p.p, func(v P) Maybe[P] { return Maybe[P]{v, true} }, at)
	return Policy[Maybe[P]]{plan.OrAbsent(maybe, constant[Maybe[P]](at))}
}
