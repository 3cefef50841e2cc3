package holdfast

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/panics"
)

// cleanupTime bounds what runs at the end of a request: the context of deferred
// functions ends then. Functions after the response get another 30 seconds.
const cleanupTime = 30 * time.Second

// cleanup is a function that runs at the end. It gets a context of its own: that
// of a request may have ended, and must stay so, because other goroutines that
// the handler left behind rely on it.
type cleanup func(ctx context.Context, err error) error

// ownerKey finds what a context belongs to: a request in progress, or a Lifetime
// dependency that is being made.
type ownerKey struct{}

// deferrer is what Defer adds functions to: a request in progress, or a Lifetime
// dependency that is being made.
type deferrer interface{ atEnd() *stack }

// responder is a request in progress.
type responder interface {
	afterResponse() *stack
	header() http.Header
}

// Defer registers cleanup for the end of the request, as FastAPI's yield does:
// after the handler, before the response is sent, last registered first.
// cleanup gets the request's error, nil on success, also that of a panic; what
// it returns becomes the response, and nil keeps what there was. After a [Raw]
// handler has begun to tell of a success, an error closes the connection.
//
// cleanup also gets a context of its own, with the values of the request's.
// Neither a caller who hangs up nor a [Timeout] ends it: it ends 30 seconds
// after the first cleanup began. Use it in place of ctx, which may have ended.
// A transaction of database/sql ends with the context it was begun with; one
// that is to be committed although the caller has left is begun with
// [context.WithoutCancel].
//
// With the context of a [Lifetime] dependency, cleanup runs when the
// application is closed, and what it returns is what [App.Close] returns.
//
// Defer panics with any other context, and after the end.
func Defer(ctx context.Context, cleanup func(context.Context, error) error) {
	d, _ := ctx.Value(ownerKey{}).(deferrer)
	if d == nil || !d.atEnd().push(cleanup) {
		panic("holdfast: Defer needs the context of a request in progress, or of a Lifetime dependency")
	}
}

// AfterResponse registers fn for after the response was sent: for cleanup that
// a caller need not wait for, or work of which it need not know the outcome.
// fn gets the request's error; the last registered runs first. What was
// registered with [Defer] has run before. A panic is logged.
//
// The connection waits for fn. As with [Defer], fn gets a context of its own,
// which ends 30 seconds after the first such function began. Prefer Defer for
// whatever may still fail, such as a commit: after the response, the caller can
// no longer be told.
//
// Work that may take longer, or that a failed request does not want, is for
// [Background], for which the connection does not wait.
//
// AfterResponse panics when ctx is not the context of a request in progress.
func AfterResponse(ctx context.Context, fn func(context.Context, error)) {
	x, _ := ctx.Value(ownerKey{}).(responder)
	if x == nil || !x.afterResponse().push(func(ctx context.Context, err error) error { fn(ctx, err); return nil }) {
		panic("holdfast: AfterResponse needs the context of a request in progress")
	}
}

// Background leaves work for after the response, as FastAPI's BackgroundTasks do:
// an e-mail to send, a picture to make smaller. The functions of one request run
// one after the other, as they were registered, when everything of [Defer] and
// the response is done, and only if the request has no error, a panic's included.
// An error of a function, or its panic, is logged, and the next one runs.
//
// It is AfterResponse without what that costs the caller: the connection does not
// wait, so there is no time limit either. fn's context has the values of the
// request's. It ends when the application is closed and has waited for some
// seconds: [App.Wait].
//
// How much there is is bounded by Config.Background. The error is that too much
// waits already; a handler that returns it answers 503 with Retry-After. So what
// cannot be done is not promised: check it before the work is.
//
// The work is in memory alone. What must happen even if the program is killed
// belongs in a queue that is written down, together with what caused it.
//
// Background panics when ctx is not the context of a request in progress.
func Background(ctx context.Context, fn func(context.Context) error) error {
	x, _ := ctx.Value(ownerKey{}).(interface {
		background(fn func(context.Context) error) (ok bool, err error)
	})
	if x != nil {
		if ok, err := x.background(fn); ok {
			return err
		}
	}
	panic("holdfast: Background needs the context of a request in progress")
}

// ResponseHeader returns the headers of the response in progress, for
// handlers that must set one. It panics when ctx is not the context of a request
// in progress.
func ResponseHeader(ctx context.Context) http.Header {
	if x, _ := ctx.Value(ownerKey{}).(responder); x != nil {
		if header := x.header(); header != nil {
			return header
		}
	}
	panic("holdfast: ResponseHeader needs the context of a request in progress")
}

// stack has functions that run once, last registered first, and can register
// others while they do. The zero stack is empty. It is safe for concurrent use.
type stack struct {
	state atomic.Int32 // none, some or over; some may be none by now
	mu    sync.Mutex
	list  []cleanup
}

// The states of a stack.
const (
	none int32 = iota
	some
	over // none can be registered any more
)

// push reports whether the function will run: not after the end.
func (s *stack) push(fn cleanup) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.CompareAndSwap(none, some) && s.state.Load() == over {
		return false
	}
	s.list = append(s.list, fn)
	return true
}

// pop returns the next one to run. After the last, none can be registered.
func (s *stack) pop() cleanup {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.list) - 1
	if last < 0 {
		s.state.Store(over)
		return nil
	}
	fn := s.list[last]
	s.list = s.list[:last]
	return fn
}

// closeIfEmpty reports whether there is none. If so, none can be registered any
// more. For most requests there never is one, which takes no lock to see.
func (s *stack) closeIfEmpty() bool {
	if s.state.CompareAndSwap(none, over) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) > 0 {
		return false
	}
	s.state.Store(over)
	return true
}

// len is how many there are.
func (s *stack) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list)
}

// close takes the functions away unrun. None can be registered any more.
func (s *stack) close() []cleanup {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	s.state.Store(over)
	return list
}

// unwind runs the functions and returns the error that is left. One that
// panics counts as one that failed.
func (s *stack) unwind(ctx context.Context, err error) error {
	for fn := s.pop(); fn != nil; fn = s.pop() {
		if changed := panics.Catch(func() error { return fn(ctx, err) }); changed != nil {
			err = changed
		}
	}
	return err
}

// runAll runs functions, the last first, and joins what goes wrong.
func runAll(list []cleanup, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
	defer cancel()
	var failed []error
	for _, fn := range slices.Backward(list) {
		failed = append(failed, panics.Catch(func() error { return fn(ctx, cause) }))
	}
	return errors.Join(failed...)
}
