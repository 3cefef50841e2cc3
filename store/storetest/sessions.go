package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// RunSessions runs the part of the suite that is about sessions. [Run] does so, too.
func RunSessions(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"a session has all that was put":                         testSessionFound,
		"a user's sessions come in pages, by id":                 testSessionPages,
		"the sessions of all come in pages, the newest first":    testLatestSessions,
		"a user's sessions end together":                         testRemoveSessionsOf,
		"a session that is put again goes on":                    testSessionPutAgain,
		"sessions that are over are removed":                     testExpiry,
		"what has ended is removed in pieces":                    testSweep,
		"of a user's sessions those stay that were used last":    testTrim,
		"what was too much for one sign-in is removed in pieces": testTrimThenSweep,
		"the last use of a session does not go back":             testTouch,
		"a rotation changes the token and nothing else":          testRotation,
		"a rotation of what has ended is none":                   testRotationOfWhatEnded,
		"of concurrent rotations of a token one wins":            testRotationRace,
		"of concurrent refreshes one rotates, for all":           testRefreshRace,
		"of concurrent refreshes one wins where it is strict":    testStrictRefreshRace,
		"after a session was ended nothing of it lives":          testRevokeRace,
		"a user has no more sessions than may be":                testManySignIns,
		"what happens at once could have happened in turn":       testLinear,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testLinear(t *testing.T, store account.Store) { Linear(t, store) }

// sweep is SweepSessions for those who do not ask whether there is more.
func sweep(w account.Writer, now time.Time, most int) error {
	_, err := w.SweepSessions(now, 100, most)
	return err
}

// sessionIDs are the user's sessions.
func sessionIDs(t *testing.T, store account.Store, owner account.User) (ids []string) {
	t.Helper()
	view(t, store, func(r account.Reader) error {
		list, err := r.SessionsOf(owner.ID, "", 1000)
		for _, one := range list {
			ids = append(ids, one.ID)
		}
		return err
	})
	return ids
}

func rotated(s account.Session) account.Session {
	s.Previous, s.TokenHash = s.TokenHash, [32]byte{3, 2, 1}
	s.Successor, s.Rotated, s.LastUsed = []byte{0, 1, 255}, day.Add(time.Minute), day.Add(time.Hour)
	return s
}

func testSessionFound(t *testing.T, store account.Store) {
	s := rotated(session(1, user(1), day.Add(time.Hour)))
	s.Device, s.Address = "Mozilla/5.0 (é)", "2001:db8::1"
	strict := session(2, user(1), day.Add(time.Hour)) // rotated without a successor
	strict.Previous, strict.Rotated = [32]byte{9}, day
	put(t, store, user(1), s, strict)
	view(t, store, func(r account.Reader) error {
		expect(t, "Session", s)(r.Session(s.ID))
		expect(t, "SessionByHandle", s)(r.SessionByHandle(s.Handle))
		expect(t, "Session without a successor", strict)(r.Session(strict.ID))
		expect(t, "SessionsOf", []account.Session{s, strict})(r.SessionsOf(user(1).ID, "", 10))
		list, err := r.SessionsOf(user(1).ID, "", 1)
		list[0].Successor[0] = 77 // it is the reader's
		expect(t, "Session after its reader has changed it", s)(r.Session(s.ID))
		return err
	})
}

func testSessionPages(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), session(9, user(2), day))
	for _, n := range []int{3, 1, 5, 2, 4} {
		put(t, store, session(n, user(1), day))
	}
	for after, want := range map[string][]string{
		"":          {"session-1", "session-2"},
		"session-2": {"session-3", "session-4"},
		"session-4": {"session-5"},
		"session-5": nil,
	} {
		view(t, store, func(r account.Reader) error {
			list, err := r.SessionsOf(user(1).ID, after, 2)
			var got []string
			for _, one := range list {
				got = append(got, one.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("SessionsOf(after %q, 2) = %v, want %v", after, got, want)
			}
			return err
		})
	}
}

