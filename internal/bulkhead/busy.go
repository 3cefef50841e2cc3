package bulkhead

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/fairqueue"
)

// refusal is an error that says when to come again. Code that answers requests
// finds that by the method.
type refusal string

func (r refusal) Error() string { return string(r) }

// RetryAfter is a second: what is known where nothing was measured.
func (refusal) RetryAfter() time.Duration { return time.Second }

// The reasons for which there is no slot. Who is refused for ErrBusy gets an error
// that is it, and that says when to come again.
var (
	ErrBusy   error = refusal("too busy")
	ErrClosed error = refusal("closed: no more is taken")
)

// busyError is ErrBusy with what was measured.
type busyError struct {
	waited, after time.Duration
}

func (e *busyError) Error() string {
	if e.waited > 0 {
		return fmt.Sprintf("%v: waited %v", ErrBusy, e.waited)
	}
	return ErrBusy.Error()
}

func (*busyError) Unwrap() error { return ErrBusy }

// RetryAfter is when to come again.
func (e *busyError) RetryAfter() time.Duration { return e.after }

// busy is the error for a ticket: who comes again when half of those who wait now
// were served finds a place.
func (s *Bulkhead) busy(t fairqueue.Ticket, waited time.Duration) error {
	wait := s.pace.after(s.waiting.Ahead(t) + 1)
	if s.config.MaxWait > 0 {
		wait = min(wait, s.config.MaxWait)
	}
	return &busyError{waited: waited, after: max(time.Second, wait/2)}
}

// pace is how fast a queue moves on: the mean time from one who is served to the
// next, while there is a queue. The zero pace knows nothing.
type pace struct {
	last time.Time // zero if nobody waited after that
	gap  time.Duration
	seen int
}

const (
	paceEnough = 8  // gaps before the mean is believed
	paceMost   = 32 // gaps that the mean is of, about
)

// moved notes that one was served, and whether others wait still.
func (p *pace) moved(now time.Time, more bool) {
	if !p.last.IsZero() {
		p.seen = min(p.seen+1, paceMost)
		p.gap += (now.Sub(p.last) - p.gap) / time.Duration(p.seen)
	}
	p.last = time.Time{}
	if more {
		p.last = now
	}
}

func (p *pace) known() bool { return p.seen >= paceEnough }

// after is how long it takes until n were served; 0 if that is not known.
func (p *pace) after(n int) time.Duration { return time.Duration(n) * p.gap }
