package plan

import (
	"cmp"
	"slices"
)

// Policy says who may call: an OR of ANDs. It is immutable.
type Policy struct {
	Ways  []Way
	Fault string // why it cannot be used
	At    Place
}

// Way is one AND: everything in Needs must hold, and no credential of
// the schemes in Absent may have been presented.
type Way struct {
	Needs     []Need
	Absent    []*Scheme
	Principal *Node
}

// Need is one dependency that must succeed, and the roles of which its value
// must have one; no role is asked for if there are none.
type Need struct {
	Node  *Node
	Roles []*Role
	Has   func(f *Frame, cell int, role string) bool
	Alone func(f *Frame, cell int, role string) bool // in place of Has in a way that asks for no scope; Has if nil
}

// HasAlone is the Alone of a need whose principal has a method HasRoleAlone, and
// nil for others.
func HasAlone[P any]() func(f *Frame, cell int, role string) bool {
	type holder interface{ HasRoleAlone(role string) bool }
	if _, ok := any(new(P)).(holder); !ok {
		return nil
	}
	return func(f *Frame, cell int, role string) bool {
		return any(Pointer[P](f, cell)).(holder).HasRoleAlone(role)
	}
}

// Wrong says why the policy cannot be used, and nothing if it can. A nil policy
// is the zero one.
func (p *Policy) Wrong() string {
	switch {
	case p == nil:
		return "the zero Policy; if everybody may call, say Public()"
	case p.Fault != "":
		return "the policy: " + p.Fault
	}
	return ""
}

// Open is the policy that every caller satisfies.
func Open(principal *Node, at Place) *Policy {
	return &Policy{Ways: []Way{{Principal: principal}}, At: at}
}

// Single is the policy of one need, whose value is the principal.
func Single(one Need, at Place) *Policy {
	p := &Policy{Ways: []Way{{Needs: []Need{one}, Principal: one.Node}}, Fault: one.Node.Wrong(), At: at}
	for _, r := range one.Roles {
		if r == nil || r.Name == "" {
			p.Fault = cmp.Or(p.Fault, "the zero Role; declare it with NewRole")
		}
	}
	return p
}

// And is both policies, p asked first, with the principal of p. It is nil if
// one of them is.
func And(p, q *Policy) *Policy {
	return product(p, q, func(a, _ Way) *Node { return a.Principal })
}

// Under is p inside an outer policy, which is asked first, with the principal
// of p. It is nil if one of them is.
func Under(outer, p *Policy) *Policy {
	return product(outer, p, func(_, a Way) *Node { return a.Principal })
}

func product(first, second *Policy, principal func(a, b Way) *Node) *Policy {
	if first == nil || second == nil {
		return nil
	}
	out := &Policy{Fault: cmp.Or(first.Fault, second.Fault), At: first.At}
	for _, a := range first.Ways {
		for _, b := range second.Ways {
			out.Ways = append(out.Ways, Way{
				Needs:     append(a.Needs[:len(a.Needs):len(a.Needs)], b.Needs...),
				Absent:    union(a.Absent, b.Absent),
				Principal: principal(a, b),
			})
		}
	}
	return out
}

// Or is any of the policies, in this order. It is nil if one of them is.
func Or(at Place, policies ...*Policy) *Policy {
	out := &Policy{At: at}
	for _, p := range policies {
		if p == nil {
			return nil
		}
		out.Fault = cmp.Or(out.Fault, p.Fault)
		out.Ways = append(out.Ways, p.Ways...)
	}
	out.Ways = widened(out.Ways)
	return out
}

// Convert is p with its principals converted: node makes a converted one of
// another. It is nil if p is.
func Convert(p *Policy, at Place, node func(principal *Node) *Node) *Policy {
	if p == nil {
		return nil
	}
	out := &Policy{Fault: p.Fault, At: at}
	for _, a := range p.Ways {
		a.Principal = node(a.Principal)
		out.Ways = append(out.Ways, a)
	}
	return out
}

// OrAbsent is p, or no credential of any scheme that p asks for: then the
// principal is absent.
func OrAbsent(p *Policy, absent *Node) *Policy {
	if p == nil {
		return nil
	}
	without := Way{Principal: absent}
	for _, a := range p.Ways {
		without.Absent = union(without.Absent, a.Schemes())
	}
	out := &Policy{Ways: append(p.Ways[:len(p.Ways):len(p.Ways)], without), Fault: p.Fault, At: p.At}
	if len(without.Absent) == 0 {
		out.Fault = cmp.Or(out.Fault, "Optional of a policy without a scheme: there is no credential whose absence could be seen")
	}
	return out
}

// Schemes lists the schemes whose credentials the way needs.
func (a Way) Schemes() []*Scheme {
	var out []*Scheme
	for _, one := range a.Needs {
		if one.Node != nil {
			out = union(out, one.Node.Schemes)
		}
	}
	return out
}

// widened is the ways of an OR. A way that lets a caller in without a credential
// wants none of any scheme that another way of the same OR needs, so that a
// credential which the other way refuses is never taken for none. What the way
// needs itself is left out.
func widened(list []Way) []Way {
	out := slices.Clone(list)
	for i := range out {
		if len(out[i].Absent) == 0 {
			continue
		}
		own := out[i].Schemes()
		for _, other := range list {
			for _, s := range other.Schemes() {
				if !slices.Contains(own, s) {
					out[i].Absent = union(out[i].Absent, []*Scheme{s})
				}
			}
		}
	}
	return out
}

// contradicts reports whether the way, together with other dependencies, needs
// a credential that must be absent: a product of an optional policy with one
// that is not. Such a way lets no one in.
func (a Way) contradicts(others []*Node) bool {
	needed := a.Schemes()
	for _, n := range others {
		needed = union(needed, n.Schemes)
	}
	for _, s := range needed {
		if slices.Contains(a.Absent, s) {
			return true
		}
	}
	return false
}

// Roots lists the dependencies that the policy names. The principal of a way is
// one of them, or made of one.
func (p *Policy) Roots() []*Node {
	var out []*Node
	for _, way := range p.Ways {
		for _, one := range way.Needs {
			out = append(out, one.Node)
		}
	}
	return out
}
