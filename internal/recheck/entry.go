package recheck

import (
	"errors"
	"sync"
	"time"
)

// state is where a subject is:
//
//	resting ──look: due──▶ queued ──a goroutine takes it──▶ deciding ──yes──▶ resting
//	                         │                                 │ ──unknown──▶ resting, and due at the next look
//	                         └──no decision within a second────┴──no───────▶ over
//
// From each of them Remove leads to gone, where the subject is not touched any
// more.
type state uint8

const (
	resting state = iota
	queued
	deciding
	over
	gone
)

// Entry is one subject's place in a [Watch]. The zero Entry is in none.
type Entry struct {
	watch   *Watch
	subject Subject
	place   int // in the watch's list, guarded by its mu

	mu      sync.Mutex
	state   state
	ruled   bool  // rule and number are there
	unknown error // why the last decision was none; nil if it was one
	expired bool  // it was decided after rule.Ends
	cut     bool
	born    uint64 // the look before
	due     uint64 // the look at which a decision became due, or the end came
	asked   uint64 // the look after which it is decided
	rule    Rule
	number  uint64
}

// Remove ends the looking. From then on no method of the subject is called. It
// may be called more than once, and for the zero Entry.
func (e *Entry) Remove() {
	if e.watch == nil {
		return
	}
	e.mu.Lock()
	before := e.state
	e.state = gone
	e.mu.Unlock()
	if before != gone {
		e.watch.remove(e)
	}
	if before == deciding {
		e.watch.leave()
	}
}

// look returns queued if the subject is to be decided now, and deciding if that
// goes on; it ends one whose decision is late.
func (e *Entry) look(looks uint64, now time.Time) state {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch e.state {
	case resting:
		return e.rest(looks, now)
	case queued:
		if looks-e.due >= patience {
			e.end(looks, &Unknown{late{}})
		}
	case deciding:
		if looks-e.due < patience {
			return deciding
		}
		e.end(looks, &Unknown{late{}})
		e.watch.leave() // the decision may take for ever
	case over:
		if !e.cut && looks-e.due >= grace {
			e.cut = true
			e.subject.Cut()
		}
	}
	return resting // it is in the queue already, or has ended
}

// rest is look for a subject that rests.
func (e *Entry) rest(looks uint64, now time.Time) state {
	if e.unknown == nil {
		if !e.isDue(looks, now) {
			return resting
		}
		e.due = looks
	}
	e.state, e.asked = queued, looks
	return queued
}

// isDue reports whether a subject that rests has to be decided.
func (e *Entry) isDue(looks uint64, now time.Time) bool {
	age := looks - e.born
	if !e.ruled {
		return age >= often
	}
	ended := !e.rule.Ends.IsZero() && !now.Before(e.rule.Ends)
	if ended && !e.expired {
		e.expired = true
		return true
	}
	return (e.rule.Often || ended) && age%often == 0 || e.ask() != e.number
}

// decide decides about the subject, and reports whether the goroutine that calls
// it is still one of those that decide.
func (e *Entry) decide() bool {
	decide := e.begin()
	return decide == nil || e.settle(decide())
}

// begin returns what decides; nil if nothing has to be decided any more.
func (e *Entry) begin() (decide func() error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != queued {
		return nil
	}
	e.state = deciding
	if !e.ruled {
		e.rule, e.ruled = e.subject.Rule(), true
	}
	e.number = e.ask() // before: a change while it is decided counts as one after
	return e.subject.Begin()
}

// settle keeps to a decision.
func (e *Entry) settle(err error) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != deciding { // it came too late, and was not waited for
		return false
	}
	unknown, ok := errors.AsType[*Unknown](err)
	switch {
	case err == nil:
		e.state, e.unknown = resting, nil
	case ok && e.asked-e.due < patience:
		e.state, e.unknown = resting, unknown
	default:
		e.end(e.asked, err)
	}
	return true
}

// end ends the subject.
func (e *Entry) end(looks uint64, why error) {
	e.state, e.due = over, looks
	e.subject.End(why)
	e.watch.countEnd()
}

// ask asks for the number. One that panics is another each time.
func (e *Entry) ask() (number uint64) {
	if e.rule.Number == nil {
		return 0
	}
	defer func() {
		if recover() != nil {
			number = e.number + 1
		}
	}()
	return e.rule.Number()
}
