package lately_test

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/lately"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func flushed(t *testing.T, u *lately.Uses) map[string]time.Time {
	t.Helper()
	var got map[string]time.Time
	if err := u.Flush(func(m map[string]time.Time) error { got = maps.Clone(m); return nil }); err != nil {
		t.Fatalf("Flush = %v", err)
	}
	return got
}

func want(t *testing.T, got, want map[string]time.Time) {
	t.Helper()
	if !maps.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("flushed %v, want %v", got, want)
	}
}

func TestUsesAreKeptToTheMinute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		uses []time.Duration // after noon
		want time.Duration
	}{
		"the seconds are cut":                  {[]time.Duration{59 * time.Second}, 0},
		"a later minute takes its place":       {[]time.Duration{0, 61 * time.Second}, time.Minute},
		"a clock that went back takes nothing": {[]time.Duration{time.Hour, time.Minute}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := lately.New(10)
			for _, after := range test.uses {
				u.Note("a", noon.Add(after))
			}
			want(t, flushed(t, u), map[string]time.Time{"a": noon.Add(test.want)})
		})
	}
}

func TestWhatWasWrittenIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	u := lately.New(10)
	u.Note("a", noon)
	flushed(t, u)
	err := u.Flush(func(map[string]time.Time) error { return errors.New("called with nothing to write") })
	if err != nil {
		t.Error(err)
	}
	if at, ok := u.Last("a"); ok {
		t.Errorf("Last after Flush = %v, want nothing", at)
	}
}

// A write per minute and thing, however many uses: the clock of the test runs an
// hour.
func TestAnHourOfUseIsAWriteAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := lately.New(10)
		writes := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			tick := time.NewTicker(time.Minute)
			defer tick.Stop()
			for range 60 {
				<-tick.C
				_ = u.Flush(func(m map[string]time.Time) error { writes += len(m); return nil })
			}
		}()
		for range 3600 * 10 {
			u.Note("a", time.Now()) //nolint:forbidigo // the clock of the test
			time.Sleep(100 * time.Millisecond)
		}
		<-done
		if writes > 61 {
			t.Errorf("36,000 uses in an hour were %d writes, want at most one a minute", writes)
		}
	})
}

func TestAFlushThatFailsLosesNothing(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	for name, fail := range map[string]func(*lately.Uses, func()){
		"with an error": func(u *lately.Uses, meanwhile func()) {
			if err := u.Flush(func(map[string]time.Time) error { meanwhile(); return oops }); !errors.Is(err, oops) {
				t.Errorf("Flush = %v, want the error of the function", err)
			}
		},
		"with a panic": func(u *lately.Uses, meanwhile func()) {
			defer func() { _ = recover() }()
			_ = u.Flush(func(map[string]time.Time) error { meanwhile(); panic(oops) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := lately.New(10)
			u.Note("a", noon)
			u.Note("b", noon)
			fail(u, func() {
				if at, ok := u.Last("a"); !ok || !at.Equal(noon) {
					t.Errorf("Last while it is written = %v, %v, want noon", at, ok)
				}
				u.Note("b", noon.Add(time.Hour))
				u.Note("c", noon)
			})
			want(t, flushed(t, u), map[string]time.Time{"a": noon, "b": noon.Add(time.Hour), "c": noon})
		})
	}
}

func TestThereIsABound(t *testing.T) {
	t.Parallel()
	u := lately.New(4)
	for i := range 3 {
		select {
		case <-u.Full():
			if i < 2 {
				t.Errorf("told to flush with %d of 4", i)
			}
		default:
			if i >= 2 {
				t.Errorf("not told to flush with %d of 4", i)
			}
		}
		u.Note(fmt.Sprint(i), noon)
	}
	for i := range 100 {
		u.Note(fmt.Sprint("more", i), noon)
	}
	u.Note("0", noon.Add(time.Hour)) // who is there goes on being noted
	if got := u.Dropped(); got != 99 {
		t.Errorf("Dropped = %d, want 99", got)
	}
	// A flush that fails while others come does not add up.
	_ = u.Flush(func(map[string]time.Time) error {
		for i := range 4 {
			u.Note(fmt.Sprint("meanwhile", i), noon)
		}
		return errors.New("oops")
	})
	got := flushed(t, u)
	if len(got) != 4 || !got["0"].Equal(noon.Add(time.Hour)) {
		t.Errorf("flushed %v, want 4 with the last use of 0", got)
	}
}

func TestNothingIsLostOrInventedAtOnce(t *testing.T) {
	t.Parallel()
	u := lately.New(10_000)
	var mu sync.Mutex
	kept := map[string]time.Time{}
	keep := func(m map[string]time.Time) error {
		mu.Lock()
		defer mu.Unlock()
		for id, at := range m {
			if at.After(kept[id]) {
				kept[id] = at
			}
		}
		return nil
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 500 {
				u.Note(fmt.Sprint(i%50), noon.Add(time.Duration(i/50+worker)*time.Minute))
				if i%100 == 0 {
					_ = u.Flush(keep)
				}
			}
		})
	}
	all.Wait()
	_ = u.Flush(keep)
	for id := range 50 {
		if got, want := kept[fmt.Sprint(id)], noon.Add(16*time.Minute); !got.Equal(want) {
			t.Errorf("the last use of %d = %v, want %v", id, got, want)
		}
	}
}
