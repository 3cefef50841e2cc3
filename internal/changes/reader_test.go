package changes_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// What was made with a version holds until something that it was made of has
// changed, and other changes leave it alone.
func TestChangesTouchWhatTheyConcern(t *testing.T) {
	t.Parallel()
	l := listen(t)
	first := l.version()
	l.log.commit(changes.User, "anna")
	l.log.commit(changes.Role, "editor")
	second := l.version()
	l.want("since the first version", l.touched(first, "anna", "ben"), "anna")
	l.want("since the second", l.touched(second, "anna", "ben"))
	for what, test := range map[string]struct{ got, want bool }{
		"the role":             {l.Touched(first, changes.Role, "editor"), true},
		"a user named alike":   {l.Touched(first, changes.User, "editor"), false},
		"any role":             {l.TouchedAny(first, changes.Role), true},
		"any role since":       {l.TouchedAny(second, changes.Role), false},
		"any key":              {l.TouchedAny(first, changes.Key), false},
		"any user":             {l.TouchedAny(first, changes.User), true},
		"one of another kind":  {l.Touched(first, changes.Session, "anna"), false},
		"one that is not told": {l.Touched(first, changes.User, ""), false},
	} {
		if test.got != test.want {
			t.Errorf("%s is touched: %v, want %v", what, test.got, test.want)
		}
	}
	if s := l.Stats(); s.Changes != 2 || s.Emptied != 1 || s.Failed != 0 || s.Deaf {
		t.Errorf("Stats = %+v, want 2 changes and everything emptied once, at the start", s)
	}
}

// The log is not read while nothing was told and the clock has not gone far, and
// is read after that whatever was told.
func TestWhenTheLogIsRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wake  bool
		step  time.Duration
		reads int64
	}{
		"at once":                         {false, 0, 0},
		"a moment later":                  {false, 499 * time.Millisecond, 0},
		"after half a second":             {false, 500 * time.Millisecond, 1},
		"after a day":                     {false, 24 * time.Hour, 1},
		"when the clock was put back":     {false, -time.Millisecond, 1},
		"when it was put back by a year":  {false, -365 * 24 * time.Hour, 1},
		"when something is told":          {true, 0, 1},
		"when told while the clock stood": {true, 100 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			before := l.log.reads.Load()
			if test.wake {
				l.log.generation.Add(1)
			}
			l.clock.now = l.clock.now.Add(test.step)
			for range 3 {
				l.version()
			}
			if got := l.log.reads.Load() - before; got != test.reads {
				t.Errorf("the log was read %d times, want %d", got, test.reads)
			}
		})
	}
}

// A number that is missing may come later, or never: what comes after it is not
// held up by it, and it is not missed.
func TestNumbersOutOfOrder(t *testing.T) {
	t.Parallel()
	l := listen(t)
	one, two, three, four := l.log.begin(), l.log.begin(), l.log.begin(), l.log.begin()
	start := l.version()
	l.log.end(three, changes.Change{Kind: changes.User, Key: "three"})
	after3 := l.wake()
	l.want("after the third", l.touched(start, "one", "two", "three", "four"), "three")
	l.log.end(one, changes.Change{Kind: changes.User, Key: "one"})
	after1 := l.wake()
	l.want("after the first", l.touched(after3, "one", "two", "three", "four"), "one")
	l.log.end(two) // rolled back
	l.wake()
	l.log.end(four, changes.Change{Kind: changes.User, Key: "four"})
	l.wake()
	l.want("after the fourth", l.touched(after1, "one", "two", "three", "four"), "four")
	if s := l.Stats(); s.Changes != 3 || s.Emptied != 1 {
		t.Errorf("Stats = %+v, want each of 3 changes once", s)
	}
}

