package holdfast

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// maxWait is how long a request waits for a slot of its route.
const maxWait = 10 * time.Second

// limits are the bounds of one route.
type limits struct {
	slots   *bulkhead.Bulkhead
	lane    Lane
	timeout time.Duration
	fault   error
}

// AtOnce bounds how many requests something serves at the same time.
type AtOnce struct {
	Requests int // that run at once; at least 1
	Queue    int // that may wait for one of those to end; none if zero
}

// Limit bounds how many requests of the route are in its handler at once, from
// the handler's own dependencies to its deferred functions. A request that finds
// the queue full, or waits in it for ten seconds, gets a 503 with Retry-After. It
// is a bulkhead: a handler that waits for something slow cannot take everything
// that the other routes need too.
//
// A caller who may not call, or whose input does not fit, is refused before and
// never takes a place.
func Limit(most AtOnce) RouteOption {
	return func(o *routeOptions) {
		if most.Requests < 1 || most.Queue < 0 {
			o.fault = errors.New("Limit wants at least one request at once, and no negative queue")
			return
		}
		o.slots = bulkhead.New(bulkhead.Config{Slots: most.Requests, Queue: most.Queue, MaxWait: maxWait})
	}
}

// Lane runs functions within bounds, as a
// [github.com/holdfast-go/holdfast/work.Lane] does. Do returns what fn returns,
// or an error without having called fn; an error with a method
// RetryAfter() time.Duration is answered with 503 and Retry-After.
type Lane interface {
	Do(ctx context.Context, fn func() error) error
}

// InLane runs the handler and its own dependencies in a lane. It is for
// handlers that compute for long: waiting needs no lane, since every request
// has a goroutine of its own. Where the lane is full, the answer is 503 with
// Retry-After. As with [Limit], only callers who passed come so far.
//
// Several routes may share a lane. A handler must not call Do of the lane it
// runs in: it would wait for itself.
func InLane(lane Lane) RouteOption {
	return func(o *routeOptions) {
		if o.lane = lane; lane == nil {
			o.fault = errors.New("InLane wants a lane, not nil")
		}
	}
}

// Timeout gives the whole request at most d, from its policy to its handler,
// with the time that it waits for slots and lanes. When d is over the context
// ends, and a handler that returns its error is a 503. A handler that does not
// look at its context is not stopped: nothing in Go can.
func Timeout(d time.Duration) RouteOption {
	return func(o *routeOptions) {
		if o.timeout = d; d <= 0 {
			o.fault = errors.New("Timeout wants more than no time")
		}
	}
}

// deadline gives the exchange its end, and returns what gives it up.
func (rt *route) deadline(x *exchange) context.CancelFunc {
	ctx, cancel := context.WithTimeout(x.Context, rt.options.timeout)
	x.Context = ctx
	return cancel
}

// within runs the route's work in its slots and its lane.
func (rt *route) within(x *exchange, principal int) error {
	if rt.options.slots == nil {
		return rt.inLane(x, principal)
	}
	if err := rt.options.slots.Acquire(x); err != nil {
		return err
	}
	release := sync.OnceFunc(rt.options.slots.Release)
	x.free = release                                    // whatever happens to what was deferred
	x.push(func(error) error { release(); return nil }) // the last to run: what the handler defers belongs to its work
	ended := false
	defer func() {
		if !ended { // runtime.Goexit: nothing that was deferred will run
			release()
		}
	}()
	err := guard(func() error { return rt.inLane(x, principal) })
	ended = true
	return err
}

// inLane catches panics where they happen, so that the log has their stack.
func (rt *route) inLane(x *exchange, principal int) error {
	if rt.options.lane == nil {
		return rt.work(x, principal)
	}
	var claimed atomic.Bool // by the lane, or by us who have waited for it
	ended := make(chan struct{})
	err := rt.options.lane.Do(x, func() error {
		if !claimed.CompareAndSwap(false, true) {
			return nil // too late: the request has been answered
		}
		defer close(ended)
		return guard(func() error { return rt.work(x, principal) })
	})
	if claimed.CompareAndSwap(false, true) {
		return cmp.Or(err, errNotRun)
	}
	<-ended // a lane that returns early must not leave the request behind
	return err
}

// errNotRun says that something in the place of a lane did nothing.
var errNotRun = errors.New("the lane did not run the handler, and returned no error")

// busy is an error that says when to come again, as those of package work do.
// It says nothing about the caller or the input: nobody has looked at them.
type busy interface {
	error
	RetryAfter() time.Duration
}

// comeAgain answers such an error: 503 with Retry-After in whole seconds.
func comeAgain(err busy) *Error {
	seconds := max(1, int(math.Ceil(err.RetryAfter().Seconds())))
	return &Error{
		Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {strconv.Itoa(seconds)}}, Cause: err,
	}
}

// isBusy reports whether the reason for an answer is that somebody was busy.
func isBusy(err error) bool {
	var later busy
	return errors.As(err, &later)
}

// busyResponse documents the 503 of a route that has bounds.
func (rt *route) busyResponse(refusal *schema.Schema) members {
	if rt.options.slots == nil && rt.options.lane == nil && rt.options.timeout == 0 {
		return nil
	}
	body := members{{"description", "Too much is going on, or it took too long; come again"}}
	if rt.options.slots != nil || rt.options.lane != nil {
		body = append(body, member{"headers", members{{"Retry-After", members{
			{"description", "Seconds to wait"}, {"schema", map[string]string{"type": "integer"}},
		}}}})
	}
	body = append(body, member{"content", members{{"application/json", members{{"schema", refusal}}}}})
	return members{{strconv.Itoa(http.StatusServiceUnavailable), body}}
}
