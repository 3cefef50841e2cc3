// Package recheck asks again and again whether something that lives for long may
// live on, and ends it where it may not. One goroutine looks at everything that
// lives, four times a second and only while there is something; what has to be
// decided is decided by a few others.
//
// A subject is decided for the first time after three looks, which is within a
// second, so that what is short costs a place in a list. From then on it is
// decided where its [Rule] says that something may have changed. It goes on if
// the decision says so. It ends when the decision says no, and when there is no
// decision within a second: nothing that lives for long may do so only because
// it could not be asked.
package recheck

import (
	"runtime"
	"sync"
	"time"
)

// What is counted in looks.
const (
	pause    = 250 * time.Millisecond // between two looks
	often    = 3                      // between two decisions where nothing says that something has changed
	patience = 4                      // until a decision must have been made
	grace    = 4                      // from End to Cut
)

// mostWorkers is how many decisions are made at once. Most of them wait, for a
// database or another service.
const mostWorkers = 256

// Rule says when a subject must be decided again.
type Rule struct {
	Often bool      // always after some time, because nothing else would tell
	Ends  time.Time // at this time, and often after it; never for this if zero

	// Number changes when something has changed by which the subject is decided.
	// It is asked at each look, and must not block. Nothing tells if it is nil.
	Number func() uint64
}

// Together is one number of several: it changes when one of them does. It is nil
// if there are none.
func Together(numbers []func() uint64) func() uint64 {
	if len(numbers) == 0 {
		return nil
	}
	return func() (sum uint64) {
		for _, number := range numbers {
			sum = sum*1_000_003 + number()
		}
		return sum
	}
}

// Subject is something that lives for long. While one of its methods runs,
// Remove waits.
type Subject interface {
	// Rule is asked once, before the first decision.
	Rule() Rule

	// Begin prepares a decision and returns what makes it: an error ends the
	// subject, or if it is an *Unknown, is tried again for a second.
	Begin() (decide func() error)

	// End ends the subject, whose decision was why.
	End(why error)

	// Cut ends what is left of it a second later.
	Cut()
}

// Unknown says that nothing could be decided.
type Unknown struct{ Err error }

func (u *Unknown) Error() string { return "not decided: " + u.Err.Error() }

// Unwrap returns why.
func (u *Unknown) Unwrap() error { return u.Err }

// late is why a subject ends whose decision takes too long.
type late struct{}

func (late) Error() string { return "the decision takes longer than a second" }

// Watch looks at subjects. The zero Watch is ready to use. Its methods are safe
// for concurrent use.
type Watch struct {
	Now func() time.Time // time.Now if nil

	mu      sync.Mutex
	timer   *time.Timer
	armed   bool
	looks   uint64
	list    []*Entry
	queue   []*Entry // to be decided, from next on
	next    int
	working int // goroutines that decide
	ended   uint64

	seen []*Entry // of the look that goes on
}

// Stats is what goes on at one moment.
type Stats struct {
	Living   int    // subjects
	Deciding int    // goroutines that decide
	Ended    uint64 // subjects that were ended
}

// Stats returns what goes on.
func (w *Watch) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Stats{Living: len(w.list), Deciding: w.working, Ended: w.ended}
}

// Add begins to look at a subject, by its entry, which the subject keeps and
// which is new.
func (w *Watch) Add(e *Entry, subject Subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Now == nil {
		w.Now = time.Now
	}
	e.watch, e.subject, e.born, e.place = w, subject, w.looks, len(w.list)
	w.list = append(w.list, e)
	if w.armed {
		return
	}
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(pause, w.look)
		return
	}
	w.timer.Reset(pause)
}

// look looks at everything once. The timer calls it, never twice at a time.
func (w *Watch) look() {
	w.mu.Lock()
	w.looks++
	looks := w.looks
	w.seen = append(w.seen[:0], w.list...)
	w.mu.Unlock()
	now := w.Now()
	due, busy := 0, 0
	for _, e := range w.seen {
		switch e.look(looks, now) {
		case queued:
			w.seen[due] = e
			due++
		case deciding:
			busy++
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, w.seen[:due]...)
	clear(w.seen)
	w.staff(busy)
	if w.armed = len(w.list) > 0; w.armed {
		w.timer.Reset(pause)
	}
}

// staff sees to it that there are goroutines for what is in the queue: one for
// eight, since a decision is short or else waits for something. Those that a look
// has found deciding wait, and are not counted: what is queued behind a decision
// that hangs must not end with it.
func (w *Watch) staff(busy int) {
	want := min(mostWorkers, busy+(len(w.queue)-w.next+7)/8)
	for ; w.working < want; w.working++ {
		go w.work()
	}
}

// work decides what is in the queue until there is nothing left.
func (w *Watch) work() {
	for {
		e := w.take()
		if e == nil || !e.decide() {
			return
		}
		runtime.Gosched() // requests come first
	}
}

// take returns the next of the queue. Without one, the goroutine that asks is
// none of those that decide any more.
func (w *Watch) take() *Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == len(w.queue) {
		w.queue, w.next = w.queue[:0], 0
		w.working--
		return nil
	}
	e := w.queue[w.next]
	w.queue[w.next] = nil
	w.next++
	return e
}

// leave says that a goroutine that decides is not waited for any more.
func (w *Watch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working--
	w.staff(0)
}

// remove takes an entry from the list.
func (w *Watch) remove(e *Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.list) - 1
	w.list[e.place] = w.list[last]
	w.list[e.place].place = e.place
	w.list[last] = nil
	w.list = w.list[:last]
}

func (w *Watch) countEnd() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended++
}
