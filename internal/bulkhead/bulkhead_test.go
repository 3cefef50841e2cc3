package bulkhead

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
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
