package attempts

import (
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/newest"
)

// promises are made to strangers who are refused for what others do: they are told
// when to come again, and who does comes before those who have not waited. A flood of
// forged addresses cannot do that: the answer goes to somebody else.
type promises struct{ at *newest.Map[time.Time] }

func newPromises() promises { return promises{newest.New[time.Time](mostRemembered)} }

// in promises a place after a time, or reminds of the one that was promised; it
// returns how long that is from now.
func (p promises) in(after time.Duration, key [32]byte, now time.Time) time.Duration {
	if at, ok := p.at.Get(key); ok && at.After(now) {
		return at.Sub(now)
	}
	p.at.Put(key, now.Add(after))
	return after
}

// kept reports whether somebody comes as was promised, which is good once.
func (p promises) kept(key [32]byte, now time.Time) bool {
	at, ok := p.at.Get(key)
	if !ok || at.After(now) || now.Sub(at) > cameAgain {
		return false
	}
	_, ok = p.at.Take(key) // of several at once one
	return ok
}

// empties are buckets that are known to be empty without asking the store.
type empties struct{ known *newest.Map[emptiness] }

// emptiness is until when that is, unless an attempt is given back; so the store is
// asked again before.
type emptiness struct{ until, again time.Time }

func newEmpties() empties { return empties{newest.New[emptiness](mostRemembered)} }

func (e empties) note(key [32]byte, wait time.Duration, now time.Time) {
	e.known.Put(key, emptiness{until: now.Add(wait), again: now.Add(recheck)})
}

// wait is how long it takes until all of these have an attempt, as far as is known.
func (e empties) wait(now time.Time, buckets ...Bucket) (wait time.Duration) {
	for _, b := range buckets {
		if known, ok := e.known.Get(b.Key); ok && now.Before(known.again) {
			wait = max(wait, known.until.Sub(now))
		}
	}
	return wait
}

func (e empties) forget(buckets ...Bucket) {
	for _, b := range buckets {
		e.known.Take(b.Key)
	}
}

// budget is what all strangers of this process have together. The zero budget is
// full.
type budget struct {
	mu     sync.Mutex
	fullAt time.Time
}

func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	next, wait := perStrangers.Bucket([32]byte{}).Take(b.fullAt, now)
	if wait > 0 {
		return false
	}
	b.fullAt = next
	return true
}

func (b *budget) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fullAt = b.fullAt.Add(-perStrangers.Every)
}