func testSessionPutAgain(t *testing.T, store account.Store) {
	kept := rotated(session(1, user(1), day))
	put(t, store, user(1), session(1, user(1), day), session(2, user(1), day))
	for range 2 {
		update(t, store, func(w account.Writer) error {
			return errors.Join(w.RemoveSessionsOf(user(1).ID), w.PutSession(kept))
		})
	}
	update(t, store, func(w account.Writer) error { return sweep(w, day.Add(-time.Hour), 100) })
	view(t, store, func(r account.Reader) error {
		expect(t, "the session that was put again", kept)(r.Session(kept.ID))
		return nil
	})
	if got, want := sessionIDs(t, store, user(1)), []string{"session-1"}; !slices.Equal(got, want) {
		t.Errorf("the user's sessions are %v, want %v", got, want)
	}
}

// sweepAll sweeps in pieces until there is nothing more, and returns how often.
func sweepAll(t *testing.T, store account.Store, now time.Time, keep, most int) (pieces int) {
	t.Helper()
	for more := true; more; pieces++ {
		if pieces == 1000 {
			t.Fatal("SweepSessions finds something again and again")
		}
		update(t, store, func(w account.Writer) (err error) {
			more, err = w.SweepSessions(now, keep, most)
			return err
		})
	}
	return pieces
}

func testSweep(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), user(3))
	for n := range 10 {
		put(t, store, session(10+n, user(1), day), session(20+n, user(2), day.Add(time.Hour)), session(30+n, user(3), day.Add(time.Hour)))
	}
	update(t, store, func(w account.Writer) error { return w.RemoveSessionsOf(user(2).ID) })
	put(t, store, session(40, user(2), day.Add(time.Hour))) // a sign-in afterwards
	if got := sweepAll(t, store, day, 100, 3); got < 4 {
		t.Errorf("10 sessions that were over took %d pieces of 3", got)
	}
	for owner, want := range map[int]int{1: 0, 2: 1, 3: 10} {
		if got := sessionIDs(t, store, user(owner)); len(got) != want {
			t.Errorf("user %d has the sessions %v, want %d", owner, got, want)
		}
	}
	if got := sweepAll(t, store, day, 100, 3); got != 1 {
		t.Errorf("with nothing to sweep it took %d pieces, want 1", got)
	}
}

// usedAt is a session that was last used so many minutes after the day.
func usedAt(n int, owner account.User, minutes int) account.Session {
	s := session(n, owner, day.Add(24*time.Hour))
	s.LastUsed = day.Add(time.Duration(minutes) * time.Minute)
	return s
}

func testTrim(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), usedAt(1, user(1), 3), usedAt(2, user(1), 1), usedAt(3, user(1), 2), usedAt(4, user(2), 0))
	update(t, store, func(w account.Writer) error { return w.TrimSessions(user(1).ID, 2, 10) })
	if got, want := sessionIDs(t, store, user(1)), []string{"session-1", "session-3"}; !slices.Equal(got, want) {
		t.Errorf("after TrimSessions to 2 the sessions are %v, want %v", got, want)
	}
	update(t, store, func(w account.Writer) error { return w.TrimSessions(user(1).ID, 2, 10) })
	if got := sessionIDs(t, store, user(1)); len(got) != 2 {
		t.Errorf("after TrimSessions of 2 to 2 the sessions are %v", got)
	}
	if got := sessionIDs(t, store, user(2)); len(got) != 1 {
		t.Errorf("another's sessions are %v, want the one", got)
	}
}

func testTrimThenSweep(t *testing.T, store account.Store) {
	put(t, store, user(1))
	for n := range 30 {
		put(t, store, usedAt(100+n, user(1), n))
	}
	update(t, store, func(w account.Writer) error { return w.TrimSessions(user(1).ID, 5, 10) })
	if got := sessionIDs(t, store, user(1)); len(got) != 20 {
		t.Errorf("TrimSessions of at most 10 has left %d of 30 sessions", len(got))
	}
	sweepAll(t, store, day, 5, 4)
	want := []string{"session-125", "session-126", "session-127", "session-128", "session-129"}
	if got := sessionIDs(t, store, user(1)); !slices.Equal(got, want) {
		t.Errorf("after the sweep the sessions are %v, want %v", got, want)
	}
}

func testTouch(t *testing.T, store account.Store) {
	put(t, store, user(1), usedAt(1, user(1), 10))
	for _, minutes := range []int{30, 20} {
		update(t, store, func(w account.Writer) error {
			return errors.Join(w.TouchSession("session-1", day.Add(time.Duration(minutes)*time.Minute)), w.TouchSession("x", day))
		})
	}
	view(t, store, func(r account.Reader) error {
		expect(t, "Session", usedAt(1, user(1), 30))(r.Session("session-1"))
		return nil
	})
}

