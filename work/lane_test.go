package work_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/work"
)

func sleeping(d time.Duration) func() error {
	return func() error { time.Sleep(d); return nil } //nolint:forbidigo // inside testing/synctest
}

// lanes runs a test on a lane whose functions run where they are called, and
// on one with threads: the promises are the same.
func lanes(t *testing.T, test func(t *testing.T, config work.Config)) {
	t.Run("in place", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, work.Config{Name: "test"}) })
	})
	t.Run("on threads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			headroom := work.NewHeadroom()
			defer headroom.Close()
			test(t, work.Config{Name: "test", Headroom: headroom})
		})
	})
}

func TestALaneRunsAsManyAsItHasWorkers(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers, config.Queue = 2, 4
		lane := work.NewLane(config)
		defer lane.Close()
		start := time.Now()
		results := make(chan error, 6)
		for range 6 {
			go func() { results <- lane.Do(t.Context(), sleeping(time.Second)) }()
		}
		synctest.Wait()
		if s := lane.Stats(); s.Running != 2 || s.Queued != 4 {
			t.Errorf("Stats() = %d running, %d queued, want 2 and 4", s.Running, s.Queued)
		}
		err := lane.Do(t.Context(), sleeping(0))
		if !errors.Is(err, work.ErrBusy) {
			t.Errorf("Do on a full lane = %v, want ErrBusy", err)
		}
		if later, ok := err.(interface{ RetryAfter() time.Duration }); !ok || later.RetryAfter() != time.Second {
			t.Errorf("Do on a full lane = %v, want an error that says when to come again", err)
		}
		for range 6 {
			if err := <-results; err != nil {
				t.Errorf("Do = %v, want nil", err)
			}
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("6 seconds of work took %v on 2 workers, want 3s", took)
		}
		if s := lane.Stats(); s.Done != 6 || s.Refused != 1 || s.Running != 0 || s.Queued != 0 {
			t.Errorf("Stats() = %+v, want 6 done, 1 refused and nobody left", s)
		}
	})
}

func TestCallersAreServedInOrder(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers = 1
		lane := work.NewLane(config)
		defer lane.Close()
		var order []int
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				_ = lane.Do(t.Context(), func() error {
					order = append(order, i) // one worker: no other goroutine writes
					<-time.After(time.Millisecond)
					return nil
				})
			})
			synctest.Wait()
		}
		wg.Wait()
		if !slices.IsSorted(order) || len(order) != 20 {
			t.Errorf("served in the order %v, want that in which they came", order)
		}
	})
}

func TestACallerWhoLeavesFreesItsPlace(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers, config.Queue, config.MaxWait = 1, 1, -1
		lane := work.NewLane(config)
		defer lane.Close()
		busy := make(chan error)
		go func() { busy <- lane.Do(t.Context(), sleeping(time.Minute)) }()
		synctest.Wait()
		for range 100 { // none of those who left is in the way of the next
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			err := lane.Do(ctx, func() error { t.Error("the function of a caller who left ran"); return nil })
			if cancel(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Do of a caller who leaves = %v, want DeadlineExceeded", err)
			}
		}
		if s := lane.Stats(); s.Queued != 0 || s.Running != 1 || s.Refused != 0 {
			t.Errorf("Stats() = %+v, want one running and nobody in the queue", s)
		}
		next := make(chan error)
		go func() { next <- lane.Do(t.Context(), sleeping(0)) }()
		if err := errors.Join(<-busy, <-next); err != nil {
			t.Errorf("the others = %v, want nil", err)
		}
	})
}

// A caller whose context ends while its function runs waits for the end: the
// worker is busy, so the place in the lane is.
func TestNobodyLeavesARunningFunction(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers, config.Queue = 1, -1
		lane := work.NewLane(config)
		defer lane.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		go func() {
			<-time.After(2 * time.Second)
			if err := lane.Do(t.Context(), sleeping(0)); !errors.Is(err, work.ErrBusy) {
				t.Errorf("Do beside a function whose caller wants to leave = %v, want ErrBusy", err)
			}
		}()
		if err := lane.Do(ctx, sleeping(time.Minute)); err != nil || time.Since(start) != time.Minute {
			t.Errorf("Do = %v after %v, want nil after a minute", err, time.Since(start))
		}
	})
}

func TestWaitingHasAnEnd(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers, config.MaxWait = 1, 2*time.Second
		lane := work.NewLane(config)
		defer lane.Close()
		var wg sync.WaitGroup
		wg.Go(func() { _ = lane.Do(t.Context(), sleeping(time.Minute)) })
		synctest.Wait()
		start := time.Now()
		if err := lane.Do(t.Context(), sleeping(0)); !errors.Is(err, work.ErrBusy) || time.Since(start) != 2*time.Second {
			t.Errorf("Do = %v after %v, want ErrBusy after 2s", err, time.Since(start))
		}
		if s := lane.Stats(); s.Queued != 0 || s.Refused != 1 {
			t.Errorf("Stats() = %+v, want nobody in the queue and one refused", s)
		}
		wg.Wait()
	})
}

func TestAPanicComesBackToTheCaller(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers = 1
		lane := work.NewLane(config)
		defer lane.Close()
		boom := errors.New("boom")
		for range 3 {
			func() {
				defer func() {
					cause, ok := recover().(*work.Panic)
					if !ok || !errors.Is(cause, boom) || !strings.Contains(cause.Error(), "lane_test.go") {
						t.Errorf("recovered %v, want boom with the stack of where it was", cause)
					}
				}()
				_ = lane.Do(t.Context(), func() error { panic(boom) })
			}()
		}
		if err := lane.Do(t.Context(), sleeping(0)); err != nil {
			t.Errorf("Do after panics = %v, want nil", err)
		}
	})
}

func TestGoexitEndsTheCallerAndCostsNoWorker(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers = 1
		lane := work.NewLane(config)
		defer lane.Close()
		for range 3 {
			ended := make(chan bool)
			go func() {
				defer close(ended)
				_ = lane.Do(t.Context(), func() error { runtime.Goexit(); return nil })
				t.Error("Do came back from Goexit")
			}()
			<-ended
		}
		if err := lane.Do(t.Context(), sleeping(0)); err != nil {
			t.Errorf("Do after Goexit = %v, want nil", err)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		config.Workers = 1
		lane := work.NewLane(config)
		results := make(chan error, 3)
		for range 3 {
			go func() { results <- lane.Do(t.Context(), sleeping(time.Second)) }()
		}
		synctest.Wait()
		go lane.Close()
		lane.Close()
		for range 3 {
			if err := <-results; err != nil {
				t.Errorf("queued before Close = %v, want nil", err)
			}
		}
		if err := lane.Do(t.Context(), sleeping(0)); !errors.Is(err, work.ErrClosed) {
			t.Errorf("Do after Close = %v, want ErrClosed", err)
		}
	})
}
