package account_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

// refreshing is a world with a session of anna's, whose first token was used.
type refreshing struct {
	*world
	first, second account.Grant
}

func newRefreshing(t *testing.T) *refreshing {
	t.Helper()
	r := &refreshing{world: newWorld(t)}
	r.user("anna", "manager")
	r.first = r.login("anna", "me", "users:read")
	r.second = r.refresh(r.first)
	return r
}

func (r *refreshing) refresh(g account.Grant, scopes ...string) account.Grant {
	r.t.Helper()
	got, err := r.Refresh(r.t.Context(), string(g.RefreshToken), account.Ask{Scopes: scopes})
	if err != nil {
		r.t.Fatalf("Refresh = %v", err)
	}
	return got
}

// stolen makes sure that a token is refused, and that its session is over.
func (r *refreshing) stolen(what string, g account.Grant) {
	r.t.Helper()
	_, err := r.Refresh(r.t.Context(), string(g.RefreshToken), account.Ask{})
	r.refused(what+": Refresh", err, account.ErrBadGrant)
	_, err = r.caller(g)
	r.refused(what+": Caller", err, account.ErrNoCaller)
	_, err = r.Refresh(r.t.Context(), string(r.second.RefreshToken), account.Ask{})
	r.refused(what+": Refresh with the token that was good", err, account.ErrBadGrant)
}

func TestARepeatedRefreshGivesTheSameToken(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{
		"at once":                              0,
		"at the end of the window":             30*time.Second - time.Millisecond,
		"after the clock was put back a bit":   -time.Second,
		"after the clock was put back by half": -30*time.Second + time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRefreshing(t)
			r.now = r.now.Add(wait)
			for range 3 {
				if got := r.refresh(r.first); got.RefreshToken != r.second.RefreshToken || got.SessionID != r.second.SessionID || !slices.Equal(got.Scopes, r.second.Scopes) {
					t.Errorf("Refresh again = %+v, want %+v", got, r.second)
				}
			}
			third := r.refresh(r.second) // which is as good as if it had been asked for once
			if _, err := r.caller(third); err != nil {
				t.Errorf("Caller = %v", err)
			}
		})
	}
}

func TestALateRepeatIsTheft(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{
		"at the end of the window": 30 * time.Second,
		"much later":               50 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRefreshing(t)
			r.now = r.now.Add(wait)
			r.stolen(name, r.first)
		})
	}
}

// When a token was used that a clock says was used later than now is not known: it is
// refused, and nobody's session ends for a clock that was put back.
func TestARepeatAfterTheClockWasPutBack(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{30 * time.Second, 24 * time.Hour, 365 * 24 * time.Hour} {
		r := newRefreshing(t)
		now := r.now
		r.now = now.Add(-by)
		_, err := r.Refresh(t.Context(), string(r.first.RefreshToken), account.Ask{})
		r.refused("a repeat", err, account.ErrBadGrant)
		r.now = now
		r.refresh(r.second)
	}
}

func TestAUsedSuccessorMakesARepeatTheft(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	r.refresh(r.second)
	r.stolen("within the window", r.first)
}

func TestATokenThatNeverWasIsTheft(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	token := string(r.second.RefreshToken)
	r.first.RefreshToken = account.Secret(token[:len(token)-43] + strings.Repeat("A", 43))
	r.stolen("a made-up secret", r.first)
}

func TestWhereItIsStrictARepeatIsTheft(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	r.config.RefreshOverlap = account.StrictRefresh
	r.serve()
	r.stolen("a token that was used while it was not strict", r.first)

	r.first = r.login("anna", "me")
	r.second = r.refresh(r.first)
	r.config.RefreshOverlap = 0
	r.serve()
	r.stolen("a token that was used while it was strict", r.first)
}