func testRotation(t *testing.T, store account.Store) {
	before := session(1, user(1), day)
	put(t, store, user(1), before, session(2, user(1), day))
	to := rotated(before)
	more := to
	more.Scopes, more.Expires, more.ClientID, more.UserID, more.Handle = []string{"everything"}, day.Add(time.Hour), "x", "x", "x"
	update(t, store, func(w account.Writer) error {
		won, err := w.RotateSession("session-1", before.TokenHash, more)
		if !won {
			t.Error("RotateSession from the token that is good = false")
		}
		again, err2 := w.RotateSession("session-1", before.TokenHash, more)
		if again {
			t.Error("RotateSession from a token that was rotated = true")
		}
		return errors.Join(err, err2)
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "Session", to)(r.Session("session-1"))
		expect(t, "another Session", session(2, user(1), day))(r.Session("session-2"))
		return nil
	})
}

func testRotationOfWhatEnded(t *testing.T, store account.Store) {
	put(t, store, user(1), session(1, user(1), day), session(2, user(1), day))
	update(t, store, func(w account.Writer) error { return w.RemoveSession("session-1") })
	update(t, store, func(w account.Writer) error { return w.RemoveSessionsOf(user(1).ID) })
	for n := range 3 {
		s := session(n, user(1), day)
		update(t, store, func(w account.Writer) error {
			won, err := w.RotateSession(s.ID, s.TokenHash, rotated(s))
			if won {
				t.Errorf("RotateSession of %s = true", s.ID)
			}
			return err
		})
	}
	if got := sessionIDs(t, store, user(1)); len(got) != 0 {
		t.Errorf("the sessions %v live", got)
	}
}

func testRotationRace(t *testing.T, store account.Store) {
	before := session(1, user(1), day)
	put(t, store, user(1), before)
	lost := errors.New("lost")
	winner := make(chan int, 100)
	won := atOnce(t, 100, lost, func(ctx context.Context, i int) error {
		to := rotated(before)
		to.TokenHash = [32]byte{200, byte(i)}
		return store.Update(ctx, func(w account.Writer) error {
			won, err := w.RotateSession(before.ID, before.TokenHash, to)
			if err == nil && !won {
				err = lost
			}
			if err == nil {
				winner <- i
			}
			return err
		})
	})
	if won != 1 {
		t.Fatalf("%d of 100 rotations of one token won, want 1", won)
	}
	view(t, store, func(r account.Reader) error {
		got, err := r.Session(before.ID)
		if want := [32]byte{200, byte(<-winner)}; got.TokenHash != want {
			t.Errorf("the token is %v, want the winner's, %v", got.TokenHash, want)
		}
		return err
	})
}

// racers is how many do something at once, and rounds how often.
func racers() int {
	if testing.Short() {
		return 50
	}
	return 1000
}

