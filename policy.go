package holdfast

import (
	"cmp"
	"slices"
)

// Policy says who may call, and proves it with a value of type P. It is an OR
// of ANDs, and everything that speaks of a route reads this one structure: the
// runner, the document, the access table. The zero Policy is refused when the
// application starts; [Public] is the word for everybody.
type Policy[P any] struct{ p *policy }

// AnyPolicy is a policy of any principal, for [All] and groups.
type AnyPolicy interface{ erased() *policy }

func (p Policy[P]) erased() *policy { return p.p }

type policy struct {
	alternatives []alternative
	broken       bool
	fault        string // what is wrong beside a zero Dep
	at           place
}

// alternative is one AND: everything in needs must hold. absent lists schemes
// of which no credential may have been presented, which is how Optional lets
// nobody in without letting a refused somebody fall back to it.
type alternative struct {
	needs     []need
	absent    []*scheme
	principal *node
}

// need is one dependency that must succeed, and the roles of which its value
// must have one.
type need struct {
	n     *node
	roles []Role
	has   func(f *frame, slot int, role string) bool
}

// Anyone is the principal of a public route: it proves nothing.
type Anyone struct{}

// Public lets everybody call.
func Public() Policy[Anyone] {
	at := caller(1)
	return Policy[Anyone]{&policy{alternatives: []alternative{{principal: constant(Anyone{}, at)}}, at: at}}
}

func constant[T any](value T, at place) *node {
	n := newNode[T](dependNode, "", at)
	n.run = func(x *exchange, s *step) error {
		put(x.frame, s.out, value)
		return nil
	}
	return n
}

// Security lets those call for whom dep succeeds and whose credential carries
// the scopes: FastAPI's Security(dep, scopes=[...]).
func Security[P any](dep Dep[P], scopes ...Scope) Policy[P] {
	n := dep.n
	if len(scopes) > 0 {
		n = newNode[P](requireNode, "", caller(1), dep.n)
		n.scopes = slices.Clone(scopes)
	}
	return Policy[P]{single1(need{n: n}, caller(1))}
}

func single1(one need, at place) *policy {
	broken := one.n == nil || one.n.broken
	return &policy{alternatives: []alternative{{needs: []need{one}, principal: one.n}}, broken: broken, at: at}
}

// RoleHolder is a principal that knows its roles.
type RoleHolder interface {
	HasRole(role string) bool
}

// AnyRole lets those call for whom dep succeeds and whose principal has at
// least one of the roles. A role and a scope together are
// AnyRole(dep.Require(scope), role).
func AnyRole[P RoleHolder](dep Dep[P], role Role, more ...Role) Policy[P] {
	one := need{n: dep.n, roles: append([]Role{role}, more...)}
	one.has = func(f *frame, slot int, role string) bool { return take[P](f, slot).HasRole(role) }
	return Policy[P]{single1(one, caller(1))}
}

// All lets those call who satisfy p and every one of the others, which are asked
// in this order; the principal is p's. A dependency that only checks, and whose
// value nobody takes, is one of the others: All(p, Security(check)).
func All[P any](p Policy[P], others ...AnyPolicy) Policy[P] {
	out := p.p
	for _, other := range others {
		out = and(out, erase(other))
	}
	return Policy[P]{out}
}

func erase(p AnyPolicy) *policy {
	if p == nil {
		return nil
	}
	return p.erased()
}

// and is the product of two policies, in this order, with the principal of p.
func and(p, q *policy) *policy {
	return product(p, q, func(a, _ alternative) *node { return a.principal })
}

// under is p under an outer policy, which is asked first, with the principal of
// p.
func under(outer, p *policy) *policy {
	return product(outer, p, func(_, a alternative) *node { return a.principal })
}

func product(first, second *policy, principal func(a, b alternative) *node) *policy {
	if first == nil || second == nil {
		return nil
	}
	out := &policy{broken: first.broken || second.broken, fault: cmp.Or(first.fault, second.fault), at: first.at}
	for _, a := range first.alternatives {
		for _, b := range second.alternatives {
			out.alternatives = append(out.alternatives, alternative{
				needs:     slices.Concat(a.needs, b.needs),
				absent:    union(a.absent, b.absent),
				principal: principal(a, b),
			})
		}
	}
	return out
}

// AnyOf lets those call who satisfy at least one of the policies; the first
// that holds gives the principal. Use [As] to bring principals to one type.
func AnyOf[P any](first Policy[P], more ...Policy[P]) Policy[P] {
	out := &policy{at: caller(1)}
	for _, p := range append([]Policy[P]{first}, more...) {
		if p.p == nil {
			return Policy[P]{}
		}
		out.broken, out.fault = out.broken || p.p.broken, cmp.Or(out.fault, p.p.fault)
		out.alternatives = append(out.alternatives, p.p.alternatives...)
	}
	return Policy[P]{out}
}

// As is p with its principal converted.
func As[P, Q any](p Policy[P], convert func(P) Q) Policy[Q] {
	out := mapPrincipal(p.p, convert, caller(1))
	if out != nil && convert == nil {
		out.fault = "As with a nil function"
	}
	return Policy[Q]{out}
}

func mapPrincipal[P, Q any](p *policy, convert func(P) Q, at place) *policy {
	if p == nil {
		return nil
	}
	out := &policy{broken: p.broken, fault: p.fault, at: at}
	for _, a := range p.alternatives {
		n := newNode[Q](mappedNode, "", at, a.principal)
		n.run = func(x *exchange, s *step) error {
			put(x.frame, s.out, convert(take[P](x.frame, s.in[0])))
			return nil
		}
		a.principal = n
		out.alternatives = append(out.alternatives, a)
	}
	return out
}

// Maybe is a principal that may be absent.
type Maybe[P any] struct {
	value   P
	present bool
}

// Get returns the principal and whether there is one.
func (m Maybe[P]) Get() (P, bool) { return m.value, m.present }

// absentFor lists the schemes of which no credential may be presented for an
// alternative: for one that lets nobody in, all that the policy knows, but not
// those that the alternative itself asks for.
func (p *policy) absentFor(alt alternative) []*scheme {
	if len(alt.absent) == 0 {
		return nil
	}
	own := alt.schemes()
	all := alt.absent
	for _, other := range p.alternatives {
		all = union(all, other.schemes())
	}
	var out []*scheme
	for _, s := range all {
		if !contains(own, s) {
			out = append(out, s)
		}
	}
	return out
}

// schemes lists the schemes that the alternative asks for.
func (a alternative) schemes() []*scheme {
	var out []*scheme
	for _, one := range a.needs {
		if one.n != nil {
			out = union(out, one.n.schemes)
		}
	}
	return out
}

// Optional is p for those who present a credential, and open to those who
// present none, of any scheme of the whole policy. A credential that is
// presented and refused, or cannot be read, is refused. A policy that reads no
// scheme's credential cannot be optional: that is an error at start.
func Optional[P any](p Policy[P]) Policy[Maybe[P]] {
	at := caller(1)
	out := mapPrincipal(p.p, func(v P) Maybe[P] { return Maybe[P]{v, true} }, at)
	if out == nil {
		return Policy[Maybe[P]]{}
	}
	nobody := alternative{principal: constant(Maybe[P]{}, at)}
	for _, a := range p.p.alternatives {
		nobody.absent = union(nobody.absent, a.schemes())
	}
	if len(nobody.absent) == 0 && out.fault == "" {
		out.fault = "Optional of a policy without a scheme: nobody could tell who presents nothing"
	}
	out.alternatives = append(out.alternatives, nobody)
	return Policy[Maybe[P]]{out}
}
