package recheck_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/recheck"
)

var (
	errNo   = errors.New("no")
	errAway = &recheck.Unknown{Err: errors.New("away")}
)

// subject is decided by what a test says.
type subject struct {
	recheck.Entry
	mu      sync.Mutex
	rule    recheck.Rule
	verdict error
	decide  func() error // in place of verdict, if there is one
	decided int
	ended   error
	at      time.Duration // of the end
	cut     time.Duration
	began   time.Time
}

func (s *subject) Rule() recheck.Rule { return s.rule }

func (s *subject) Begin() func() error {
	return func() error {
		s.mu.Lock()
		s.decided++
		decide, verdict := s.decide, s.verdict
		s.mu.Unlock()
		if decide != nil {
			return decide()
		}
		return verdict
	}
}

func (s *subject) End(why error) { s.ended, s.at = why, time.Since(s.began) }
func (s *subject) Cut()          { s.cut = time.Since(s.began) }

func (s *subject) say(verdict error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verdict = verdict
}

func (s *subject) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decided
}

func TestWhenItIsDecided(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule func(number *atomic.Uint64) recheck.Rule
		want int // in ten seconds, with a change after five
	}{
		"often":             {func(*atomic.Uint64) recheck.Rule { return recheck.Rule{Often: true} }, 13},
		"once if nothing":   {func(*atomic.Uint64) recheck.Rule { return recheck.Rule{} }, 1},
		"when it changes":   {func(n *atomic.Uint64) recheck.Rule { return recheck.Rule{Number: n.Load} }, 2},
		"at the end":        {func(*atomic.Uint64) recheck.Rule { return recheck.Rule{Ends: time.Now().Add(9 * time.Second)} }, 3}, // and often from then on
		"when asking fails": {func(*atomic.Uint64) recheck.Rule { return recheck.Rule{Number: func() uint64 { panic("number") }} }, 37},
		"one of two numbers": {func(n *atomic.Uint64) recheck.Rule {
			return recheck.Rule{Number: recheck.Together([]func() uint64{func() uint64 { return 1 }, n.Load})}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var w recheck.Watch
				var number atomic.Uint64
				s := &subject{rule: test.rule(&number), began: time.Now()}
				w.Add(&s.Entry, s)
				<-time.After(5*time.Second - time.Millisecond)
				synctest.Wait()
				number.Add(1)
				<-time.After(5 * time.Second)
				s.Remove()
				synctest.Wait()
				if s.times() != test.want || s.ended != nil {
					t.Errorf("decided %d times and ended by %v, want %d times and not ended", s.times(), s.ended, test.want)
				}
			})
		})
	}
}

func TestHowItEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		verdict error
		decide  func() error
		at      time.Duration // the first decision is after 750 ms
		why     error
	}{
		"no":            {verdict: errNo, at: 750 * time.Millisecond, why: errNo},
		"never known":   {verdict: errAway, at: 1750 * time.Millisecond, why: errAway},
		"never decided": {decide: func() error { <-time.After(time.Hour); return nil }, at: 1750 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var w recheck.Watch
				s := &subject{verdict: test.verdict, decide: test.decide, began: time.Now()}
				w.Add(&s.Entry, s)
				<-time.After(10 * time.Second)
				s.Remove()
				s.Remove()
				if s.at != test.at || test.why != nil && !errors.Is(s.ended, test.why) || s.ended == nil {
					t.Errorf("ended after %v by %v, want %v by %v", s.at, s.ended, test.at, test.why)
				}
				if s.cut != test.at+time.Second {
					t.Errorf("cut after %v, want a second after the end", s.cut)
				}
				<-time.After(2 * time.Hour) // what hangs comes back, too late
				if got := w.Stats(); got.Living != 0 || got.Deciding != 0 || got.Ended != 1 {
					t.Errorf("Stats() = %+v, want nothing that lives or decides, and one end", got)
				}
			})
		})
	}
}

// What comes back within a second goes on.
func TestUnknownForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w recheck.Watch
		s := &subject{verdict: errAway, began: time.Now()}
		w.Add(&s.Entry, s)
		<-time.After(1600 * time.Millisecond)
		s.say(nil)
		<-time.After(time.Minute)
		s.Remove()
		if s.ended != nil || s.times() != 5 {
			t.Errorf("ended by %v after %d decisions, want five of them and no end", s.ended, s.times())
		}
	})
}

// Ten thousand that hang neither keep others from being decided nor themselves
// from ending.
func TestThousandsThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w recheck.Watch
		hanging := make([]*subject, 10_000)
		for i := range hanging {
			hanging[i] = &subject{decide: func() error { <-time.After(time.Hour); return nil }, began: time.Now()}
			w.Add(&hanging[i].Entry, hanging[i])
		}
		<-time.After(10 * time.Second)
		s := &subject{rule: recheck.Rule{Often: true}, began: time.Now()}
		w.Add(&s.Entry, s)
		<-time.After(10 * time.Second)
		if s.times() != 13 || s.ended != nil {
			t.Errorf("the one that does not hang was decided %d times and ended by %v, want 13 times", s.times(), s.ended)
		}
		late := 0
		for _, h := range hanging {
			if h.at > 2*time.Second || h.ended == nil {
				late++
			}
			h.Remove()
		}
		if late > 0 {
			t.Errorf("%d of those that hang were not ended in two seconds", late)
		}
		s.Remove()
		<-time.After(2 * time.Hour)
	})
}

// Coming and going at any moment, with verdicts of all kinds.
func TestComingAndGoing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w recheck.Watch
		var all sync.WaitGroup
		for i := range 2000 {
			all.Go(func() {
				s := &subject{rule: recheck.Rule{Often: i%2 == 0}, verdict: []error{nil, errNo, errAway}[i%3], began: time.Now()}
				if i%5 == 0 {
					s.decide = func() error { <-time.After(time.Duration(i) * time.Millisecond); return nil }
				}
				w.Add(&s.Entry, s)
				<-time.After(time.Duration(i*7%5000) * time.Millisecond)
				s.Remove()
			})
		}
		all.Wait()
		<-time.After(10 * time.Second)
		if got := w.Stats(); got.Living != 0 || got.Deciding != 0 {
			t.Errorf("Stats() = %+v when all have gone", got)
		}
	})
}