func testRefreshRace(t *testing.T, store account.Store) {
	s := service(t, store)
	create(t, s, "anna", "user")
	grant, err := s.Login(t.Context(), "anna", secret, account.Ask{Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tokens := make([]account.Secret, racers())
		won := atOnce(t, len(tokens), nil, func(ctx context.Context, i int) error {
			got, err := s.Refresh(ctx, string(grant.RefreshToken), account.Ask{})
			tokens[i] = got.RefreshToken
			return err
		})
		if different := slices.Compact(slices.Sorted(slices.Values(tokens))); won != len(tokens) || len(different) != 1 {
			t.Fatalf("%d of %d refreshes with one token succeeded, with %d tokens, want all with one", won, len(tokens), len(different))
		}
		if _, err := s.Caller(t.Context(), grant.User.ID, grant.SessionID, nil); err != nil {
			t.Errorf("Caller = %v", err)
		}
		grant.RefreshToken = tokens[0]
	}
}

func testStrictRefreshRace(t *testing.T, store account.Store) {
	s := service(t, store, func(c *account.Config) { c.RefreshOverlap = account.StrictRefresh })
	create(t, s, "anna", "user")
	grant, err := s.Login(t.Context(), "anna", secret, account.Ask{Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}
	won := atOnce(t, racers(), account.ErrBadGrant, func(ctx context.Context, _ int) error {
		_, err := s.Refresh(ctx, string(grant.RefreshToken), account.Ask{})
		return err
	})
	if won != 1 {
		t.Errorf("%d of %d refreshes with one token succeeded, want 1", won, racers())
	}
	// The losers presented a used token, so the session is over.
	if _, err := s.Caller(t.Context(), grant.User.ID, grant.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("Caller after reuse = %v, want ErrNoCaller", err)
	}
}

// Refreshes are under way when the session is ended. Whatever they give is good
// for nothing from when EndSession has returned.
func testRevokeRace(t *testing.T, store account.Store) {
	s := service(t, store)
	anna := create(t, s, "anna", "user")
	for round := range often(20, 100, 1000) {
		grant, err := s.Login(t.Context(), "anna", secret, account.Ask{Scopes: []string{"me"}})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		given := make(chan account.Secret, 100)
		given <- grant.RefreshToken
		for range 4 {
			all.Go(func() {
				token := grant.RefreshToken
				for range 3 {
					got, err := s.Refresh(t.Context(), string(token), account.Ask{})
					if err != nil {
						return
					}
					token = got.RefreshToken
					given <- token
				}
			})
		}
		all.Go(func() {
			if err := s.EndSession(t.Context(), anna.ID, grant.SessionID); err != nil && !errors.Is(err, account.ErrNoSession) {
				t.Errorf("EndSession = %v", err)
			}
			if _, err := s.Caller(t.Context(), anna.ID, grant.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
				t.Errorf("round %d: Caller after EndSession = %v, want ErrNoCaller", round, err)
			}
			if _, err := s.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{}); !errors.Is(err, account.ErrBadGrant) {
				t.Errorf("round %d: Refresh after EndSession = %v, want ErrBadGrant", round, err)
			}
		})
		all.Wait()
		close(given)
		for token := range given {
			if _, err := s.Refresh(t.Context(), string(token), account.Ask{}); !errors.Is(err, account.ErrBadGrant) {
				t.Fatalf("round %d: a token of a session that was ended = %v, want ErrBadGrant", round, err)
			}
		}
	}
	if got := sessionIDs(t, store, anna); len(got) != 0 {
		t.Errorf("the sessions %v live", got)
	}
}

func testManySignIns(t *testing.T, store account.Store) {
	s := service(t, store, func(c *account.Config) { c.MaxSessions = 5 })
	anna := create(t, s, "anna", "user")
	if won := atOnce(t, 30, nil, func(ctx context.Context, _ int) error {
		_, err := s.LoginSession(ctx, "anna", secret)
		return err
	}); won != 30 {
		t.Errorf("%d of 30 sign-ins succeeded", won)
	}
	if got := sessionIDs(t, store, anna); len(got) != 5 {
		t.Errorf("after 30 sign-ins there are %d sessions, want 5", len(got))
	}
	list, err := s.Sessions(t.Context(), anna.ID)
	if err != nil || len(list) != 5 {
		t.Errorf("Sessions = %v, %v, want 5", list, err)
	}
}

func testRemoveSessionsOf(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), session(1, user(1), day), session(2, user(1), day), session(3, user(2), day))
	update(t, store, func(w account.Writer) error { return w.RemoveSessionsOf(user(1).ID) })
	view(t, store, func(r account.Reader) error {
		for _, id := range []string{"session-1", "session-2"} {
			if _, err := r.Session(id); !errors.Is(err, account.ErrNoSession) {
				t.Errorf("Session(%s) = %v, want ErrNoSession", id, err)
			}
		}
		expect(t, "another's session", session(3, user(2), day))(r.Session("session-3"))
		_, err := r.User(user(1).ID)
		return err // who stays
	})
}

func testExpiry(t *testing.T, store account.Store) {
	put(t, store, user(1), session(1, user(1), day), session(2, user(1), day.Add(time.Millisecond)))
	update(t, store, func(w account.Writer) error { return sweep(w, day, 100) })
	view(t, store, func(r account.Reader) error {
		if _, err := r.Session("session-1"); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("a session that is over = %v, want ErrNoSession", err)
		}
		_, err := r.Session("session-2")
		return err
	})
}
