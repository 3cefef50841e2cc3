package bulkhead

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/fairqueue"
)

// A slot that is given to a caller in the moment in which it leaves goes to
// the next: it is neither lost nor given twice.
func TestLeavingInTheMomentOfGetting(t *testing.T) {
	t.Parallel()
	s := New(Config{Slots: 1, Queue: 2})
	got, left := 0, 0
	for range 3000 {
		if err := s.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			switch err := s.Acquire(ctx); {
			case err == nil:
				got++
				s.Release()
			case errors.Is(err, context.Canceled):
				left++
			default:
				t.Error(err)
			}
		})
		for s.Stats().Queued == 0 { // until it waits
			runtime.Gosched()
		}
		all.Go(s.Release)
		cancel()
		all.Wait()
		if now := s.Stats(); now.Held != 0 || now.Queued != 0 {
			t.Fatalf("Stats() = %+v when all have gone, want nothing held and nobody waiting", now)
		}
	}
	t.Logf("%d got the slot, %d left", got, left)
}

func TestReleaseWithoutAcquire(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Release without Acquire does not panic")
		}
	}()
	New(Config{Slots: 1}).Release()
}

// occupied is a bulkhead whose only slot is held.
func occupied(t *testing.T, config Config) *Bulkhead {
	t.Helper()
	config.Slots = 1
	s := New(config)
	if err := s.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// come lets n callers with a ticket come, and returns how many are refused at once.
func come(t *testing.T, s *Bulkhead, n int, ticket fairqueue.Ticket) (refused int) {
	t.Helper()
	ctx := fairqueue.With(t.Context(), ticket)
	before := s.Stats().Refused
	for range n {
		go func() {
			if s.Acquire(ctx) == nil {
				<-time.After(100 * time.Millisecond)
				s.Release()
			}
		}()
		synctest.Wait()
	}
	return int(s.Stats().Refused - before)
}

// However many of the lower classes come, there is room for those before them.
func TestClassesHaveAPartOfTheQueue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tickets []fairqueue.Ticket // of 100 callers each
		want    [fairqueue.Classes]int
	}{
		"of the third class":          {[]fairqueue.Ticket{{Class: fairqueue.Third}}, [...]int{0, 0, 20}},
		"of the second class":         {[]fairqueue.Ticket{{Class: fairqueue.Second}}, [...]int{0, 30, 0}},
		"of the first class":          {[]fairqueue.Ticket{{}}, [...]int{40, 0, 0}},
		"of all, the last one first":  {[]fairqueue.Ticket{{Class: fairqueue.Third}, {Class: fairqueue.Second}, {}}, [...]int{10, 10, 20}},
		"of all, the first one first": {[]fairqueue.Ticket{{}, {Class: fairqueue.Second}, {Class: fairqueue.Third}}, [...]int{40, 0, 0}},
		"of one source":               {[]fairqueue.Ticket{{Class: fairqueue.Third, Source: "a"}}, [...]int{0, 0, 10}},
		"of three sources":            {[]fairqueue.Ticket{{Source: "a"}, {Source: "b"}, {Source: "c"}}, [...]int{30, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := occupied(t, Config{Queue: 40})
				for _, ticket := range test.tickets {
					come(t, s, 100, ticket)
				}
				if got := s.Stats().QueuedOf; got != test.want {
					t.Errorf("%v of each class wait, want %v", got, test.want)
				}
				s.Release()
				s.Close()
			})
		})
	}
}

// When it is known how fast the queue moves on, who would wait in vain is told at
// once when to come again; others are not.
func TestWhoWouldWaitInVainIsToldAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := occupied(t, Config{Queue: 1000, MaxWait: 5050 * time.Millisecond})
		ticket := fairqueue.Ticket{Class: fairqueue.Third}
		if refused := come(t, s, 10, ticket); refused != 0 {
			t.Fatalf("%d of 10 were refused before anything is known", refused)
		}
		s.Release()
		<-time.After(950 * time.Millisecond) // nine are done, one runs
		refused := come(t, s, 100, ticket)
		if refused != 50 {
			t.Errorf("%d of 100 were refused who wait 100 ms for each other, want those who would wait for longer than that: 50", refused)
		}
		err := s.Acquire(fairqueue.With(t.Context(), ticket))
		var later interface{ RetryAfter() time.Duration }
		if !errors.Is(err, ErrBusy) || !errors.As(err, &later) || later.RetryAfter() != 2525*time.Millisecond {
			t.Errorf("Acquire = %v, want ErrBusy that says 2.525 s", err)
		}
		if refused := come(t, s, 1, fairqueue.Ticket{}); refused != 0 {
			t.Error("one of the first class was refused, who would be served soon")
		}
		<-time.After(5 * time.Second)
		if stats := s.Stats(); stats.Refused != 51 || stats.RefusedOf != [...]uint64{0, 0, 51} {
			t.Errorf("%+v were refused, want the 51 alone who were told", stats)
		}
		s.Close()
	})
}