// serve starts another service on the same store, as after a restart.
func (w *world) serve() {
	w.t.Helper()
	var err error
	if w.Service, err = account.NewService(w.t.Context(), w.config); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnOverlapSurvivesARestart(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	r.config.RefreshOverlap = time.Minute
	r.serve()
	r.now = r.now.Add(59 * time.Second)
	if got := r.refresh(r.first); got.RefreshToken != r.second.RefreshToken {
		t.Error("after a restart a repeated refresh gives another token")
	}
	r.serve()
	r.refresh(r.second)
	r.serve()
	r.stolen("after a restart", r.first)
}

// A repeat asks for what its caller wants, which does not change what others have.
func TestARepeatMayAskForLess(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	narrow := r.refresh(r.first, "me")
	if narrow.RefreshToken != r.second.RefreshToken || !slices.Equal(narrow.Scopes, []string{"me"}) {
		t.Errorf("a narrower repeat gives %v and another token: %v", narrow.Scopes, narrow.RefreshToken != r.second.RefreshToken)
	}
	if wide := r.refresh(r.first); !slices.Equal(wide.Scopes, []string{"me", "users:read"}) {
		t.Errorf("another repeat gives %v, want all of the sign-in's", wide.Scopes)
	}
	if third := r.refresh(r.second); !slices.Equal(third.Scopes, []string{"me", "users:read"}) {
		t.Errorf("the next refresh gives %v, want all of the sign-in's", third.Scopes)
	}
}

func TestARepeatGivesNothingThatARefreshWouldNot(t *testing.T) {
	t.Parallel()
	yes := true
	for name, test := range map[string]struct {
		before func(*refreshing) error
		over   bool
	}{
		"to another client": {func(r *refreshing) error {
			_, err := r.Refresh(r.t.Context(), string(r.first.RefreshToken), account.Ask{ClientID: "other"})
			r.refused("Refresh by another client", err, account.ErrBadGrant)
			return nil
		}, false},
		"to a user who is disabled": {func(r *refreshing) error {
			_, err := r.UpdateUser(r.t.Context(), r.first.User.ID, account.UserChange{Disabled: &yes})
			return err
		}, true},
		"after the session was ended": {func(r *refreshing) error {
			return r.EndSession(r.t.Context(), r.first.User.ID, r.first.SessionID)
		}, true},
		"after all sessions were ended": {func(r *refreshing) error { return r.EndSessions(r.t.Context(), r.first.User.ID, "") }, true},
		"what was sealed is damaged": {func(r *refreshing) error {
			return r.change(func(s *account.Session) { s.Successor[20]++ })
		}, true},
		"what was sealed is too short": {func(r *refreshing) error {
			return r.change(func(s *account.Session) { s.Successor = s.Successor[:5] })
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRefreshing(t)
			if err := test.before(r); err != nil {
				t.Fatal(err)
			}
			if test.over {
				r.stolen(name, r.first)
			} else if got := r.refresh(r.first); got.RefreshToken != r.second.RefreshToken {
				t.Error("the session did not go on as it was")
			}
		})
	}
}

// change changes what the store has of the session.
func (r *refreshing) change(fn func(*account.Session)) error {
	return r.store.Update(r.t.Context(), func(w account.Writer) error {
		session, err := w.Session(r.first.SessionID)
		if err != nil {
			return err
		}
		fn(&session)
		return w.PutSession(session)
	})
}

func TestTheScopesOfARepeatAreThoseOfNow(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	if _, err := r.SetRoles(t.Context(), r.first.User.ID, []string{"user"}); err != nil {
		t.Fatal(err)
	}
	if got := r.refresh(r.first); !slices.Equal(got.Scopes, []string{"me"}) {
		t.Errorf("a repeat gives %v, want what the roles grant now", got.Scopes)
	}
}

// What the store holds gives no token away: neither as it is, nor with another
// session's token, nor with the one that is good now.
func TestTheStoreAloneGivesNoTokenAway(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	other := r.login("anna")
	r.refresh(other)
	var stored account.Session
	if err := r.change(func(s *account.Session) { stored = *s }); err != nil {
		t.Fatal(err)
	}
	for _, g := range []account.Grant{r.first, r.second} {
		secret := string(g.RefreshToken)[strings.IndexByte(string(g.RefreshToken), '.')+1:]
		raw, err := base64.RawURLEncoding.DecodeString(secret)
		if err != nil || bytes.Contains(stored.Successor, []byte(secret)) || bytes.Contains(stored.Successor, raw) || bytes.Contains(stored.TokenHash[:], raw[:8]) {
			t.Errorf("the store holds a token: %v", err)
		}
	}
	// Somebody who can write into the store puts it where they have a token for.
	var theirs account.Session
	err := r.store.Update(t.Context(), func(w account.Writer) (err error) {
		if theirs, err = w.Session(other.SessionID); err != nil {
			return err
		}
		theirs.Successor = stored.Successor
		return w.PutSession(theirs)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Refresh(t.Context(), string(other.RefreshToken), account.Ask{})
	r.refused("Refresh with another session's successor", err, account.ErrBadGrant)
}

// A thousand who repeat a refresh wait for no disk, and end nothing.
func TestRepeatsWriteNothing(t *testing.T) {
	t.Parallel()
	s := newShaky(t)
	s.outages.begin(0)
	if _, err := s.Refresh(t.Context(), string(s.used), account.Ask{}); err != nil || s.outages.updates != 0 {
		t.Errorf("a repeated refresh = %v, with %d transactions that write, want none", err, s.outages.updates)
	}
}

func TestConfigOfSessions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*account.Config){
		"an overlap of more than ten minutes": func(c *account.Config) { c.RefreshOverlap = 10*time.Minute + 1 },
		"a negative idle limit":               func(c *account.Config) { c.IdleTTL = -1 },
		"a negative number of sessions":       func(c *account.Config) { c.MaxSessions = -1 },
		"a negative life":                     func(c *account.Config) { c.RefreshTTL = -1 },
	} {
		w := newWorld(t)
		w.service(password.Bcrypt(4))
		change(&w.config)
		if _, err := account.NewService(t.Context(), w.config); err == nil {
			t.Errorf("%s: NewService = nil, want an error", name)
		}
	}
}
