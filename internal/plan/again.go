package plan

import (
	"slices"
	"time"
)

// Watch has the decisions of the plan remember what it takes to decide again,
// and reports whether any way could be decided otherwise later: not one that
// rests on nothing but the request, which does not change.
func (p *Plan) Watch() bool {
	watched := false
	for i := range p.Ways {
		way := &p.Ways[i]
		for j := range way.Steps {
			s := &way.Steps[j]
			s.notes = s.Kind == VerifyCredential || s.Decides()
			way.Changes = way.Changes || s.notes
			way.SeesRequest = way.SeesRequest || s.seesRequest()
		}
		watched = watched || way.Changes
	}
	return watched
}

// seesRequest reports whether a function of the application is given the
// request, which it may keep in the value that it makes.
func (s *Step) seesRequest() bool {
	return s.Node.Kind == Request || s.Kind == FindCredential && s.Node.Scheme.Own
}

// keeps reports whether the step's value is the same whenever it is made in one
// request.
func (s *Step) keeps() bool { return s.Kind == FindCredential || s.Node.Kind == Params }

// note notes which values registered something that must end.
func (s *Step) note(x Exchange, before int) {
	if x.Registered() > before {
		f := x.Frame()
		f.begun = append(f.begun, s.Out)
	}
}

// Resume fills a frame with what a decision again finds as it was: credentials
// and parameters, which are the request's.
func (w *PlannedWay) Resume(f, first *Frame) {
	for i := range w.Steps {
		if s := &w.Steps[i]; s.keeps() && first.states[s.Out] == Made {
			f.cells[s.Out].copy(first.cells[s.Out])
			f.states[s.Out] = Made
		}
	}
	f.begun = append(f.begun[:0], first.begun...)
}

// Again decides the way again, in a frame that Resume has filled. What began
// something in the first decision is left out, unless something that decides
// takes it:
//
//	user := Depends1(session, findUser)    // session registers its end: it began something
//	audit := Depends1(user, beginAudit)    // so does this
//	All(Security(user), Security(audit))
//
// To find the user, session is made again, with an end of its own: a transaction
// that began an hour ago neither sees what has changed since nor is free. Nothing
// takes the value of audit, so it is left out. So are dependencies that only the
// handler takes, where they begin something or take what has begun.
func (w *PlannedWay) Again(x Exchange) error {
	left := w.leftOut(x.Frame().begun)
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Kind == WantAbsent || left != nil && left[i] {
			continue // the request presents what it did
		}
		if err := s.Run(x); err != nil {
			return err
		}
	}
	return nil
}

// leftOut says of which steps nothing is decided again; nil for none.
func (w *PlannedWay) leftOut(begun []int) []bool {
	if len(begun) == 0 {
		return nil
	}
	begin := slices.Clone(begun) // cells of what began, or takes such
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Out >= 0 && !slices.Contains(begin, s.Out) && slices.ContainsFunc(s.In, func(in int) bool { return slices.Contains(begin, in) }) {
			begin = append(begin, s.Out)
		}
	}
	out, needed := make([]bool, len(w.Steps)), map[int]bool{}
	for i, s := range slices.Backward(w.Steps) {
		idle := slices.Contains(begun, s.Out) || s.ofHandler && slices.Contains(begin, s.Out)
		if out[i] = idle && !needed[s.Out]; out[i] {
			continue
		}
		for _, in := range s.In {
			needed[in] = true
		}
	}
	return out
}

// Standing is what the verified credentials of a way say of how long they are
// good.
type Standing struct {
	Ends    time.Time       // the first of them; zero if none ends by itself
	Told    bool            // whether each says when it ends
	Changes []func() uint64 // numbers that change when a credential may not be good any more

	// Covered says that everything that is decided changes with one of the
	// numbers: each credential has one, and no function of the application decides
	// beside those that verify.
	Covered bool
}

// Standing asks the values that verification made, by the methods that they may
// have. A way that was not decided, or that rests on no credential, says nothing.
func (w *PlannedWay) Standing(f *Frame) Standing {
	out := Standing{Covered: true}
	told := 0
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Kind == VerifyCredential {
			value := s.Node.Box(f, s.Out)
			if out.end(value) {
				told++
			}
			out.Covered = out.change(value) && out.Covered
		}
		out.Covered = out.Covered && !s.Decides()
	}
	out.Told = told >= len(w.Schemes)
	return out
}

// end asks when a value ends, and reports whether it says so.
func (t *Standing) end(value any) bool {
	v, ok := value.(interface{ Expires() (time.Time, bool) })
	if !ok {
		return false
	}
	if at, ends := v.Expires(); ends && (t.Ends.IsZero() || at.Before(t.Ends)) {
		t.Ends = at
	}
	return true
}

// change asks for a value's number, and reports whether there is one.
func (t *Standing) change(value any) bool {
	v, ok := value.(interface{ Changes() func() uint64 })
	if !ok {
		return false
	}
	number := v.Changes()
	if number != nil {
		t.Changes = append(t.Changes, number)
	}
	return number != nil
}
