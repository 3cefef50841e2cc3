package threads

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The heap has a floor while something works and for a minute after, and none
// before and later.
func TestTheHeapHasAFloorWhileItIsOfUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var laid, cleared atomic.Int64
		f := &floor{lay: func() []byte { laid.Add(1); return make([]byte, 1) }, clear: func() { cleared.Add(1) }}
		h := &Headroom{set: func(int) int { return 2 }, restore: func() {}, floor: f}
		for _, step := range []struct {
			name          string
			do            func()
			there         bool
			laid, cleared int64
		}{
			{"nothing has worked yet", func() { <-time.After(time.Hour) }, false, 0, 0},
			{"the first function runs", func() { h.Reserve(2) }, true, 1, 0},
			{"it runs for an hour, beside others", func() { <-time.After(time.Hour); h.Reserve(1); h.Release(1) }, true, 1, 0},
			{"it has ended, and the minute is not over", func() { h.Release(2); <-time.After(idle - time.Second) }, true, 1, 0},
			{"another one within the minute", func() { h.Reserve(2); h.Release(2); <-time.After(idle - time.Second) }, true, 1, 0},
			{"nothing for a minute", func() { <-time.After(2 * time.Second) }, false, 1, 1},
			{"nothing for an hour", func() { <-time.After(time.Hour) }, false, 1, 1},
			{"one again", func() { h.Reserve(2); h.Release(2) }, true, 2, 1},
			{"Close", h.Close, false, 2, 1},
			{"nothing comes after it", func() { <-time.After(time.Hour) }, false, 2, 1},
		} {
			step.do()
			synctest.Wait()
			f.mu.Lock()
			there := f.laid != nil
			f.mu.Unlock()
			if there != step.there || laid.Load() != step.laid || cleared.Load() != step.cleared {
				t.Errorf("%s: there is one: %v; %d were laid and %d cleared away; want %v, %d and %d",
					step.name, there, laid.Load(), cleared.Load(), step.there, step.laid, step.cleared)
			}
		}
	})
}

// A floor that is done before it is laid goes as well.
func TestAFloorThatIsLaidTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cleared atomic.Int64
		f := &floor{lay: func() []byte { <-time.After(time.Second); return make([]byte, 1) }, clear: func() { cleared.Add(1) }}
		f.enter()
		f.leave()
		<-time.After(time.Hour)
		synctest.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.laid != nil || cleared.Load() != 1 {
			t.Errorf("an hour later there is one: %v; %d were cleared away", f.laid != nil, cleared.Load())
		}
	})
}
