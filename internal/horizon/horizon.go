// Package horizon says which moments are past for certain, for those who remove what
// is over by its own date. A clock may jump ahead, by any length, and back again: what
// was removed meanwhile is gone for good, while what was only refused is there again.
package horizon

import (
	"sync"
	"time"
)

const (
	// Grace is how long something is over before it may be removed.
	Grace = 24 * time.Hour

	// Watch is how long a clock has to go on from a moment, without ever showing an
	// earlier one, before that moment is taken for past.
	Watch = time.Hour
)

// Horizon watches a clock. The zero Horizon knows of no moment that it is past. It is
// safe for concurrent use.
type Horizon struct {
	mu      sync.Mutex
	since   time.Time     // when the watch began, by the clock
	watched time.Duration // since then, by one that does not jump
	past    time.Time
}

// Advance tells what the clock shows now, and how long it is since the last time by
// one that does not jump: a timer's.
func (h *Horizon) Advance(elapsed time.Duration, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() || now.Before(h.since) { // it has been wrong, then or now
		h.since, h.watched = now, 0
		return
	}
	if h.watched += elapsed; h.watched >= Watch {
		h.past, h.since, h.watched = h.since.Add(-Grace), now, 0
	}
}

// Past is the latest moment that is past for certain: what ended then or before may
// be removed. It is the zero time, before everything, until the clock was watched for
// long enough; and never later than Grace before now.
func (h *Horizon) Past(now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if latest := now.Add(-Grace); latest.Before(h.past) {
		return latest
	}
	return h.past
}
