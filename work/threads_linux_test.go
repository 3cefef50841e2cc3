package work_test

import (
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/work"
)

// nice is the niceness of the calling thread: 0 ordinarily, and 19 is the
// lowest priority.
func nice(t *testing.T) int {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	n, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	return 20 - n // the system call answers 20 - nice
}

// Long work runs on threads of low priority, work that proves short stays off
// them, and GOMAXPROCS is raised for the threads exactly while they are needed.
func TestLongWorkRunsOnThreadsOfLowPriority(t *testing.T) {
	before, own := runtime.GOMAXPROCS(0), nice(t)
	synctest.Test(t, func(t *testing.T) {
		headroom := work.NewHeadroom()
		defer headroom.Close()
		lane := work.NewLane(work.Config{Workers: 2, Headroom: headroom})
		defer lane.Close()
		do := func(n int, d time.Duration) (low int) {
			for range n {
				_ = lane.Do(t.Context(), func() error {
					if nice(t) == 19 && own != 19 {
						low++
						if got := runtime.GOMAXPROCS(0); got != before+2 {
							t.Errorf("GOMAXPROCS = %d beside two threads of low priority, want %d", got, before+2)
						}
					}
					<-time.After(d)
					return nil
				})
			}
			return low
		}
		if own == 19 {
			t.Skip("the tests run at low priority themselves")
		}
		if got := do(20, time.Millisecond); got != 20 {
			t.Errorf("%d of 20 long functions ran on threads, want all", got)
		}
		if got := do(100, 0); got != 16 {
			t.Errorf("%d of 100 short functions ran on threads, want the first 16", got)
		}
		if got := do(20, time.Millisecond); got != 19 {
			t.Errorf("%d of 20 long functions after short ones ran on threads, want all but the first", got)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if got := runtime.GOMAXPROCS(0); got != before {
			t.Errorf("GOMAXPROCS = %d when all is done, want %d", got, before)
		}
	})
	if got := nice(t); got != own {
		t.Errorf("the test's own thread has nice %d, want %d", got, own)
	}
}
