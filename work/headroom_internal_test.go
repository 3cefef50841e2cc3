package work

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
		room := NewHeadroom()
		defer room.Close()
		for _, step := range []struct {
			name string
			do   func()
			want int
		}{
			{"nobody is crowded", func() {}, 0},
			{"the first lane is", func() { room.enter(2) }, 2},
			{"the second lane too", func() { room.enter(3) }, 5},
			{"the first no more, just now", func() { room.leave(2) }, 5},
			{"the first no more", func() { <-time.After(linger) }, 3},
			{"the first again", func() { room.enter(2) }, 5},
			{"none, just now", func() { room.leave(2); room.leave(3) }, 5},
			{"one again within the second", func() { <-time.After(linger / 2); room.enter(2) }, 5},
			{"one for a long time", func() { <-time.After(time.Hour) }, 2},
			{"none", func() { room.leave(2); <-time.After(linger) }, 0},
			{"the last one until Close", func() { room.enter(3); room.Close() }, 0},
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
	room := NewHeadroom()
	room.enter(2)
	if got := runtime.GOMAXPROCS(0); got != 9 {
		t.Errorf("GOMAXPROCS = %d, want 9", got)
	}
	room.Close()
	if got := runtime.GOMAXPROCS(0); got != 7 {
		t.Errorf("GOMAXPROCS = %d, want the 7 that was chosen", got)
	}
	synctest.Test(t, func(t *testing.T) {
		var share, now atomic.Int64
		share.Store(4)
		now.Store(4)
		room := &Headroom{restore: func() { now.Store(share.Load()) }, set: func(n int) int {
			if n > 0 {
				return int(now.Swap(int64(n)))
			}
			return int(now.Load())
		}}
		defer room.Close()
		room.enter(2)
		share.Store(8)
		<-time.After(refresh + time.Second)
		synctest.Wait()
		if got := now.Load(); got != 10 {
			t.Errorf("GOMAXPROCS = %d after the share grew to 8, want 10", got)
		}
	})
}
