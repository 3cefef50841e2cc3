package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/work"
)

// Attempts are counted for one network, however its addresses are written.
func TestAddressesOfOneNetwork(t *testing.T) {
	for name, test := range map[string]struct {
		one, other string
		same       bool
	}{
		"the same":                      {"192.0.2.1", "192.0.2.1", true},
		"another":                       {"192.0.2.1", "192.0.2.2", false},
		"IPv4 written as IPv6":          {"192.0.2.1", "::ffff:192.0.2.1", true},
		"another IPv4 written as IPv6":  {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		"IPv6 of one /64":               {"2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true},
		"IPv6 of another /64":           {"2001:db8::1", "2001:db8:0:1::1", false},
		"IPv6 with a zone and without":  {"fe80::1%eth0", "fe80::2", true},
		"what is no address":            {"a socket", "a socket", true},
		"something else that is no one": {"a socket", "a pipe", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := watched(t)
			for i := range 100 {
				w.refused("Login", w.try(fmt.Sprintf("name%d", i), "wrong", test.one), account.ErrBadLogin)
			}
			err := w.try("another", "wrong", test.other)
			if test.same {
				w.throttled("Login from the same network", err, 10*time.Second)
			} else {
				w.refused("Login from another network", err, account.ErrBadLogin)
			}
		})
	}
}

// An address and a name are counted apart, even if they are the same text.
func TestAnAddressIsNoName(t *testing.T) {
	w, _ := watched(t)
	for i := range 30 {
		w.refused("Login", w.try(fmt.Sprintf("name%d", i), "wrong", "nobody anna"), account.ErrBadLogin)
	}
	for range 10 {
		w.refused("Login", w.try("anna", "wrong", "192.0.2.1"), account.ErrBadLogin)
	}
	w.throttled("one more", w.try("anna", "wrong", "192.0.2.1"), 90*time.Second)
}

// Guesses at a name without a user are not held against the user who gets it.
func TestANewUserHasAllAttempts(t *testing.T) {
	w, _ := watched(t)
	for range 11 {
		_ = w.try("anna", secret, "192.0.2.1")
	}
	w.throttled("Login of nobody", w.try("anna", secret, "192.0.2.1"), 90*time.Second)
	w.user("anna", "user")
	for range 10 {
		w.refused("Login", w.try("anna", "wrong", "192.0.2.1"), account.ErrBadLogin)
	}
	w.throttled("Login with the eleventh", w.try("anna", secret, "192.0.2.1"), 90*time.Second)
}

// Where there is nothing to count, the store is not asked to count it.
func TestAttemptsThatAreNotCounted(t *testing.T) {
	w := newWorld(t)
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.PBKDF2SHA256(1)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		off     bool
		address string
		login   bool // counts attempts
		reset   bool
	}{
		"as always":               {false, "192.0.2.1", true, true},
		"of an unknown address":   {false, "", true, true}, // of the user whose link it is
		"without a throttle":      {true, "192.0.2.1", false, false},
		"without either of these": {true, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := &outages{Store: w.store}
			w.Service, err = account.NewService(t.Context(), account.Config{Store: o, Passwords: passwords, InsecureNoThrottle: test.off})
			if err != nil {
				t.Fatal(err)
			}
			user := w.user(strings.ReplaceAll(name, " ", "-"), "user")
			link, err := w.NewReset(t.Context(), user.ID)
			if err != nil {
				t.Fatal(err)
			}
			counted := func(what string, want bool, err error) {
				took, gave := slices.Contains(o.asked, "TakeAttempts"), slices.Contains(o.asked, "ReturnAttempts")
				if err != nil || took != want || gave != want {
					t.Errorf("%s = %v, took an attempt: %v, gave it back: %v; want %v", what, err, took, gave, want)
				}
				o.begin(0)
			}
			counted("Login", test.login, w.try(user.Name, secret, test.address))
			_, err = w.ResetPassword(account.WithSource(t.Context(), test.address), link, next)
			counted("ResetPassword", test.reset, err)
		})
	}
}

// At each account five sign-ins are under way at once, whatever goes on at
// others.
func TestTurnsAreForEachAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		passwords := &slow{}
		s, err := account.NewService(t.Context(), account.Config{
			Store: memory.New(), Passwords: passwords, Lane: work.NewLane(work.Config{Workers: 40}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"anna", "ben"} {
			if _, err := s.CreateUser(t.Context(), account.NewUser{Name: name, Password: secret}); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for i := range 40 {
			name := []string{"anna", "ben"}[i%2]
			wg.Go(func() {
				if _, err := s.Login(t.Context(), name, "right", account.Ask{}); err != nil {
					t.Errorf("Login(%s) = %v", name, err)
				}
			})
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // inside testing/synctest; others have left when the last come
		}
		wg.Wait()
		if most := passwords.most.Load(); most != 10 {
			t.Errorf("%d verifications at once at two accounts, want 10", most)
		}
	})
}

// A flood of names leaves nothing behind, whether callers wait for their answer
// or leave before it is their turn.
func TestTurnsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := account.NewService(t.Context(), account.Config{
			Store: memory.New(), Passwords: &slow{}, Lane: work.NewLane(work.Config{Workers: 40}),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { _, _ = s.Login(ctx, "nobody", "x", account.Ask{}) })
			wg.Go(func() { _, _ = s.Login(t.Context(), fmt.Sprintf("nobody%d", i), "x", account.Ask{}) })
		}
		synctest.Wait()
		if n := s.BucketsInTurn(); n != 42 {
			t.Errorf("sign-ins at %d buckets are under way, want two for each of 21 accounts", n)
		}
		leave()
		wg.Wait()
		if n := s.BucketsInTurn(); n != 0 {
			t.Errorf("%d buckets are remembered when all have left, want none", n)
		}
	})
}

// Without the throttle sign-ins at one account do not wait for each other, but
// for the lane alone.
func TestWithoutAThrottleThereAreNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		passwords := &slow{}
		s, err := account.NewService(t.Context(), account.Config{
			Store: memory.New(), Passwords: passwords, Lane: work.NewLane(work.Config{Workers: 20}), InsecureNoThrottle: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _ = s.Login(t.Context(), "nobody", "x", account.Ask{}) })
		}
		wg.Wait()
		if most := passwords.most.Load(); most != 20 {
			t.Errorf("%d verifications at once, want 20", most)
		}
	})
}
