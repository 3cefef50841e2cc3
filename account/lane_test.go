package account_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/work"
)

// slow are passwords that take a second each, and remember how many were
// hashed at once. The right password is "right".
type slow struct{ now, most, all atomic.Int64 }

func (s *slow) hash() {
	s.all.Add(1)
	n := s.now.Add(1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	time.Sleep(time.Second) //nolint:forbidigo // inside testing/synctest
	s.now.Add(-1)
}

func (s *slow) Hash(context.Context, string) (string, error) { s.hash(); return "hash", nil }

func (s *slow) VerifyAndUpdate(_ context.Context, secret, _ string) (bool, string, error) {
	s.hash()
	return secret == "right", "", nil
}

func (s *slow) DummyVerifyLike(context.Context, string, string) error { s.hash(); return nil }

func (*slow) Blank(hash string) string { return hash }

func (*slow) Check(string) error { return nil }

// Whatever hashes runs in the lane: no more at once than it is wide, and who
// finds it full is told so, not that the password is wrong.
func TestAllHashingRunsInTheLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		passwords := &slow{}
		s, err := account.NewService(t.Context(), account.Config{
			Store: memory.New(), Passwords: passwords, Lane: work.NewLane(work.Config{Workers: 2, Queue: 10, MaxWait: time.Hour}),
			InsecureNoThrottle: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}})
		if err != nil {
			t.Fatal(err)
		}
		secret, err := s.NewSetup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reset, err := s.NewReset(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"a good sign-in":   func() error { _, err := s.Login(t.Context(), "anna", "right", account.Ask{}); return err },
			"a wrong password": func() error { _, err := s.Login(t.Context(), "anna", "wrong", account.Ask{}); return err },
			"an unknown name":  func() error { _, err := s.Login(t.Context(), "nobody", "x", account.Ask{}); return err },
			"another password": func() error {
				_, err := s.ResetPassword(t.Context(), reset, "another horse battery")
				return err
			},
			"another user": func() error {
				_, err := s.CreateUser(t.Context(), account.NewUser{Name: "bob", Password: "correct horse battery"})
				return err
			},
			"the administrator": func() error { _, err := s.Setup(t.Context(), secret, "root", "correct horse battery"); return err },
		}
		before := passwords.all.Load()
		var busy atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			for name, call := range calls {
				wg.Go(func() {
					err := call()
					if errors.Is(err, work.ErrBusy) {
						busy.Add(1)
					}
					if errors.Is(err, work.ErrBusy) && errors.Is(err, account.ErrBadLogin) {
						t.Errorf("%s: %v, want it to say nothing about the password", name, err)
					}
				})
			}
		}
		wg.Wait()
		if most, all := passwords.most.Load(), passwords.all.Load()-before; most != 2 || all != 12 || busy.Load() != 600-12 {
			t.Errorf("%d hashes, %d at once, %d callers refused; want 12, 2 at once, and 588 refused", all, most, busy.Load())
		}
		for name, call := range calls {
			if err := call(); errors.Is(err, work.ErrBusy) {
				t.Errorf("%s after the flood: %v", name, err)
			}
		}
	})
}

// Without a lane the service makes one: a thousand sign-ins at once cost as
// much memory as the machine has processors.
func TestHashingIsBoundedByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		passwords := &slow{}
		s, err := account.NewService(t.Context(), account.Config{Store: memory.New(), Passwords: passwords, InsecureNoThrottle: true})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { _, _ = s.Login(t.Context(), "nobody", "x", account.Ask{}) })
		}
		wg.Wait()
		if most, want := passwords.most.Load(), int64(work.DefaultWorkers()); most != want {
			t.Errorf("%d hashes at once, want %d", most, want)
		}
	})
}

// Who has a link to set a password has no more hashed with it than somebody types, at
// once and after each other.
func TestALinkIsNoFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		passwords := &slow{}
		s, err := account.NewService(t.Context(), account.Config{
			Store: memory.New(), Passwords: passwords, Lane: work.NewLane(work.Config{Workers: 2, Queue: 1000, MaxWait: time.Hour}),
		})
		if err != nil {
			t.Fatal(err)
		}
		user, err := s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: "correct horse battery", Roles: []string{"user"}})
		if err != nil {
			t.Fatal(err)
		}
		link, err := s.NewReset(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		before := passwords.all.Load()
		var set, many atomic.Int64
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				_, err := s.ResetPassword(t.Context(), link, "another horse battery")
				switch throttled := (*account.ThrottledError)(nil); {
				case err == nil:
					set.Add(1)
				case errors.As(err, &throttled):
					many.Add(1)
				}
			})
		}
		wg.Wait()
		if hashed := passwords.all.Load() - before; hashed > 10 || set.Load() != 1 || many.Load() < 400 {
			t.Errorf("%d hashes, %d passwords set, %d told to come later; want 10 at most, and one that is set", hashed, set.Load(), many.Load())
		}
	})
}
