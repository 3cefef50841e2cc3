package holdfast

import (
	"context"
	"net/http"
	"sync"
)

// cell holds one dependency's value for one request. Cells are typed, so that
// a value passes from a dependency to a handler without being boxed.
type cell[T any] struct{ v T }

type cleaner interface{ clean() }

func (c *cell[T]) clean() { var zero T; c.v = zero }

type slotState uint8

const (
	unmade  slotState = iota
	made              // the cell holds the value
	failed            // errs holds why not
	invalid           // a parameter below is invalid: neither made nor refused
)

// frame is the memory of one request: a cell for each slot of the route's
// plan. Frames are pooled per route and cleared after use.
type frame struct {
	cells      []cleaner
	state      []slotState
	errs       []error
	violations []Violation
}

func (f *frame) clean() {
	for i, state := range f.state {
		if state != unmade {
			f.cells[i].clean()
			f.state[i] = unmade
			f.errs[i] = nil
		}
	}
	f.violations = nil
}

// forgive forgets what was invalid in alternatives that the caller did not
// need. What the handler takes of it is read, and refused, again.
func (f *frame) forgive() {
	f.violations = nil
	for i, state := range f.state {
		if state == invalid {
			f.cells[i].clean()
			f.state[i] = unmade
		}
	}
}

func take[T any](f *frame, slot int) T   { return f.cells[slot].(*cell[T]).v }
func put[T any](f *frame, slot int, v T) { f.cells[slot].(*cell[T]).v = v }

func keep[T any](f *frame, s *step, value T, err error) error {
	if err == nil {
		put(f, s.out, value)
	}
	return err
}

// exchange is one request in progress, and the context that its dependencies
// and handler see. It is never pooled: handlers leak contexts.
type exchange struct {
	context.Context
	app     *App
	route   *route
	writer  http.ResponseWriter
	request *http.Request
	frame   *frame
	seen    *http.Request // the bodiless request, made when first asked for
	body    *buffer       // the encoded response
	begun   bool          // the handler had begun to write when it was over
	mounted bool          // another router found the route
	free    func()        // gives back the slot of the route's limit; nil if there is none

	mu       sync.Mutex
	deferred cleanups // before the response
	after    cleanups // after it
}

// Value makes the exchange findable by Defer from any context derived of it.
func (x *exchange) Value(key any) any {
	if key == (scopeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// bodiless returns the request as dependencies may see it: with everything but
// the body, because the caller may not have passed yet.
func (x *exchange) bodiless() *http.Request {
	if x.seen == nil {
		x.seen = x.request.WithContext(x)
		x.seen.Body = http.NoBody
	}
	return x.seen
}

// guard runs fn and turns its panic into an error.
func guard(fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = newPanic(cause)
		}
	}()
	return fn()
}
