package threads_test

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/threads"
)

func nothing() {}

// newPool makes a pool that ends with the test.
func newPool(t *testing.T, size int) (*threads.Headroom, *threads.Pool) {
	t.Helper()
	if n, err := nice(0); n == 19 || err != nil {
		t.Skipf("the tests run with nice %d themselves (%v)", n, err)
	}
	headroom := threads.NewHeadroom()
	t.Cleanup(headroom.Close)
	p, err := threads.NewPool(size, headroom)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return headroom, p
}

// nice is the niceness of a thread: 0 ordinarily, and 19 is the lowest
// priority.
func nice(thread int) (int, error) {
	n, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread)
	return 20 - n, err // the system call answers 20 - nice
}

// A pool runs as many functions at once as it has threads, each on a thread of
// low priority of its own, with as many more processors for everything else.
func TestFunctionsRunOnThreadsOfLowPriority(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	_, p := newPool(t, 3)
	var mu sync.Mutex
	var all, running sync.WaitGroup
	on := map[int]int{} // niceness by thread
	running.Add(3)
	for range 3 {
		all.Go(func() {
			_ = p.Run(func() error {
				running.Done()
				running.Wait() // until all three run at once
				mu.Lock()
				defer mu.Unlock()
				n, err := nice(syscall.Gettid())
				on[syscall.Gettid()] = n
				if got := runtime.GOMAXPROCS(0); got != before+3 {
					t.Errorf("GOMAXPROCS = %d beside three busy threads, want %d", got, before+3)
				}
				return err
			}, nothing)
		})
	}
	all.Wait()
	if len(on) != 3 {
		t.Errorf("3 functions at once ran on the threads %v, want 3", on)
	}
	for thread, got := range on {
		if got != 19 {
			t.Errorf("thread %d has nice %d, want 19", thread, got)
		}
	}
}

// Run ends as its function ended, and the thread is there for the next.
func TestRunEndsAsItsFunctionEnded(t *testing.T) {
	_, p := newPool(t, 1)
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		fn   func() error
		err  error
		ends any // what Run panics with; "Goexit" if it does not return
	}{
		"it returns nil":      {fn: func() error { return nil }},
		"it returns an error": {fn: func() error { return failed }, err: failed},
		"it panics":           {fn: func() error { panic("boom") }, ends: "boom"},
		"it calls Goexit":     {fn: func() error { runtime.Goexit(); return nil }, ends: "Goexit"},
	} {
		for range 2 {
			done := 0
			var err error
			ends := how(func() { err = p.Run(test.fn, func() { done++ }) })
			if !errors.Is(err, test.err) || ends != test.ends || done != 1 {
				t.Errorf("%s: Run = %v, ended by %v, and done was called %d times; want %v, %v and once", name, err, ends, done, test.err, test.ends)
			}
		}
	}
	waitFor(t, 1)
}

// how runs fn in a goroutine and says how it ended: nil if it returned, what it
// panicked with, or "Goexit".
func how(fn func()) (ends any) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ends = "Goexit"
		defer func() {
			if cause := recover(); cause != nil {
				ends = cause
			}
		}()
		fn()
		ends = nil
	}()
	<-ended
	return ends
}

// done has been called when Run returns, and before: the slot that it frees
// must not wait for Run's caller to wake up.
func TestDoneIsCalledOnTheThread(t *testing.T) {
	_, p := newPool(t, 1)
	var ran, freed int
	_ = p.Run(
		func() error { ran = syscall.Gettid(); return nil },
		func() { freed = syscall.Gettid() },
	)
	if ran == 0 || ran != freed {
		t.Errorf("fn ran on thread %d and done on %d, want the same", ran, freed)
	}
}

// No thread of a closed pool is left: it would pass its priority on to
// whatever Go runs on it next.
func TestCloseEndsTheThreads(t *testing.T) {
	for range 5 {
		headroom, p := newPool(t, 8)
		waitFor(t, 8)
		how(func() { _ = p.Run(func() error { runtime.Goexit(); return nil }, nothing) })
		p.Close()
		headroom.Close()
		waitFor(t, 0)
	}
}

func TestCloseWaitsForWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := newPool(t, 2)
		finish := make(chan struct{})
		go func() { _ = p.Run(func() error { <-finish; return nil }, nothing) }()
		synctest.Wait()
		closed := false
		go func() { p.Close(); closed = true }()
		synctest.Wait()
		if closed {
			t.Error("Close returned while a function ran")
		}
		close(finish)
		synctest.Wait()
		if !closed {
			t.Error("Close did not return after the last function")
		}
	})
}

// waitFor waits until the process has exactly so many threads of low priority.
// The system takes a moment to end one.
func waitFor(t *testing.T, want int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		got, err := count()
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d threads of low priority, want %d", got, want)
		}
	}
}

// count counts the threads of this process that have the lowest priority.
func count() (n int, err error) {
	all, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0, err
	}
	for _, one := range all {
		id, err := strconv.Atoi(one.Name())
		if err != nil {
			return 0, err
		}
		if got, err := nice(id); err == nil && got == 19 { // an error: it has ended meanwhile
			n++
		}
	}
	return n, nil
}
