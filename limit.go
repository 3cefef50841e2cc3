package holdfast

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/panics"
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

// maxWait is how long a request waits for a place of its route.
const maxWait = 10 * time.Second

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
	places := bulkhead.New(bulkhead.Config{Slots: most.Requests, Queue: most.Queue, MaxWait: maxWait})
	return func(x *exchange, principal int) error {
		if err := places.Acquire(x); err != nil {
			return err
		}
		x.held = places
		return work(x, principal)
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
