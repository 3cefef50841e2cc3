package changes_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// overlapping is a log whose transactions run at the same time, as PostgreSQL's
// do: a number is taken when a change is written, and seen when its transaction
// commits.
type overlapping struct {
	mu      sync.Mutex
	last    int64
	open    []int64          // numbers of transactions that still run
	visible []changes.Change // in the order of their numbers
	lag     int64            // how far Settled stays behind
	settled int64            // as it was said last
	pruned  int64

	generation atomic.Uint64
	reads      atomic.Int64
	away       error
	hold       chan struct{} // a reading waits for it if there is one
	after      func()        // what happens between the next reading and its answer, once
}

var errAway = errors.New("the log is away")

// begin writes a change in a transaction of its own and returns its number.
func (l *overlapping) begin() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.open = append(l.open, l.last)
	return l.last
}

// end ends a transaction, which leaves a change if it is not rolled back.
func (l *overlapping) end(number int64, leaves ...changes.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = slices.DeleteFunc(l.open, func(n int64) bool { return n == number })
	for _, change := range leaves {
		change.Number = number
		l.visible = append(l.visible, change)
	}
	if n := len(l.visible); n > 1 && l.visible[n-2].Number > number {
		slices.SortFunc(l.visible, func(a, b changes.Change) int { return int(a.Number - b.Number) })
	}
}

// commit writes changes at once, and says so.
func (l *overlapping) commit(kind changes.Kind, keys ...string) {
	for _, key := range keys {
		l.end(l.begin(), changes.Change{Kind: kind, Key: key})
	}
	l.generation.Add(1)
}

// settle is the number up to which no transaction runs.
func (l *overlapping) settle() int64 {
	until := l.last
	for _, n := range l.open {
		until = min(until, n-1)
	}
	l.settled = max(l.settled, until-l.lag)
	return l.settled
}

// prune throws out all but the newest settled ones.
func (l *overlapping) prune(keep int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pruned = max(l.pruned, l.settle()-keep)
	l.visible = slices.DeleteFunc(l.visible, func(c changes.Change) bool { return c.Number <= l.pruned })
}

func (l *overlapping) Generation() uint64 { return l.generation.Load() }

func (l *overlapping) Changes(ctx context.Context, after int64) (changes.Page, error) {
	l.reads.Add(1)
	if l.hold != nil {
		select {
		case <-l.hold:
		case <-ctx.Done():
			return changes.Page{}, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != nil {
		return changes.Page{}, l.away
	}
	page := changes.Page{Settled: l.settle(), Pruned: l.pruned}
	if l.after != nil {
		defer func(after func()) { l.mu.Unlock(); defer l.mu.Lock(); after() }(l.after)
		l.after = nil
	}
	from, _ := slices.BinarySearchFunc(l.visible, after, func(c changes.Change, after int64) int {
		return cmp.Or(cmp.Compare(c.Number, after), -1) // behind it
	})
	page.Changes = slices.Clone(l.visible[from:min(len(l.visible), from+changes.MaxPage)])
	return page, nil
}

// clock is a clock that tests set.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// listener reads a log with a clock.
type listener struct {
	*changes.Reader
	t     *testing.T
	log   *overlapping
	clock *clock
}

// listen makes a reader that has read the log's end.
func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{t: t, log: &overlapping{}, clock: &clock{day}}
	l.Reader = changes.NewReader(l.log, l.clock.read)
	l.version()
	return l
}

// version is the current one, of a log that can be read.
func (l *listener) version() uint64 {
	l.t.Helper()
	version, ok := l.Current(l.t.Context(), l.clock.now)
	if !ok {
		l.t.Fatalf("Current is not ok: %v", l.Check(l.t.Context()))
	}
	return version
}

// wake lets the reader read.
func (l *listener) wake() uint64 {
	l.t.Helper()
	l.log.generation.Add(1)
	return l.version()
}

// touched are those of some users that have changed since a version.
func (l *listener) touched(since uint64, keys ...string) (list []string) {
	for _, key := range keys {
		if l.Touched(since, changes.User, key) {
			list = append(list, key)
		}
	}
	return list
}

func (l *listener) want(what string, got []string, want ...string) {
	l.t.Helper()
	if !slices.Equal(got, want) {
		l.t.Errorf("%s: changed are %v, want %v", what, got, want)
	}
}
