package plan

import (
	"errors"
	"slices"
)

// Plan is what a route does with a request. It is made once, when the
// application starts, and never changes.
type Plan struct {
	Ways   []PlannedWay // the ways in of the policy, in their order
	Params []Step       // parameters that the handler's own dependencies take …
	Own    []Step       // … and the rest of the handler's own dependencies

	cells []func() Cell
}

// PlannedWay is one way of the policy, ready to run.
type PlannedWay struct {
	Steps     []Step
	Principal int // the cell of the value that the handler gets
	Schemes   []SchemeScopes
	Absent    []*Scheme // of which no credential may be presented

	// Changes says that the way may be decided otherwise later, and SeesRequest
	// that a function of the application is given the request. They are known
	// after Watch.
	Changes, SeesRequest bool
}

// SchemeScopes is a scheme whose credential a way needs, with all scopes
// that are required of it.
type SchemeScopes struct {
	Scheme *Scheme
	Scopes Scopes
	Says   Challenges // after Challenge
}

// ErrUndecided says that a way could not be decided, because a parameter does
// not fit: it is invalid. The frame has the details.
var ErrUndecided = errors.New("a parameter that the policy needs does not fit")

// Run decides the way. It returns nil if the caller passed, ErrUndecided, or
// why the caller is refused or nothing could be decided.
func (w *PlannedWay) Run(x Exchange) error {
	invalid := false
	for i := range w.Steps {
		s := &w.Steps[i]
		if err := s.Run(x); err != nil {
			return err
		}
		invalid = invalid || s.isInvalid(x.Frame())
	}
	if invalid || x.Frame().State(w.Principal) != Made {
		return ErrUndecided
	}
	return nil
}

// Verifiers lists the dependencies that look at a scheme's credential in the
// way: those that check it or, where none does, those that take it for
// themselves. Without any, whatever is presented will do.
func (w *PlannedWay) Verifiers(s *Scheme) []*Node {
	var check, take []*Node
	for i := range w.Steps {
		switch step := &w.Steps[i]; {
		case step.Kind == VerifyCredential && step.Node.Scheme == s:
			check = union(check, []*Node{step.Node})
		case step.Decides() && w.takes(step, s):
			take = union(take, []*Node{step.Node})
		}
	}
	if len(check) > 0 {
		return check
	}
	return take
}

// Compared lists the scopes of a scheme that the runner compares in the way. The
// others are those that were required on a path to the credential itself, which
// the dependencies on it have to check.
func (w *PlannedWay) Compared(s *Scheme) Scopes {
	var out Scopes
	for i := range w.Steps {
		if one := &w.Steps[i]; one.Kind == CompareScopes && one.Node.Scheme == s {
			out = out.With(one.Scopes)
		}
	}
	return out
}

// takes reports whether a step takes a scheme's credential as it was presented.
func (w *PlannedWay) takes(step *Step, s *Scheme) bool {
	for i := range w.Steps {
		find := &w.Steps[i]
		if find.Kind == FindCredential && find.Node.Scheme == s && slices.Contains(step.In, find.Out) {
			return true
		}
	}
	return false
}

// NewFrame makes the memory of one request.
func (p *Plan) NewFrame() *Frame { return newFrame(p.cells) }

// AddCell adds a cell: a step's, or one for the handler's input or result.
func (p *Plan) AddCell(newCell func() Cell) int {
	p.cells = append(p.cells, newCell)
	return len(p.cells) - 1
}

// Bounded reports whether a request may find that too many are at something.
func (p *Plan) Bounded() bool {
	bounded := func(s Step) bool { return s.Node.Bound != nil }
	in := slices.ContainsFunc(p.Own, bounded)
	for i := range p.Ways {
		in = in || slices.ContainsFunc(p.Ways[i].Steps, bounded)
	}
	return in
}

// Hidden lists the schemes whose credentials a handler does not see.
func (p *Plan) Hidden() []*Scheme {
	var out []*Scheme
	for i := range p.Ways {
		for _, one := range p.Ways[i].Schemes {
			if one.Scheme.Hide != nil {
				out = union(out, []*Scheme{one.Scheme})
			}
		}
	}
	return out
}

// Steps calls visit for every step of every way in, in the order in which they
// run.
func (p *Plan) Steps(visit func(way int, s *Step)) {
	for i := range p.Ways {
		for j := range p.Ways[i].Steps {
			visit(i, &p.Ways[i].Steps[j])
		}
	}
}
