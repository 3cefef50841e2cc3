package plan

// Cell holds one dependency's value for one request. Cells are typed, so that
// a value passes from a dependency to a handler without being boxed.
type Cell interface {
	clean()
	copy(from Cell)
}

type cell[T any] struct{ value T }

func (c *cell[T]) clean()         { var zero T; c.value = zero }
func (c *cell[T]) copy(from Cell) { c.value = from.(*cell[T]).value }

// NewCell makes a cell for values of type T.
func NewCell[T any]() Cell { return new(cell[T]) }

// State says what a cell holds. A step that makes a value moves its cell from
// Empty to one of the others, once for each request:
//
//	state   | the cell holds | why                               | who takes it
//	--------|----------------|-----------------------------------|-----------------------
//	Empty   | nothing        | the step has not run              | nothing may
//	Made    | the value      | its function returned no error,   | steps and the handler
//	        |                | or Fill was called                |
//	Failed  | perhaps a part | its function failed; Err has it   | its error is returned
//	Invalid | perhaps a part | a parameter in it or below it     | steps that take it are
//	        |                | does not fit                      | Invalid without running
//
// Forget moves Invalid back to Empty when the caller passed another way, so
// that the handler's own parameters are read again.
type State uint8

// The states of a cell.
const (
	Empty State = iota
	Made
	Failed
	Invalid
)

// Frame is the memory of one request: a cell for each value of the route's
// plan. Frames are used again after Clean.
type Frame struct {
	// InvalidInputs are the errors of parameters that do not fit, in the order in
	// which they were read.
	InvalidInputs []error

	// Watch, if there is one, is called when a function of the application begins, and
	// what it returns when that has ended. Clean takes it away.
	Watch func(*Step) func(error)

	cells  []Cell
	states []State
	errs   []error
	begun  []int // cells whose functions registered something that must end
}

func newFrame(makers []func() Cell) *Frame {
	f := &Frame{cells: make([]Cell, len(makers)), states: make([]State, len(makers)), errs: make([]error, len(makers))}
	for i, newCell := range makers {
		f.cells[i] = newCell()
	}
	return f
}

// Clean empties the frame for the next request.
func (f *Frame) Clean() {
	for i, state := range f.states {
		if state != Empty {
			f.cells[i].clean()
			f.states[i] = Empty
			f.errs[i] = nil
		}
	}
	f.InvalidInputs, f.Watch, f.begun = nil, nil, f.begun[:0]
}

// Forget forgets what did not fit in ways that the caller did not
// need. What the handler takes of it is read, and refused, again.
func (f *Frame) Forget() {
	if f.InvalidInputs == nil {
		return
	}
	f.InvalidInputs = nil
	for i, state := range f.states {
		if state == Invalid {
			f.cells[i].clean()
			f.states[i] = Empty
		}
	}
}

// State returns the state of a cell.
func (f *Frame) State(at int) State { return f.states[at] }

// Err returns why a cell's value could not be made.
func (f *Frame) Err(at int) error { return f.errs[at] }

// Take returns the value in a cell.
func Take[T any](f *Frame, at int) T { return f.cells[at].(*cell[T]).value }

// Put puts a value into a cell. The step that runs marks the cell as made.
func Put[T any](f *Frame, at int, value T) { f.cells[at].(*cell[T]).value = value }

// Fill returns the place of a cell's value, for code that fills it from
// outside of any step, and marks it as made.
func Fill[T any](f *Frame, at int) *T {
	f.states[at] = Made
	return &f.cells[at].(*cell[T]).value
}

// Pointer returns the place of a cell's value, and leaves its state alone.
func Pointer[T any](f *Frame, at int) *T { return &f.cells[at].(*cell[T]).value }

// Keep puts what a dependency's function returned into the step's cell, unless
// it failed.
func Keep[T any](f *Frame, s *Step, value T, err error) error {
	if err == nil {
		Put(f, s.Out, value)
	}
	return err
}
