package work_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/work"
)

func sleeping(d time.Duration) func() error {
	return func() error { time.Sleep(d); return nil } //nolint:forbidigo // inside testing/synctest
}

func TestALaneRunsAsManyAsItHasWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := work.NewLane(work.Config{Workers: 2, Queue: 4})
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
		if err := lane.Do(t.Context(), sleeping(0)); !errors.Is(err, work.ErrBusy) {
			t.Errorf("Do on a full lane = %v, want ErrBusy", err)
		}
		for range 6 {
			if err := <-results; err != nil {
				t.Errorf("Do = %v, want nil", err)
			}
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("6 seconds of work took %v on 2 workers, want 3s", took)
		}
	})
}

func TestACallerWhoLeavesFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := work.NewLane(work.Config{Workers: 1, Queue: 1})
		defer lane.Close()
		busy := make(chan error)
		go func() { busy <- lane.Do(t.Context(), sleeping(time.Minute)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := false
		if err := lane.Do(ctx, func() error { ran = true; return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do of a caller who leaves = %v, want DeadlineExceeded", err)
		}
		if s := lane.Stats(); s.Queued != 0 || s.Running != 1 {
			t.Errorf("Stats() = %d queued, %d running, want 0 and 1", s.Queued, s.Running)
		}
		next := make(chan error)
		go func() { next <- lane.Do(t.Context(), sleeping(0)) }()
		if err := errors.Join(<-busy, <-next); err != nil || ran {
			t.Errorf("the others = %v, the one who left ran = %v, want nil and false", err, ran)
		}
	})
}

func TestAPanicComesBackToTheCaller(t *testing.T) {
	lane := work.NewLane(work.Config{Workers: 1})
	defer lane.Close()
	func() {
		defer func() {
			cause, ok := recover().(*work.Panic)
			if !ok || cause.Value != "boom" || len(cause.Stack) == 0 {
				t.Errorf("recovered %v, want boom with its stack", cause)
			}
		}()
		_ = lane.Do(t.Context(), func() error { panic("boom") })
	}()
	if err := lane.Do(t.Context(), sleeping(0)); err != nil {
		t.Errorf("Do after a panic = %v, want nil", err)
	}
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := work.NewLane(work.Config{Workers: 1})
		results := make(chan error, 3)
		for range 3 {
			go func() { results <- lane.Do(t.Context(), sleeping(time.Second)) }()
		}
		synctest.Wait()
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

func TestLowPriorityWorkersWork(t *testing.T) {
	lane := work.NewLane(work.Config{Workers: 2, LowPriority: true})
	defer lane.Close()
	for range 10 {
		if err := lane.Do(t.Context(), sleeping(0)); err != nil {
			t.Errorf("Do = %v, want nil", err)
		}
	}
	if s := lane.Stats(); s.Done != 10 {
		t.Errorf("Stats().Done = %d, want 10", s.Done)
	}
}
