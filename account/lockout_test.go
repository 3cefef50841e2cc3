package account_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/work"
)

// paced are passwords that take ten milliseconds each. The right one is "right".
type paced struct{ slow }

func (p *paced) hash() {
	p.all.Add(1)
	time.Sleep(10 * time.Millisecond) //nolint:forbidigo // inside testing/synctest
}

func (p *paced) Hash(context.Context, string) (string, error) { p.hash(); return "hash", nil }

func (p *paced) VerifyAndUpdate(_ context.Context, secret, _ string) (bool, string, error) {
	p.hash()
	return secret == "right", "", nil
}

func (p *paced) DummyVerifyLike(context.Context, string, string) error { p.hash(); return nil }

// besieged is a service whose lane has one worker, with users person0 and so on.
type besieged struct {
	*account.Service

	t      *testing.T
	hashes *paced
}

const people = 100

func besiege(t *testing.T) *besieged {
	t.Helper()
	b := &besieged{t: t, hashes: &paced{}}
	lane := work.NewLane(work.Config{Workers: 1, Queue: 1024})
	t.Cleanup(lane.Close)
	var err error
	if b.Service, err = account.NewService(t.Context(), account.Config{Store: memory.New(), Passwords: b.hashes, Lane: lane}); err != nil {
		t.Fatal(err)
	}
	for n := range people {
		if _, err := b.CreateUser(t.Context(), account.NewUser{Name: fmt.Sprint("person", n), Password: secret}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// flood sends 400 wrong passwords a second, half of them for names that exist, until
// ctx ends.
func (b *besieged) flood(ctx context.Context, from func(*rand.Rand) string) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's
	var all sync.WaitGroup
	defer all.Wait()
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprint([]string{"person", "nobody"}[n%2], random.IntN(people))
		ctx := account.WithSource(context.WithoutCancel(ctx), from(random))
		all.Go(func() {
			if _, err := b.Login(ctx, name, "wrong", account.Ask{}); err == nil {
				b.t.Errorf("Login(%s) with a wrong password = nil", name)
			}
		})
		time.Sleep(time.Second / 400) //nolint:forbidigo // inside testing/synctest
	}
}

// signIn signs somebody in who comes again as often as they are told to, and returns
// how long that took.
func (b *besieged) signIn(ctx context.Context, name string, again bool) (took time.Duration, device account.Secret, err error) {
	began := time.Now()
	for {
		grant, err := b.Login(ctx, name, "right", account.Ask{})
		var later *account.ThrottledError
		if !again || !errors.As(err, &later) || time.Since(began) > time.Minute {
			return time.Since(began), grant.Device, err
		}
		time.Sleep(later.RetryAfter) //nolint:forbidigo // inside testing/synctest
	}
}

// tally is who got in within a time, of all.
type tally struct{ in, all int }

func (t *tally) add(took, within time.Duration, err error) {
	t.all++
	if err == nil && took <= within {
		t.in++
	}
}

var sieges = map[string]struct {
	from  func(*rand.Rand) string
	again bool          // a stranger comes again when told to
	most  time.Duration // that a stranger takes
}{
	"random IPv4": {func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(100), r.IntN(256), r.IntN(256), r.IntN(256))
	}, true, 30 * time.Second},
	"one IPv6 /48": {func(r *rand.Rand) string { return fmt.Sprintf("2001:db8:1:%x::%x", r.IntN(1<<16), r.IntN(1<<16)) }, false, 5 * time.Second},
	"one address":  {func(*rand.Rand) string { return "198.51.100.1" }, false, 5 * time.Second},
}

// Under 400 wrong passwords a second, four times what the machine can look at,
// everybody gets in: who is known at once, strangers soon, or when they come again as
// they were told. The accounts that they sign in to are among those guessed at.
func TestNobodyIsLockedOut(t *testing.T) {
	t.Parallel()
	for name, siege := range sieges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := besiege(t)
				home := account.WithSource(t.Context(), "192.0.2.1")
				_, device, err := b.signIn(home, "person0", false)
				if err != nil {
					t.Fatal(err)
				}
				ctx, end := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); b.flood(ctx, siege.from) }()
				time.Sleep(5 * time.Second) //nolint:forbidigo // inside testing/synctest
				var atHome, moving, strangers tally
				for n := range 12 {
					took, _, err := b.signIn(home, "person0", false)
					atHome.add(took, time.Second, err)
					away := account.WithKnownDevice(account.WithSource(t.Context(), fmt.Sprintf("203.0.%d.1", n)), device)
					took, _, err = b.signIn(away, "person0", false)
					moving.add(took, time.Second, err)
					stranger := account.WithSource(t.Context(), fmt.Sprintf("10.%d.1.1", n))
					took, _, err = b.signIn(stranger, fmt.Sprint("person", 1+n), siege.again)
					strangers.add(took, siege.most, err)
					time.Sleep(time.Second) //nolint:forbidigo // inside testing/synctest
				}
				end()
				<-done
				if atHome.in < 12 || moving.in < 12 || strangers.in < 11 {
					t.Errorf("of 12 each signed in: at a known address %d, with a known device %d, strangers %d; want 12, 12 and 11 at least", atHome.in, moving.in, strangers.in)
				}
				t.Logf("%d hashes", b.hashes.all.Load())
			})
		})
	}
}

// Two hundred people who come at once are all served, wherever they come from: an
// office behind one address as well.
func TestManyAtOnceAreServed(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(n int) string{
		"from one address":           func(int) string { return "192.0.2.1" },
		"from one network":           func(n int) string { return fmt.Sprintf("192.0.2.%d", n) },
		"from a network each":        func(n int) string { return fmt.Sprintf("192.0.%d.1", n) },
		"from an address not known":  func(int) string { return "" },
		"from one IPv6 /64":          func(n int) string { return fmt.Sprintf("2001:db8::%x", n) },
		"from a /64 of one /48 each": func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := besiege(t)
				var all sync.WaitGroup
				for n := range 200 {
					all.Go(func() {
						ctx := account.WithSource(t.Context(), from(n))
						if _, err := b.Login(ctx, fmt.Sprint("person", n%people), "right", account.Ask{}); err != nil {
							t.Errorf("Login of one of 200 = %v", err)
						}
					})
				}
				all.Wait()
			})
		})
	}
}

// Who would wait longer than ten seconds is told at once when to come again, gets in
// then, and nobody is told so who would have been served.
func TestTooManyAtOnceAreToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := besiege(t)
		began := time.Now()
		var mu sync.Mutex
		var served, told, returned int
		var all sync.WaitGroup
		for n := range 900 { // nine seconds of work
			all.Go(func() {
				ctx := account.WithSource(t.Context(), fmt.Sprintf("10.%d.%d.1", n/256, n%256))
				name := fmt.Sprint("person", n%people)
				_, err := b.Login(ctx, name, "right", account.Ask{})
				var busy interface{ RetryAfter() time.Duration }
				again := errors.Is(err, work.ErrBusy) && errors.As(err, &busy)
				if again {
					time.Sleep(busy.RetryAfter()) //nolint:forbidigo // inside testing/synctest
					_, err = b.Login(ctx, name, "right", account.Ask{})
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Errorf("Login, told to come again: %v, = %v", again, err)
				case again:
					returned++
				default:
					served++
				}
				if again {
					told++
				}
			})
		}
		all.Wait()
		if served < 500 || told != returned || served+returned != 900 || time.Since(began) > 15*time.Second {
			t.Errorf("%d served, %d told to come again of whom %d got in, after %v; want 500 at least, and all within 15 s", served, told, returned, time.Since(began))
		}
	})
}
