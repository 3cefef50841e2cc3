package issuer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// maxWaiting is how many callers may wait for the next round.
const maxWaiting = 1000

// keeper has the keys of an issuer, and reads them again in rounds: when they
// are no longer fresh, and when a caller needs one that is not there. All rounds
// but the first are run by one goroutine, one after the other, so that any number
// of callers causes one request.
//
// A caller with an unknown key is refused only after a good round that began
// after the caller came: an issuer publishes a key before it signs with it, so
// such a round has the key if there is one.
//
//	the caller comes…                     what happens
//	long after the last round             a round begins at once; the caller waits for its end
//	during a round                        the caller waits for its end, and for the next if that did not help
//	less than LookAgain after one began   the caller waits for the next, which begins when that time is over
//	when a thousand wait already          the caller is told when to come again
type keeper struct {
	source    *source
	lookAgain time.Duration
	maxStale  time.Duration
	now       func() time.Time
	log       *slog.Logger

	current atomic.Pointer[snapshot] // nil before the first good round

	mu      sync.Mutex
	begun   uint64        // rounds that have begun
	good    uint64        // the last of them that ended well
	began   time.Time     // when the last one began
	due     time.Time     // when the next one begins, whether somebody waits for it or not
	failed  int           // rounds that failed since one ended well
	err     error         // of the last round that ended
	waiting int           // callers
	ended   chan struct{} // closed when the round under way ends, or else the next one

	kick    chan struct{} // somebody waits for a round
	stop    context.CancelFunc
	stopped chan struct{} // closed when the goroutine has ended
}

// snapshot is what a good round brought.
type snapshot struct {
	set jwt.KeySet
	at  time.Time // when the round began
}

func newKeeper(s *source, config Config) *keeper {
	return &keeper{
		source: s, lookAgain: config.LookAgain, maxStale: config.MaxStale, now: config.Now, log: config.Log,
		ended: make(chan struct{}), kick: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
}

// start begins the goroutine that close ends.
func (k *keeper) start() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	go func() {
		defer close(k.stopped)
		for k.pause(ctx) {
			k.round(ctx)
		}
	}()
}

func (k *keeper) close() {
	k.stop()
	<-k.stopped
}

// pause waits until a round is to begin. It returns false at the end.
func (k *keeper) pause(ctx context.Context) bool {
	k.mu.Lock()
	due, soonest := k.due, k.began.Add(k.lookAgain)
	k.mu.Unlock()
	select {
	case <-ctx.Done():
		return false
	case <-time.After(due.Sub(k.now())):
		return true
	case <-k.kick:
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(soonest.Sub(k.now())):
		return true
	}
}

// round reads the keys once.
func (k *keeper) round(ctx context.Context) {
	k.mu.Lock()
	k.begun++
	k.began = k.now()
	at := k.began
	k.mu.Unlock()

	set, fresh, err := k.source.load(ctx)
	before := k.current.Load()
	if err == nil {
		k.current.Store(&snapshot{set, at})
	}
	delay := k.end(fresh, err)
	switch {
	case err == nil && (before == nil || !slices.Equal(names(before.set), names(set))):
		k.logKeys(ctx, set)
	case err != nil && ctx.Err() == nil:
		k.log.LogAttrs(ctx, slog.LevelWarn, "keys of an issuer cannot be read",
			slog.String("issuer", k.source.issuer), slog.Any("error", err), slog.Duration("again_in", delay))
	}
}

// end plans the next round and lets those go who waited for this one. After a
// failure the next comes in a second, and each time after twice as long.
func (k *keeper) end(fresh time.Duration, err error) (delay time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
	if err == nil {
		delay = min(fresh, k.maxStale/2) // so that keys never grow stale while the issuer is up
		k.good, k.failed = k.begun, 0
	} else {
		delay = min(time.Second<<min(k.failed, 10), maxDelay)
		k.failed++
	}
	k.due = k.now().Add(delay)
	close(k.ended)
	k.ended = make(chan struct{})
	select {
	case <-k.kick: // who needs another round says so again
	default:
	}
	return delay
}

func (k *keeper) logKeys(ctx context.Context, set jwt.KeySet) {
	attrs := []slog.Attr{slog.String("issuer", k.source.issuer), slog.Any("keys", names(set))}
	for _, s := range set.Skipped {
		attrs = append(attrs, slog.String("skipped", s.ID+": "+s.Reason))
	}
	k.log.LogAttrs(ctx, slog.LevelInfo, "keys of an issuer", attrs...)
}

func names(set jwt.KeySet) []string {
	var out []string
	for _, key := range set.Keys {
		out = append(out, key.String())
	}
	return out
}

var (
	errStale   = errors.New("its keys have not been read for longer than MaxStale")
	errCrowd   = errors.New("too many callers wait for keys that are unknown here")
	errStopped = errors.New("its keys are not read any more: this was closed")
)

// keys are those to verify with now.
func (k *keeper) keys(context.Context) ([]jwt.Key, error) {
	s := k.current.Load()
	if s != nil && k.now().Sub(s.at) <= k.maxStale {
		return s.set.Keys, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	cause := k.err
	if cause == nil {
		cause = errStale
	}
	k.ask()
	return nil, k.unavailable(cause)
}

// ask asks for a round as soon as LookAgain allows one.
func (k *keeper) ask() {
	select {
	case k.kick <- struct{}{}:
	default: // somebody has
	}
}

// unavailable needs the lock.
func (k *keeper) unavailable(cause error) error {
	soonest := k.began.Add(k.lookAgain)
	if k.due.Before(soonest) {
		soonest = k.due
	}
	return &UnavailableError{k.source.issuer, soonest.Sub(k.now()), cause}
}

// search is one caller's wait for a key.
type search struct {
	keeper *keeper
	since  uint64 // rounds that had begun when the caller came
	over   bool   // there is nothing more to wait for
}

func (k *keeper) search() *search {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &search{keeper: k, since: k.begun}
}

// wait waits for the end of a round, after which the key may be there.
func (s *search) wait(ctx context.Context) error {
	k := s.keeper
	ended, err := k.enter()
	if err != nil {
		return err
	}
	select {
	case <-ended:
	case <-k.stopped:
		err = errStopped
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.waiting--
	if err == nil {
		err = k.err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return k.unavailable(err)
	}
	s.over = k.good > s.since
	return nil
}

// enter takes a place among those who wait, and asks for a round.
func (k *keeper) enter() (ended chan struct{}, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting >= maxWaiting {
		return nil, k.unavailable(errCrowd)
	}
	k.waiting++
	k.ask()
	return k.ended, nil
}
