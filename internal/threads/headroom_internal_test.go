package threads

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestGOMAXPROCSIsRaisedAndRestored(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	synctest.Test(t, func(t *testing.T) {
		h := NewHeadroom()
		defer h.Close()
		for _, step := range []struct {
			name string
			do   func()
			want int
		}{
			{"nothing is reserved", func() {}, 0},
			{"the first pool is busy", func() { h.Reserve(2) }, 2},
			{"the second pool is busy too", func() { h.Reserve(3) }, 5},
			{"the first has become idle", func() { h.Release(2) }, 5},
			{"a second later", func() { <-time.After(linger) }, 3},
			{"the first is busy again", func() { h.Reserve(2) }, 5},
			{"both have become idle", func() { h.Release(2); h.Release(3) }, 5},
			{"one is busy again within the second", func() { <-time.After(linger / 2); h.Reserve(2) }, 5},
			{"one is busy for an hour", func() { <-time.After(time.Hour) }, 2},
			{"none is busy for a second", func() { h.Release(2); <-time.After(linger) }, 0},
			{"Close ends it at once", func() { h.Reserve(3); h.Close() }, 0},
		} {
			step.do()
			synctest.Wait()
			if got := runtime.GOMAXPROCS(0) - before; got != step.want {
				t.Errorf("%s: GOMAXPROCS is raised by %d, want %d", step.name, got, step.want)
			}
		}
	})
}

// What the operator chose is what is restored, and a container whose share
// changes is followed while GOMAXPROCS is raised.
func TestWhatItIsRestoredTo(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	t.Setenv("GOMAXPROCS", "7")
	runtime.GOMAXPROCS(7)
	h := NewHeadroom()
	h.Reserve(2)
	if got := runtime.GOMAXPROCS(0); got != 9 {
		t.Errorf("GOMAXPROCS = %d, want 9", got)
	}
	h.Close()
	if got := runtime.GOMAXPROCS(0); got != 7 {
		t.Errorf("GOMAXPROCS = %d, want the 7 that was chosen", got)
	}
	synctest.Test(t, func(t *testing.T) {
		var share, now atomic.Int64
		share.Store(4)
		now.Store(4)
		h := &Headroom{floor: &floor{}, restore: func() { now.Store(share.Load()) }, set: func(n int) int {
			if n > 0 {
				return int(now.Swap(int64(n)))
			}
			return int(now.Load())
		}}
		defer h.Close()
		h.Reserve(2)
		share.Store(8)
		<-time.After(refresh + time.Second)
		synctest.Wait()
		if got := now.Load(); got != 10 {
			t.Errorf("GOMAXPROCS = %d after the share grew to 8, want 10", got)
		}
	})
}