// Whatever a reader cannot be sure of makes it take everything for changed.
func TestWhatCannotBeKnownIsChanged(t *testing.T) {
	t.Parallel()
	many := func(n int) (keys []string) {
		for i := range n {
			keys = append(keys, fmt.Sprint("key ", i))
		}
		return keys
	}
	for name, test := range map[string]struct {
		happens func(l *listener)
		emptied bool
		reads   int64 // at the most
	}{
		"a page":                          {func(l *listener) { l.log.commit(changes.User, many(changes.MaxPage)...) }, false, 2},
		"three pages and a bit":           {func(l *listener) { l.log.commit(changes.User, many(3*changes.MaxPage+1)...) }, false, 4},
		"more than is worth reading":      {func(l *listener) { l.log.commit(changes.User, many(4*changes.MaxPage)...) }, true, 5},
		"changes that were thrown out":    {func(l *listener) { l.log.commit(changes.User, many(10)...); l.log.prune(9) }, true, 2},
		"changes that were read are":      {func(l *listener) { l.log.prune(0) }, false, 1},
		"a kind that is not known":        {func(l *listener) { l.log.commit("planet", "mars") }, true, 1},
		"another log":                     {func(l *listener) { l.log.last, l.log.settled, l.log.visible = 0, 0, nil }, true, 2},
		"a transaction that does not end": {func(l *listener) { l.log.begin(); l.log.commit(changes.User, many(3*changes.MaxPage)...) }, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			l.log.commit(changes.User, "somebody", "else")
			since, before := l.version(), l.log.reads.Load()
			test.happens(l)
			l.wake()
			if got := l.Touched(since, changes.Role, "of another"); got != test.emptied {
				t.Errorf("everything counts as changed: %v, want %v", got, test.emptied)
			}
			if n := l.log.reads.Load() - before; n > test.reads {
				t.Errorf("%d pages were read, want at most %d", n, test.reads)
			}
			for _, c := range l.log.visible {
				if c.Number > 2 && !l.Touched(since, c.Kind, c.Key) {
					t.Errorf("%s %s, number %d of %d, has not changed", c.Kind, c.Key, c.Number, l.log.last)
				}
			}
			since = l.wake()
			l.log.commit(changes.User, "late")
			l.version()
			l.want("afterwards", l.touched(since, "late", "never"), "late")
		})
	}
}

// What is committed while the log is read is not missed: not what comes between
// two pages, though its number is on the first, and not what is told before the
// reading ends.
func TestCommitsWhileTheLogIsRead(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]int{"a short log": 1, "a log of two pages": changes.MaxPage + 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			slow := l.log.begin()
			since := l.version()
			for range rest {
				l.log.commit(changes.User, "another")
			}
			l.log.after = func() {
				l.log.end(slow, changes.Change{Kind: changes.User, Key: "slow"})
				l.log.generation.Add(1)
			}
			l.version()
			l.version()
			l.want("after the reading", l.touched(since, "slow", "another", "never"), "slow", "another")
		})
	}
}

// However much changes, and however often everything does, what is remembered has
// a bound.
func TestWhatIsRememberedHasABound(t *testing.T) {
	t.Parallel()
	l := listen(t)
	for i := range 10 {
		for j := range 1000 {
			l.log.commit(changes.User, fmt.Sprint(i, " ", j))
		}
		if i == 8 {
			l.log.commit("planet", "mars")
		}
		l.version()
		if n := l.Remembered(); n != []int{1000, 2000, 3000, 4000, 4096, 4096, 4096, 4096, 0, 1000}[i] {
			t.Errorf("after %d changes %d are remembered", (i+1)*1000, n)
		}
	}
}

// A transaction that runs for hours beside many others costs no memory that
// grows, and what it does is not missed when it ends.
func TestAGapThatStaysOpen(t *testing.T) {
	t.Parallel()
	l := listen(t)
	slow := l.log.begin()
	for i := range 20 * changes.MaxPage {
		l.log.commit(changes.User, fmt.Sprint("user ", i))
		if i%100 == 0 {
			before := l.log.reads.Load()
			l.version()
			if n := l.log.reads.Load() - before; n > 5 {
				t.Fatalf("%d pages were read at once, want at most 5", n)
			}
		}
	}
	since := l.version()
	l.log.end(slow, changes.Change{Kind: changes.User, Key: "slow"})
	l.wake()
	l.want("after the slow one", l.touched(since, "slow"), "slow")
	since = l.wake()
	l.log.commit(changes.User, "next")
	l.version()
	l.want("after that", l.touched(since, "slow", "next"), "next")
}

// What has changed long ago is forgotten, which counts as changed.
func TestWhatIsForgotten(t *testing.T) {
	t.Parallel()
	l := listen(t)
	first := l.version()
	l.log.commit(changes.User, "anna")
	for i := range 5 {
		for range 1000 {
			l.log.commit(changes.Session, "always the same")
		}
		l.version()
		if got := l.Touched(first, changes.User, "ben"); got != (i == 4) {
			t.Errorf("after %d other changes somebody who did not change is touched: %v", (i+1)*1000, got)
		}
		if !l.Touched(first, changes.User, "anna") {
			t.Errorf("after %d other changes a change is forgotten", (i+1)*1000)
		}
	}
	l.want("since just now", l.touched(l.version(), "anna", "ben"))
}

