// Package bulkhead bounds how many do something at once: a few slots, and a queue
// before them that has an end and is served in order.
package bulkhead

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// refusal is an error that says when to come again. Code that answers requests
// finds that by the method.
type refusal string

func (r refusal) Error() string { return string(r) }

// RetryAfter is a second: a queue that is full now moves on within one.
func (refusal) RetryAfter() time.Duration { return time.Second }

// The reasons for which there is no slot. A caller who waited too long gets an
// error that is ErrBusy, too.
var (
	ErrBusy   error = refusal("too busy")
	ErrClosed error = refusal("closed: no more is taken")
)

// UsualWait is how long a request waits for a slot where nothing else is said.
const UsualWait = 10 * time.Second

// Config says how many. The zero Config has no slot at all.
type Config struct {
	Slots   int              // held at once
	Queue   int              // callers that may wait
	MaxWait time.Duration    // the longest that one waits; without end if zero
	Now     func() time.Time // time.Now if nil
}

// Bulkhead is a number of slots with a queue before them. Its methods are safe for concurrent use.
type Bulkhead struct {
	config Config
	late   error

	mu      sync.Mutex
	held    int
	waiting list.List // of *waiter, the first comes first
	closed  bool
	drained chan struct{}
	done    uint64
	refused uint64
}

// waiter is one caller in the queue. place is nil once the caller has a slot:
// that decides between a slot that is being given and a caller who leaves.
type waiter struct {
	place *list.Element // guarded by the bulkhead's mu
	since time.Time
	ready chan struct{}
}

// New makes a bulkhead whose slots are all free.
func New(config Config) *Bulkhead {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Bulkhead{config: config, drained: make(chan struct{}), late: fmt.Errorf("%w: waited %v", ErrBusy, config.MaxWait)}
}

// Acquire takes a slot, which the caller must give back with Release. When
// none is free it waits in the queue, for which the errors are ErrBusy at once
// if the queue is full or after MaxWait, ErrClosed after Close, and ctx's when
// ctx ends. An error means that the caller holds nothing.
func (s *Bulkhead) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := s.enter()
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

// enter takes a free slot or a place in the queue; the latter is a waiter.
// No waiter overtakes another: while somebody waits, no slot is free.
func (s *Bulkhead) enter() (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.held < s.config.Slots:
		s.held++
		return nil, nil //nolint:nilnil // a slot at once: no waiting, no error
	case s.waiting.Len() >= s.config.Queue:
		s.refused++
		return nil, ErrBusy
	}
	w := &waiter{since: s.config.Now(), ready: make(chan struct{})}
	w.place = s.waiting.PushBack(w)
	return w, nil
}

func (s *Bulkhead) wait(ctx context.Context, w *waiter) error {
	var late <-chan time.Time
	if s.config.MaxWait > 0 {
		timer := time.NewTimer(s.config.MaxWait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return s.leave(w, ctx.Err())
	case <-late:
		return s.leave(w, s.late)
	}
}

// leave gives up the place in the queue, or the slot if it came in the same
// moment: the next one waits for it.
func (s *Bulkhead) leave(w *waiter, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.place == nil {
		s.pass()
		return why
	}
	s.waiting.Remove(w.place)
	if errors.Is(why, ErrBusy) {
		s.refused++
	}
	return why
}

// Release gives a slot back: to the first of the queue, if there is one.
func (s *Bulkhead) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == 0 {
		panic("bulkhead: Release without Acquire")
	}
	s.done++
	s.pass()
}

// pass hands a slot on. The one who gets it owns it from here on, so that the
// number held does not change and nothing can come between.
func (s *Bulkhead) pass() {
	if first := s.waiting.Front(); first != nil {
		w := s.waiting.Remove(first).(*waiter)
		w.place = nil
		close(w.ready)
		return
	}
	s.held--
	if s.closed && s.held == 0 {
		close(s.drained)
	}
}

// Close refuses new callers and waits until everybody who has a slot or waits
// for one is done. It may be called more than once.
func (s *Bulkhead) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if s.held == 0 {
			close(s.drained)
		}
	}
	s.mu.Unlock()
	<-s.drained
}

// Stats is what goes on at one moment.
type Stats struct {
	Held    int
	Queued  int
	Done    uint64        // slots given back
	Refused uint64        // callers who got ErrBusy
	Oldest  time.Duration // how long the first of the queue has waited
}

// Stats returns what goes on.
func (s *Bulkhead) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Held: s.held, Queued: s.waiting.Len(), Done: s.done, Refused: s.refused}
	if first := s.waiting.Front(); first != nil {
		out.Oldest = s.config.Now().Sub(first.Value.(*waiter).since)
	}
	return out
}
