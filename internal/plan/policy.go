package plan

import "cmp"

// Policy says who may call: an OR of ANDs. It is immutable.
type Policy struct {
	Alternatives []Alternative
	Fault        string // why it cannot be used
	At           Place
}

// Alternative is one AND: everything in Needs must hold, and no credential of
// the schemes in Absent may have been presented.
type Alternative struct {
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
}

// Open is the policy that everybody satisfies.
func Open(principal *Node, at Place) *Policy {
	return &Policy{Alternatives: []Alternative{{Principal: principal}}, At: at}
}

// Single is the policy of one need, whose value is the principal.
func Single(one Need, at Place) *Policy {
	p := &Policy{Alternatives: []Alternative{{Needs: []Need{one}, Principal: one.Node}}, Fault: one.Node.Fault(), At: at}
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
	return product(p, q, func(a, _ Alternative) *Node { return a.Principal })
}

// Under is p inside an outer policy, which is asked first, with the principal
// of p. It is nil if one of them is.
func Under(outer, p *Policy) *Policy {
	return product(outer, p, func(_, a Alternative) *Node { return a.Principal })
}

func product(first, second *Policy, principal func(a, b Alternative) *Node) *Policy {
	if first == nil || second == nil {
		return nil
	}
	out := &Policy{Fault: cmp.Or(first.Fault, second.Fault), At: first.At}
	for _, a := range first.Alternatives {
		for _, b := range second.Alternatives {
			out.Alternatives = append(out.Alternatives, Alternative{
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
		out.Alternatives = append(out.Alternatives, p.Alternatives...)
	}
	return out
}

// Convert is p with its principals converted: node makes a converted one of
// another. It is nil if p is.
func Convert(p *Policy, at Place, node func(principal *Node) *Node) *Policy {
	if p == nil {
		return nil
	}
	out := &Policy{Fault: p.Fault, At: at}
	for _, a := range p.Alternatives {
		a.Principal = node(a.Principal)
		out.Alternatives = append(out.Alternatives, a)
	}
	return out
}

// OrAbsent is p, or no credential of any scheme that p asks for: then the
// principal is nobody.
func OrAbsent(p *Policy, nobody *Node) *Policy {
	if p == nil {
		return nil
	}
	without := Alternative{Principal: nobody}
	for _, a := range p.Alternatives {
		without.Absent = union(without.Absent, a.Schemes())
	}
	out := &Policy{Alternatives: append(p.Alternatives[:len(p.Alternatives):len(p.Alternatives)], without), Fault: p.Fault, At: p.At}
	if len(without.Absent) == 0 {
		out.Fault = cmp.Or(out.Fault, "Optional of a policy without a scheme: there is no credential whose absence could be seen")
	}
	return out
}

// Schemes lists the schemes whose credentials the alternative needs.
func (a Alternative) Schemes() []*Scheme {
	var out []*Scheme
	for _, one := range a.Needs {
		if one.Node != nil {
			out = union(out, one.Node.Schemes)
		}
	}
	return out
}

// absent lists the schemes of which no credential may be presented for an
// alternative. For one that lets a caller in without a credential these are all
// that the policy knows, so that a credential which another alternative refuses
// is never taken for none; but not those that the alternative needs itself.
func (p *Policy) absent(alt Alternative) []*Scheme {
	if len(alt.Absent) == 0 {
		return nil
	}
	out, own := alt.Absent, alt.Schemes()
	for _, other := range p.Alternatives {
		for _, s := range other.Schemes() {
			if !contains(own, s) {
				out = union(out, []*Scheme{s})
			}
		}
	}
	return out
}

// contradicts reports whether the alternative needs a credential that must be
// absent: a product of an optional policy with one that is not. Such an
// alternative lets no one in.
func (a Alternative) contradicts() bool {
	for _, s := range a.Schemes() {
		if contains(a.Absent, s) {
			return true
		}
	}
	return false
}

func contains[E comparable](list []E, one E) bool {
	for _, have := range list {
		if have == one {
			return true
		}
	}
	return false
}

// Roots lists the dependencies that the policy names.
func (p *Policy) Roots() []*Node {
	var out []*Node
	for _, alt := range p.Alternatives {
		out = append(out, alt.Principal)
		for _, one := range alt.Needs {
			out = append(out, one.Node)
		}
	}
	return out
}
