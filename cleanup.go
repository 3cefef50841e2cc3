package holdfast

import (
	"context"
	"net/http"
)

// scopeKey finds what a context belongs to: a request in progress, or an
// application that is starting.
type scopeKey struct{}

// deferrer is what cleanups can be registered with.
type deferrer interface {
	push(cleanup func(error) error) bool
}

// Defer registers cleanup for the end of the request, as FastAPI's yield does:
// after the handler, before the response is sent, last registered first.
// cleanup gets the request's error, nil on success, also that of a panic; what
// it returns becomes the response, and nil keeps what there was. After a [Raw]
// handler has written, an error can only be logged.
//
// With the context of a [Lifetime] dependency, cleanup runs when the
// application is closed, and what it returns is what [App.Close] returns.
//
// Defer panics with any other context, and after the end.
func Defer(ctx context.Context, cleanup func(error) error) {
	d, _ := ctx.Value(scopeKey{}).(deferrer)
	if d == nil || !d.push(cleanup) {
		panic("holdfast: Defer needs the context of a request in progress, or of a Lifetime dependency")
	}
}

// AfterResponse registers fn for after the response was sent: for cleanup that
// a caller need not wait for, or work of which it need not know the outcome.
// fn gets the request's error; the last registered runs first. What was
// registered with [Defer] has run before. A panic is logged.
//
// The connection waits for fn, and ctx ends when fn has returned or the caller
// hangs up: use [context.WithoutCancel] for what must be finished. Prefer Defer
// for whatever may still fail, such as a commit: after the response, nobody
// can be told.
//
// AfterResponse panics when ctx is not the context of a request in progress.
func AfterResponse(ctx context.Context, fn func(error)) {
	x, _ := ctx.Value(scopeKey{}).(*exchange)
	if x == nil || !x.pushAfter(fn) {
		panic("holdfast: AfterResponse needs the context of a request in progress")
	}
}

// ResponseHeader returns the headers of the response in progress, for
// handlers that must set one. It panics when ctx is not a request's.
func ResponseHeader(ctx context.Context) http.Header {
	x, _ := ctx.Value(scopeKey{}).(*exchange)
	if x == nil {
		panic("holdfast: ResponseHeader needs the context of a request in progress")
	}
	return x.writer.Header()
}

// cleanups are functions that run once, last registered first, and can
// register others while they do.
type cleanups struct {
	list []func(error) error
	over bool
}

func (c *cleanups) push(cleanup func(error) error) bool {
	if c.over {
		return false
	}
	c.list = append(c.list, cleanup)
	return true
}

// pop returns the next one to run. After the last, nothing can be registered.
func (c *cleanups) pop() func(error) error {
	last := len(c.list) - 1
	if last < 0 {
		c.over = true
		return nil
	}
	cleanup := c.list[last]
	c.list = c.list[:last]
	return cleanup
}

func (x *exchange) push(cleanup func(error) error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.deferred.push(cleanup)
}

func (x *exchange) pushAfter(fn func(error)) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.after.push(func(err error) error { fn(err); return nil })
}

func (x *exchange) pop(from *cleanups) func(error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return from.pop()
}

// unwind runs what was deferred, last first, and returns the error that is
// left. A cleanup that panics counts as one that failed.
func (x *exchange) unwind(err error) error {
	for cleanup := x.pop(&x.deferred); cleanup != nil; cleanup = x.pop(&x.deferred) {
		if changed := guard(func() error { return cleanup(err) }); changed != nil {
			err = changed
		}
	}
	return err
}

// finish sends what is still buffered of the response, and runs what waits for
// that.
func (x *exchange) finish(err error) {
	fn := x.pop(&x.after)
	if fn == nil {
		return
	}
	if !x.aborted(err) {
		_ = http.NewResponseController(x.writer).Flush() // a writer that cannot flush sends the response later
	}
	for ; fn != nil; fn = x.pop(&x.after) {
		if failed := guard(func() error { return fn(err) }); failed != nil {
			x.app.logFailure(x.request, failed)
		}
	}
}
