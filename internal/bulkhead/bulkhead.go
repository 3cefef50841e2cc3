// Package bulkhead bounds how many do something at once: a few slots, and a queue
// before them that has an end and is served in order, or in a fair one where callers
// bring tickets (see fairqueue).
package bulkhead

import (
	"context"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/fairqueue"
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

	mu      sync.Mutex
	held    int
	waiting fairqueue.Queue[*waiter]
	pace    pace
	closed  bool
	drained chan struct{}
	done    uint64
	refused [fairqueue.Classes]uint64
}

// waiter is one caller in the queue. Whether its place is one still, guarded by the
// bulkhead's mu, decides between a slot that is being given and a caller who leaves.
type waiter struct {
	place *fairqueue.Place[*waiter]
	since time.Time
	ready chan struct{}
}

// New makes a bulkhead whose slots are all free.
func New(config Config) *Bulkhead {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Bulkhead{config: config, drained: make(chan struct{})}
}

// Acquire takes a slot, which the caller must give back with Release. When
// none is free it waits in the queue, for which the errors are ErrBusy at once
// if the queue is full or after MaxWait, ErrClosed after Close, and ctx's when
// ctx ends. An error means that the caller holds nothing. ErrBusy says by its
// RetryAfter when to come again, from how fast the queue moves on.
//
// Callers are served in the order in which they came. Those whose ctx has a ticket
// (see fairqueue.With) are served by that; who has none is of the first class. A
// class has no more than its part of the queue and a source no more than a quarter,
// and who would wait longer than MaxWait is refused at once, as far as can be known.
func (s *Bulkhead) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := s.enter(ctx)
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

// enter takes a free slot or a place in the queue; the latter is a waiter.
// While somebody waits, no slot is free.
func (s *Bulkhead) enter(ctx context.Context) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case s.held < s.config.Slots:
		s.held++
		return nil, nil //nolint:nilnil // a slot at once: no waiting, no error
	}
	ticket, fair := fairqueue.Of(ctx)
	if !s.room(ticket) || fair && s.vain(ticket) {
		s.refused[ticket.Class]++
		return nil, s.busy(ticket, 0)
	}
	w := &waiter{since: s.config.Now(), ready: make(chan struct{})}
	w.place = s.waiting.Push(ticket, w)
	return w, nil
}

// room reports whether the queue has a place. The lower classes leave a part of it
// to those before them: of four parts, the third class has two and with the second
// three.
func (s *Bulkhead) room(t fairqueue.Ticket) bool {
	if t.Source != "" && s.waiting.LenFrom(t) >= max(1, s.config.Queue/4) {
		return false
	}
	third := s.waiting.LenOf(fairqueue.Third)
	switch t.Class {
	case fairqueue.Third:
		return 4*third < 2*s.config.Queue && s.waiting.Len() < s.config.Queue
	case fairqueue.Second:
		return 4*(third+s.waiting.LenOf(fairqueue.Second)) < 3*s.config.Queue && s.waiting.Len() < s.config.Queue
	}
	return s.waiting.Len() < s.config.Queue
}

// vain reports whether somebody would wait until they are refused.
func (s *Bulkhead) vain(t fairqueue.Ticket) bool {
	ahead := s.waiting.Ahead(t)
	return s.config.MaxWait > 0 && ahead > 0 && s.pace.known() && s.pace.after(ahead+1) > s.config.MaxWait
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
		return s.leave(w, nil)
	}
}

// leave gives up the place in the queue, or the slot if it came in the same
// moment: the next one waits for it. Why is nil for who has waited too long.
func (s *Bulkhead) leave(w *waiter, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !w.place.Waits() {
		s.pass()
		if why == nil {
			why = s.busy(w.place.Ticket, s.config.MaxWait)
		}
		return why
	}
	s.waiting.Remove(w.place)
	if why == nil {
		s.refused[w.place.Ticket.Class]++
		why = s.busy(w.place.Ticket, s.config.MaxWait)
	}
	return why
}

// Release gives a slot back: to the next of the queue, if there is one.
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
	if next := s.waiting.Pop(); next != nil {
		close(next.Value.ready)
		s.pace.moved(s.config.Now(), s.waiting.Len() > 0)
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
	Oldest  time.Duration // how long the one has waited who waits longest

	// Of Queued and Refused, those of each class.
	QueuedOf  [fairqueue.Classes]int
	RefusedOf [fairqueue.Classes]uint64
}

// Stats returns what goes on.
func (s *Bulkhead) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Held: s.held, Queued: s.waiting.Len(), Done: s.done, RefusedOf: s.refused}
	for c := range fairqueue.Classes {
		out.QueuedOf[c] = s.waiting.LenOf(fairqueue.Class(c))
		out.Refused += s.refused[c]
	}
	if first := s.waiting.Oldest(); first != nil {
		out.Oldest = s.config.Now().Sub(first.Value.since)
	}
	return out
}