// While the log cannot be read nothing that is remembered may be relied on; a
// moment later it is tried again, and not before.
func TestALogThatIsAway(t *testing.T) {
	t.Parallel()
	l := listen(t)
	since := l.version()
	l.log.away = errAway
	l.log.commit(changes.User, "anna")
	before := l.log.reads.Load()
	for range 3 {
		if _, ok := l.Current(t.Context(), l.clock.now); ok {
			t.Error("Current is ok without a log")
		}
	}
	if err := l.Check(t.Context()); !errors.Is(err, errAway) || !l.Stats().Deaf {
		t.Errorf("Check = %v, and Stats %+v, want the log's error, and that it is deaf", err, l.Stats())
	}
	if n := l.log.reads.Load() - before; n != 1 {
		t.Errorf("it was tried %d times, want once", n)
	}
	l.log.away = nil
	l.clock.now = l.clock.now.Add(250 * time.Millisecond)
	l.version()
	l.want("afterwards", l.touched(since, "anna", "ben"), "anna")
	if err := l.Check(t.Context()); err != nil || l.Stats().Deaf {
		t.Errorf("Check = %v, and Stats %+v, want that it hears", err, l.Stats())
	}
}

// A log that was away from the start is read when it comes back.
func TestALogThatIsAwayAtFirst(t *testing.T) {
	t.Parallel()
	l := &listener{t: t, log: &overlapping{away: errAway}, clock: &clock{day}}
	l.Reader = changes.NewReader(l.log, l.clock.read)
	if version, ok := l.Current(t.Context(), day); ok {
		t.Errorf("Current = %d without a log, and ok", version)
	}
	l.log.away = nil
	l.clock.now = day.Add(time.Second)
	since := l.version()
	l.log.commit(changes.User, "anna")
	l.version()
	l.want("afterwards", l.touched(since, "anna", "ben"), "anna")
}

// Of a thousand who ask at once one reads, and all have what it read. One who
// goes away in the midst of it takes nothing from the others.
func TestOneReadsForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &overlapping{}
		r := changes.NewReader(log, time.Now)
		since, _ := r.Current(t.Context(), time.Now())
		log.hold = make(chan struct{})
		log.commit(changes.User, "anna")
		before := log.reads.Load()
		leaving, leave := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		for i := range 1000 {
			ctx := t.Context()
			if i == 0 {
				ctx = leaving
			}
			asking.Go(func() {
				if version, ok := r.Current(ctx, time.Now()); !ok || version == since || !r.Touched(since, changes.User, "anna") {
					t.Errorf("Current = %d, %v, want one with the change", version, ok)
				}
			})
			if i == 0 {
				synctest.Wait() // this one reads
			}
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		close(log.hold)
		asking.Wait()
		if n := log.reads.Load() - before; n != 1 {
			t.Errorf("the log was read %d times, want once", n)
		}
	})
}

// A log that hangs delays those who ask for half a second, and those who come
// later not at all. What was read less than a second ago is good meanwhile.
func TestALogThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &overlapping{}
		r := changes.NewReader(log, time.Now)
		if _, ok := r.Current(t.Context(), time.Now()); !ok {
			t.Fatal("Current is not ok")
		}
		log.hold = make(chan struct{})
		time.Sleep(600 * time.Millisecond) //nolint:forbidigo // the clock is synctest's
		begun := time.Now()
		ask := func() (ok bool, took time.Duration) {
			at := time.Now()
			_, ok = r.Current(t.Context(), at)
			return ok, time.Since(at)
		}
		var asking sync.WaitGroup
		asking.Go(func() {
			if ok, took := ask(); ok || took != 500*time.Millisecond {
				t.Errorf("who reads is told %v after %v, want no after half a second", ok, took)
			}
		})
		synctest.Wait()
		if ok, took := ask(); !ok || took != 0 {
			t.Errorf("who asks meanwhile is told %v after %v, want yes at once", ok, took)
		}
		asking.Wait()
		if ok, took := ask(); ok || took != 0 {
			t.Errorf("who asks afterwards is told %v after %v, want no at once", ok, took)
		}
		time.Sleep(300 * time.Millisecond) //nolint:forbidigo // the clock is synctest's
		asking.Go(func() { ask() })        // tries again
		synctest.Wait()
		if ok, took := ask(); ok || took != 0 {
			t.Errorf("who asks while it is tried again is told %v after %v, want no at once", ok, took)
		}
		close(log.hold)
		asking.Wait()
		if ok, took := ask(); !ok || took != 0 {
			t.Errorf("when the log answers again, %v after %v, Current is ok: %v", took, time.Since(begun), ok)
		}
	})
}

func TestAskingCostsNothing(t *testing.T) {
	l := listen(t)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { l.Current(ctx, l.clock.now) }); n != 0 {
		t.Errorf("Current allocates %v times", n)
	}
}

func BenchmarkCurrent(b *testing.B) {
	log := &overlapping{}
	r := changes.NewReader(log, time.Now)
	ctx := b.Context()
	for b.Loop() {
		if _, ok := r.Current(ctx, time.Now()); !ok {
			b.Fatal("Current is not ok")
		}
	}
}
