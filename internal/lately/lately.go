// Package lately remembers when things were last used, such as sessions and API
// keys, without writing that down at every use: what was used within a minute is
// one time, and what is remembered goes into the store together, now and then.
package lately

import (
	"maps"
	"sync"
	"time"
)

// UsualMost is how many last uses are remembered where nothing else is said.
const UsualMost = 10_000

// Uses are the last uses of things, by their ids, that were not written down
// yet. It is safe for concurrent use. Make one with [New].
type Uses struct {
	most    int
	full    chan struct{} // has something in it from when there are half as many as can be
	writing sync.Mutex    // held by who flushes

	mu      sync.RWMutex
	noted   map[string]time.Time
	leaving map[string]time.Time // what is being written down; never changed, only replaced
	dropped uint64
}

// New makes one that remembers at most so many things; [UsualMost] if that is
// not above zero.
func New(most int) *Uses {
	if most <= 0 {
		most = UsualMost
	}
	return &Uses{most: most, full: make(chan struct{}, 1), noted: map[string]time.Time{}}
}

// Note remembers that something was used at a time, to the minute. An earlier use
// than the one that is remembered changes nothing. If there is no room, the use is
// forgotten and counted: somebody has to flush, see [Uses.Full].
//
// A second use within a minute costs a look into a map, and writers do not wait for
// each other.
func (u *Uses) Note(id string, at time.Time) {
	at = at.Truncate(time.Minute)
	if last, ok := u.Last(id); ok && !at.After(last) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	last, ok := u.noted[id]
	switch {
	case ok && !at.After(last):
	case ok || len(u.noted) < u.most:
		u.noted[id] = at
	default:
		u.dropped++
	}
	if len(u.noted) >= (u.most+1)/2 {
		select {
		case u.full <- struct{}{}:
		default:
		}
	}
}

// Last returns the last use that is remembered, to the minute. One that was
// written down is remembered no more: who wants it asks the store, too.
func (u *Uses) Last(id string) (at time.Time, ok bool) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if at, ok = u.noted[id]; !ok {
		at, ok = u.leaving[id]
	}
	return at, ok
}

// Full returns a channel from which something can be received when it is time to
// flush although the usual time has not come.
func (u *Uses) Full() <-chan struct{} { return u.full }

// Dropped returns how many uses were forgotten for want of room.
func (u *Uses) Dropped() uint64 {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.dropped
}

// Flush hands all that is remembered to a function that writes it down, which
// must not change it and must keep of two times of a thing the later one: other
// processes write, too. If it fails, everything is remembered as before. With
// nothing to write it is not called. One flush runs at a time.
func (u *Uses) Flush(write func(map[string]time.Time) error) (err error) {
	u.writing.Lock()
	defer u.writing.Unlock()
	u.mu.Lock()
	if len(u.noted) == 0 {
		u.mu.Unlock()
		return nil
	}
	u.leaving, u.noted = u.noted, map[string]time.Time{}
	u.mu.Unlock()
	written := false
	defer func() { u.end(written) }() // also when write panics
	err = write(u.leaving)
	written = err == nil
	return err
}

// end forgets what was written, or takes it back.
func (u *Uses) end(written bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !written {
		now := u.noted
		u.noted = maps.Clone(u.leaving)
		for id, at := range now { // later than what was to be written
			if _, ok := u.noted[id]; ok || len(u.noted) < u.most {
				u.noted[id] = at
			} else {
				u.dropped++
			}
		}
	}
	u.leaving = nil
}
