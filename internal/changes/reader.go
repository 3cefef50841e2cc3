package changes

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// Fresh is how long what was read is relied on, by either clock, the one on
	// the wall and the one that never jumps: the first stands for a machine that
	// has slept, the second for one whose time was set.
	Fresh = time.Second

	// pollAfter is when the log is read although nothing was told, by one of those
	// who ask; the others go on meanwhile.
	pollAfter = Fresh / 2

	// retryAfter is how long a log that could not be read is left alone.
	retryAfter = Fresh / 4

	// patience is how long a reading may take.
	patience = Fresh / 2
)

// Reader keeps up with a log. It has no goroutine of its own: those who ask do
// the reading, one at a time. It is safe for concurrent use. Make one with
// [NewReader].
//
// Who remembers something asks for the [Reader.Current] version, reads it from
// the store, and keeps it with that version. It holds while nothing that it was
// made of is [Reader.Touched] since.
type Reader struct {
	log    Log
	now    func() time.Time
	heard  atomic.Pointer[heard]
	turn   chan struct{} // who has put something into it reads
	cursor cursor        // of who has the turn
	recent recent

	reads, failed, applied, emptied atomic.Uint64
}

// heard is what a reading found. It is never changed.
type heard struct {
	generation uint64    // the log's, before it was read
	at         time.Time // before it was read, or when that had failed
	wall       int64     // the same on the wall, in nanoseconds
	version    uint64
	err        error // why it could not be read
}

// NewReader makes a reader, which reads nothing yet.
func NewReader(log Log, now func() time.Time) *Reader {
	return &Reader{log: log, now: now, turn: make(chan struct{}, 1)}
}

// within reports whether a reading is less than a duration ago, by both clocks. A
// clock that went back makes a number that is negative, or very great without a
// sign.
func (h *heard) within(now time.Time, d time.Duration) bool {
	return uint64(now.Sub(h.at)) < uint64(d) && uint64(now.UnixNano()-h.wall) < uint64(d) //nolint:gosec // see above
}

// good reports whether there is nothing newer than d that could be known.
func (h *heard) good(generation uint64, now time.Time, d time.Duration) bool {
	return h != nil && h.err == nil && h.generation == generation && h.within(now, d)
}

// Current returns the version that takes in every change of more than a second
// ago, and every one that this process has made. Now is the present time, which
// the caller will have asked for anyway. In the ordinary case it compares numbers
// and blocks on nothing.
//
// ok is false if the log cannot be read: nothing that is remembered can be
// relied on then, and the store itself has to be asked.
func (r *Reader) Current(ctx context.Context, now time.Time) (version uint64, ok bool) {
	h := r.heard.Load()
	if h.good(r.log.Generation(), now, pollAfter) {
		return h.version, true
	}
	h = r.ask(ctx, h, now)
	return h.version, h.err == nil
}

// Check reports why the log cannot be read, or nil.
func (r *Reader) Check(ctx context.Context) error {
	now, h := r.now(), r.heard.Load()
	if !h.good(r.log.Generation(), now, pollAfter) {
		h = r.ask(ctx, h, now)
	}
	return h.err
}

// ask reads the log, or waits for who does, unless that is of no use.
func (r *Reader) ask(ctx context.Context, h *heard, now time.Time) *heard {
	switch {
	case h.resting(now):
		return h
	case h != nil && h.err != nil, h.good(r.log.Generation(), now, Fresh):
		select {
		case r.turn <- struct{}{}:
		default:
			return h // another one reads; meanwhile this holds, or the store is asked
		}
	default:
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		select {
		case r.turn <- struct{}{}:
		case <-waiting.Done():
			return &heard{err: waiting.Err()}
		}
	}
	defer func() { <-r.turn }()
	now, h = r.now(), r.heard.Load()
	if h.good(r.log.Generation(), now, pollAfter) || h.resting(now) {
		return h // who had the turn before has done it
	}
	// It is for everybody who asks: that this one goes away must not end it.
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	h = r.read(reading, now)
	r.heard.Store(h)
	return h
}

// resting reports whether the log could not be read a moment ago.
func (h *heard) resting(now time.Time) bool {
	return h != nil && h.err != nil && h.within(now, retryAfter)
}

// read takes in what is new.
func (r *Reader) read(ctx context.Context, now time.Time) *heard {
	h := &heard{generation: r.log.Generation(), at: now}
	r.reads.Add(1)
	missed, err := r.cursor.advance(ctx, r.log, func(c Change) {
		r.recent.add(c)
		r.applied.Add(1)
	})
	if missed {
		r.recent.clear()
		r.emptied.Add(1)
	}
	if err != nil {
		r.failed.Add(1)
		h.at = r.now() // it may have taken long
		h.err = errors.Join(errDeaf, fmt.Errorf("read the log of changes: %w", err))
	}
	h.version, h.wall = r.recent.version(), h.at.UnixNano()
	return h
}

var errDeaf = errors.New("what other processes change is not heard, so every request asks the store")

// Touched reports whether what a kind and a key stand for has changed since a
// version, or whether that is not known any more.
func (r *Reader) Touched(since uint64, kind Kind, key string) bool {
	return r.recent.touched(since, kind, key)
}

// TouchedAny is Touched for all keys of a kind.
func (r *Reader) TouchedAny(since uint64, kind Kind) bool { return r.recent.touchedAny(since, kind) }

// Stats is what a reader has done so far.
type Stats struct {
	Reads   uint64 // how often the log was read
	Failed  uint64 // how often that failed
	Changes uint64 // how many changes it had
	Emptied uint64 // how often everything was taken for changed, the first reading included
	Deaf    bool   // the last reading failed: every request asks the store
}

// Stats returns what the reader has done so far.
func (r *Reader) Stats() Stats {
	h := r.heard.Load()
	return Stats{
		Reads: r.reads.Load(), Failed: r.failed.Load(), Changes: r.applied.Load(), Emptied: r.emptied.Load(),
		Deaf: h != nil && h.err != nil,
	}
}
