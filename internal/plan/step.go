package plan

import "errors"

// StepKind says what a step does.
type StepKind uint8

// The kinds of steps.
const (
	MakeValue        StepKind = iota // call a dependency's function
	FindCredential                   // find a scheme's credential in the request
	VerifyCredential                 // check a credential
	CompareScopes                    // with the claims of a verified credential
	AskRoles                         // of a dependency's value
	WantAbsent                       // no credential of a scheme may be there
)

// noCell is the Out of a step that makes no value.
const noCell = -1

// Step makes one value, or checks one.
type Step struct {
	Kind StepKind
	Node *Node
	In   []int // cells of the values that it takes
	Out  int   // the cell of its value; noCell for a check, which makes none

	Scopes Scopes // those compared, or required on the path to the node
	Roles  []*Role

	Says Challenges // of the scheme of its node, in this way; after Challenge

	// Ready is what the application made of the node when the plan was made:
	// the reader of a struct, the holder of a lifetime's value.
	Ready any

	has, alone func(f *Frame, cell int, role string) bool // alone is the Need's; has is the one that is asked

	notes     bool // what its function begins is remembered
	ofHandler bool // only the handler takes it
}

// Run makes the step's value unless it was made before in this request, or
// checks what the step checks. A parameter that does not fit is remembered in
// the frame and is no error here, because a refusal of the caller comes first.
func (s *Step) Run(x Exchange) error {
	f := x.Frame()
	for _, in := range s.In {
		if f.states[in] == Invalid {
			s.skip(f)
			return nil
		}
	}
	switch s.Kind {
	case CompareScopes:
		return s.compareScopes(f)
	case AskRoles:
		return s.askRoles(f)
	case WantAbsent:
		return s.wantAbsent(x)
	}
	return s.make(x, f)
}

// skip leaves out a step that rests on a parameter that does not fit.
func (s *Step) skip(f *Frame) {
	if s.Out >= 0 {
		f.states[s.Out] = Invalid
	}
}

func (s *Step) make(x Exchange, f *Frame) error {
	switch f.states[s.Out] {
	case Made, Invalid:
		return nil
	case Failed:
		return f.errs[s.Out]
	}
	f.states[s.Out] = Failed // also if it panics halfway through the cell
	if s.notes {
		defer s.note(x, x.Registered())
	}
	err := s.call(x, f)
	if err == nil {
		f.states[s.Out] = Made
		return nil
	}
	if s.Node.Kind == Params {
		if invalid, ok := errors.AsType[InvalidInput](err); ok {
			f.states[s.Out] = Invalid
			f.InvalidInputs = append(f.InvalidInputs, invalid)
			return nil
		}
	}
	f.errs[s.Out] = err
	return err
}

// call calls the node's function, and tells who watches.
func (s *Step) call(x Exchange, f *Frame) error {
	if f.Watch == nil || !s.Decides() && s.Kind != VerifyCredential {
		return s.Node.Run(x, s)
	}
	done := f.Watch(s)
	err := s.Node.Run(x, s)
	done(err)
	return err
}

// Decides reports whether the step calls the function of a dependency, which may
// refuse: not one of the library's own, nor one that verifies a credential or
// opens what lasts.
func (s *Step) Decides() bool {
	return s.Kind == MakeValue && (s.Node.Kind == Depend || s.Node.Kind == Request)
}

// isInvalid reports whether the step made no value because of a parameter.
func (s *Step) isInvalid(f *Frame) bool { return s.Out >= 0 && f.states[s.Out] == Invalid }

func (s *Step) compareScopes(f *Frame) error {
	for _, one := range s.Scopes {
		if !s.HoldsScope(f, one.Name) {
			return &NoScope{Scheme: s.Node.Scheme, Scopes: s.Scopes, Says: s.Says.Lacking}
		}
	}
	return nil
}

// HoldsScope reports whether the credential of a CompareScopes step has a
// scope.
func (s *Step) HoldsScope(f *Frame, name string) bool { return s.Node.Holds(f, s.In[0], name) }

func (s *Step) askRoles(f *Frame) error {
	for _, role := range s.Roles {
		if s.HasRole(f, role.Name) {
			return nil
		}
	}
	return &NoRole{s.Roles}
}

// HasRole reports whether the principal of an AskRoles step has a role.
func (s *Step) HasRole(f *Frame, name string) bool { return s.has(f, s.In[0], name) }

// ErrPresented is the cause of a refusal by a way that is for callers without a
// credential.
var ErrPresented = errors.New("a credential that was presented is never taken for none")

// wantAbsent passes when the caller presented no credential of the scheme.
// In[0] is the credential's cell, which it fills if there is one.
func (s *Step) wantAbsent(x Exchange) error {
	find := Step{Kind: FindCredential, Node: s.Node, Out: s.In[0], Says: s.Says}
	err := find.Run(x)
	if err == nil {
		return &BadCredential{Scheme: s.Node.Scheme, Cause: ErrPresented, Says: s.Says.Invalid}
	}
	if none, ok := errors.AsType[*NoCredential](err); ok && !none.Unreadable {
		return nil
	}
	return err
}

// RunAll runs steps until one fails.
func RunAll(x Exchange, steps []Step) error {
	for i := range steps {
		if err := steps[i].Run(x); err != nil {
			return err
		}
	}
	return nil
}
