package holdfast

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// AtOnce bounds how many requests something serves at the same time.
type AtOnce struct {
	Requests int // that run at once; at least 1
	Queue    int // that may wait for one of those to end; none if zero
}

// Lane runs functions within bounds, as a
// [github.com/holdfast-go/holdfast/work.Lane] does. Do returns what fn returns,
// or an error without having called fn; an error with a method
// RetryAfter() time.Duration is answered with 503 and Retry-After.
type Lane interface {
	Do(ctx context.Context, fn func() error) error
}

// bounds are the bounds of one route: each is nil or zero for none.
type bounds struct {
	atOnce  *AtOnce
	lane    Lane
	timeout time.Duration
}

// any reports whether a request may be told to come again.
func (b *bounds) any() bool { return b.atOnce != nil || b.lane != nil || b.timeout > 0 }

// job is what a caller came for, once it may call and its input was read.
type job func(x *exchange, principal int) error

// around puts the bounds around a job: a place of the route first, then the
// lane. The timeout holds for the whole request and is not part of this.
func (b *bounds) around(work job) job {
	if b.lane != nil {
		work = inLane(b.lane, work)
	}
	if b.atOnce != nil {
		work = atOnce(*b.atOnce, work)
	}
	return work
}

// atOnce lets a job begin when there is a place. The exchange gives it back
// when what the handler deferred has run, since that belongs to its work.
func atOnce(most AtOnce, work job) job {
	places := bulkhead.New(bulkhead.Config{Slots: most.Requests, Queue: most.Queue, MaxWait: bulkhead.UsualWait})
	return func(x *exchange, principal int) error {
		if err := places.Acquire(x); err != nil {
			return err
		}
		x.held = places
		return work(x, principal)
	}
}

// AtMost returns the dependency with a bound on how many requests have it at the
// same time, whichever of the application's routes they are for: from the call of
// its function until what that registered with [Defer] has run, and so, for a
// database, until the connection is free again. What it depends on is made before
// and is not part of this. A request that finds the queue full, or waits in it for
// ten seconds, gets a 503 with Retry-After.
//
// The bound belongs to d and the numbers: AtMost of one dependency with the same
// numbers is one dependency with one bound, whether it is kept in a variable or
// written at each route. It is another one than d, which has no bound, and than d
// with other numbers. Each application has its own.
// Two dependencies that requests take in different orders may wait for each other;
// the end of the queue, ten seconds, lets them go on.
//
// In a policy, callers who are refused later take a place too, until they are
// answered; [Limit] counts only who has passed. A stream (see [Raw]) keeps its
// place as long as it lives, and takes no other when its policy is decided again.
// AtMost of what is not a function that each request calls, such as Params or a
// Lifetime dependency, is an error at start, as are less than one at once and an
// AtMost of an AtMost.
func (d Dep[T]) AtMost(most AtOnce) Dep[T] {
	if d.n == nil {
		return d
	}
	return Dep[T]{d.n.Bounded(plan.Bound{Slots: most.Requests, Queue: most.Queue}, inPlace)}
}

// inPlace runs a dependency's function when there is a place.
func inPlace(run func(plan.Exchange, *plan.Step) error) func(plan.Exchange, *plan.Step) error {
	return func(x plan.Exchange, s *plan.Step) error {
		if err := x.(*exchange).hold(s.Ready.(*bulkhead.Bulkhead)); err != nil {
			return err
		}
		return run(x, s)
	}
}

// inLane runs a job in a lane. Panics are caught where they happen, so that the
// log has their stack.
func inLane(lane Lane, work job) job {
	return func(x *exchange, principal int) error {
		var claimed atomic.Bool   // by the lane, or by the request that has waited for it
		defer claimed.Store(true) // also if Do panics: what it has queued comes too late
		ended, result := make(chan struct{}), errNotRun
		err := lane.Do(x, func() error {
			if !claimed.CompareAndSwap(false, true) {
				return nil // too late: the request has been answered
			}
			defer close(ended)
			result = panics.Catch(func() error { return work(x, principal) })
			return result
		})
		if claimed.CompareAndSwap(false, true) {
			return cmp.Or(err, errNotRun)
		}
		<-ended // a lane that returns early must not leave the request behind
		return cmp.Or(err, result)
	}
}

// errNotRun says that something in the place of a lane did nothing.
var errNotRun = errors.New("the lane did not run the handler, and returned no error")
