package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

// jumps are how far a clock is off for a while.
var jumps = []time.Duration{
	time.Minute, time.Hour, 25 * time.Hour, 7 * 24 * time.Hour, 365 * 24 * time.Hour,
	-time.Minute, -25 * time.Hour, -7 * 24 * time.Hour,
}

// jumping is a service with a clock that a test moves.
type jumping struct {
	*account.Service
	t    *testing.T
	now  time.Time
	anna account.User
}

func newJumping(t *testing.T, store account.Store) *jumping {
	t.Helper()
	j := &jumping{t: t, now: day}
	j.Service = service(t, store, func(c *account.Config) {
		c.Now, c.RefreshTTL = func() time.Time { return j.now }, 48*time.Hour
	})
	j.anna = create(t, j.Service, "anna", "user")
	return j
}

// off runs fn with a clock that is off.
func (j *jumping) off(by time.Duration, fn func()) {
	right := j.now
	j.now = right.Add(by)
	fn()
	j.now = right
}

// must fails the test with what cannot be done.
func (j *jumping) must(what string, by time.Duration, err error) {
	j.t.Helper()
	if err != nil {
		j.t.Errorf("%s, after a clock that was off by %v for a while = %v", what, by, err)
	}
}

// Whoever is refused while a clock is off, and whatever they try, goes on when it is
// right again: with sessions of tokens and of browsers, with API keys and links, and
// without waiting for more than they had to before.
func testJumps(t *testing.T, store account.Store) {
	j := newJumping(t, store)
	grant, err := j.Login(t.Context(), "anna", secret, account.Ask{Scopes: []string{"me"}})
	visit, err2 := j.LoginSession(t.Context(), "anna", secret)
	key, err3 := j.NewAPIKey(t.Context(), account.APIKeyOwner{UserID: j.anna.ID}, account.APIKeyAsk{Name: "x", Scopes: []string{"me"}})
	link, err4 := j.NewReset(t.Context(), j.anna.ID)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, by := range jumps {
		j.off(by, func() {
			_, err1 := j.Caller(t.Context(), j.anna.ID, grant.SessionID, nil)
			_, err2 := j.SessionCaller(t.Context(), visit.Secret)
			if over := by > 48*time.Hour; over != errors.Is(err1, account.ErrNoSession) || over != errors.Is(err2, account.ErrNoSession) {
				t.Errorf("with a clock that is off by %v: %v and %v, want that they are over: %v", by, err1, err2, over)
			}
			if by > 48*time.Hour {
				if _, err := j.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{}); !errors.Is(err, account.ErrBadGrant) {
					t.Errorf("Refresh with a clock that is off by %v = %v", by, err)
				}
			}
			_, _ = j.APIKeyCaller(t.Context(), key.Secret)
			_, _ = j.ResetPassword(t.Context(), "no link", another)
			_, _ = j.Sessions(t.Context(), j.anna.ID)
			other, err := j.Login(t.Context(), "anna", secret, account.Ask{}) // which makes room
			j.must("another sign-in", by, errors.Join(err, j.Logout(t.Context(), other.SessionID)))
			update(t, store, func(w account.Writer) error {
				_, err := w.SweepSessions(time.Time{}, 100, 100) // as Run does while nothing is past for certain
				return errors.Join(err, w.RemoveCutMarks(time.Time{}))
			})
		})
		_, err := j.Caller(t.Context(), j.anna.ID, grant.SessionID, nil)
		j.must("a token's session", by, err)
		_, err = j.SessionCaller(t.Context(), visit.Secret)
		j.must("a browser's", by, err)
		_, err = j.APIKeyCaller(t.Context(), key.Secret)
		j.must("an API key", by, err)
		next, err := j.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{})
		j.must("a refresh", by, err)
		grant.RefreshToken = next.RefreshToken
	}
	_, err = j.ResetPassword(t.Context(), link, another)
	j.must("a link", 0, err)
}

const another = "battery staple correct"

// What a clock makes while it is ahead lives for no longer than it would have: codes,
// links and attempts of a time that has not come yet are none.
func testMadeAhead(t *testing.T, store account.Store) {
	for i, by := range jumps {
		j := &jumping{t: t, now: day}
		j.Service = service(t, store, func(c *account.Config) { c.Now = func() time.Time { return j.now } })
		name := fmt.Sprint("user-", i)
		user := create(t, j.Service, name, "user")
		var link account.Secret
		j.off(by, func() {
			var err error
			link, err = j.NewReset(t.Context(), user.ID)
			j.must("a link", by, err)
			for range 10 {
				if _, err := j.Login(t.Context(), name, "wrong", account.Ask{}); !errors.Is(err, account.ErrBadLogin) {
					t.Errorf("a wrong password with a clock that is off by %v = %v", by, err)
				}
			}
		})
		_, err := j.ResetPassword(t.Context(), link, another)
		if good := by > -time.Hour && by < 2*time.Minute; good != (err == nil) || !good && !errors.Is(err, account.ErrBadReset) {
			t.Errorf("a link of a clock that was off by %v = %v, want that it is good: %v", by, err, good)
		}
		if by > time.Hour {
			_, err = j.Login(t.Context(), name, secret, account.Ask{})
			j.must("a sign-in after wrong passwords", by, err)
		}
	}
}

// A clock that is off for a while neither loses a key nor lets the next one wait: when
// it is right again, the same key signs, everything that it signed is good, and the
// next one comes when it would have come.
func testKeysAndJumps(t *testing.T, store keyring.Store) {
	const period, announce = 30 * 24 * time.Hour, 24 * time.Hour
	now := day
	ring, err := keyring.Open(t.Context(), keyring.Config{
		Store: store, TokenTTL: 15 * time.Minute, Period: period, Announce: announce, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	maintain := func() {
		t.Helper()
		if _, err := ring.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for began := day; began.Before(day.Add(4 * period)); began = began.Add(period) {
		for _, at := range []time.Duration{time.Hour, period / 2, period - announce/2} {
			now = began.Add(at)
			maintain()
			signs, err1 := ring.SigningKey(t.Context())
			before, err2 := ring.Keys(t.Context())
			for _, by := range append(jumps, 40*24*time.Hour) {
				right := now
				now = right.Add(by)
				maintain()
				maintain()
				now = right
				maintain()
				again, err3 := ring.SigningKey(t.Context())
				if err := errors.Join(err1, err2, err3); err != nil || again.ID() != signs.ID() {
					t.Fatalf("%v after the beginning, with a clock that was off by %v, %v signs in place of %v, %v", now.Sub(day), by, again.ID(), signs.ID(), err)
				}
				after, err := ring.Keys(t.Context())
				if err != nil || len(after) < len(before) {
					t.Fatalf("%v after the beginning, with a clock that was off by %v, %d keys verify in place of %d, %v", now.Sub(day), by, len(after), len(before), err)
				}
			}
		}
		now = began.Add(period - time.Minute)
		last, err1 := ring.SigningKey(t.Context())
		now = began.Add(period)
		maintain()
		next, err2 := ring.SigningKey(t.Context())
		if err := errors.Join(err1, err2); err != nil || last.ID() == next.ID() {
			t.Fatalf("%v after the beginning the same key signs, %v", now.Sub(day), err)
		}
	}
}
