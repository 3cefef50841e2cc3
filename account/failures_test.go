package account_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// siege guesses at a name from everywhere, for hours, until strangers are kept out,
// and returns how many guesses were looked at.
func (w *world) siege(name string) (guesses int) {
	w.t.Helper()
	for n := range 1000 {
		err := w.try(name, "wrong", fmt.Sprintf("198.%d.%d.1", n/200, n%200))
		var later *account.ThrottledError
		switch {
		case errors.Is(err, account.ErrBadLogin):
			guesses++
		case errors.As(err, &later) && later.RetryAfter == time.Hour:
			return guesses
		}
		w.now = w.now.Add(time.Minute)
	}
	w.t.Fatalf("%d guesses at %s in a row, and no end", guesses, name)
	return 0
}

// NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row. Then the owner gets
// in from where they are known, and that begins a new row.
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends  func(w *world) error
		again error // what a stranger's wrong password is then
	}{
		"a known address gets in": {func(w *world) error { return w.try("anna", secret, "192.0.2.1") }, account.ErrBadLogin},
		"a known address that errs ends nothing": {func(w *world) error {
			w.refused("a wrong password from there", w.try("anna", "wrong", "192.0.2.1"), account.ErrBadLogin)
			return nil
		}, nil},
		"a reset link": {func(w *world) error {
			link, err := w.NewReset(w.t.Context(), w.id("anna"))
			if err != nil {
				return err
			}
			_, err = w.ResetPassword(w.t.Context(), link, "a new horse battery")
			return err
		}, account.ErrBadLogin},
		"an administrator": {func(w *world) error { return w.ClearFailures(w.t.Context(), w.id("anna")) }, account.ErrBadLogin},
		"a day": {func(w *world) error {
			w.now = w.now.Add(24 * time.Hour)
			return nil
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := watched(t)
			w.user("anna", "user")
			w.refused("the first Login", w.try("anna", secret, "192.0.2.1"), nil)
			if guesses := w.siege("anna"); guesses > 100 || guesses < 70 {
				t.Errorf("%d guesses in a row were looked at, want 100 at the most", guesses)
			}
			w.throttled("the right password from elsewhere", w.try("anna", secret, "203.0.113.1"), time.Hour)
			found, err := w.FailuresOf(t.Context(), w.id("anna"))
			if err != nil || !found.Locked() || found.Count < 70 || found.Last.Sub(found.First) < time.Hour {
				t.Errorf("FailuresOf = %+v, %v, want a locked account", found, err)
			}
			w.refused(name, test.ends(w), nil)
			w.now = w.now.Add(time.Second) // another process
			if err := w.try("anna", "wrong", "203.0.113.1"); test.again != nil {
				w.refused("a guess afterwards", err, test.again)
			} else {
				w.throttled("a guess afterwards", err, time.Hour)
			}
		})
	}
}

// A name that nobody has is kept to the same, and begins a new row within a week, as
// if somebody had signed in.
func TestFailuresInARowOfNobody(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	locked := func(name string) bool {
		var later *account.ThrottledError
		return errors.As(w.try(name, "wrong", "203.0.113.1"), &later) && later.RetryAfter == time.Hour
	}
	if guesses := w.siege("nobody"); guesses > 100 {
		t.Errorf("%d guesses in a row at a name that nobody has were looked at, want 100 at the most", guesses)
	}
	if !locked("nobody") {
		t.Error("a name that nobody has is not locked after as many guesses")
	}
	days := 0
	for ; locked("nobody"); days++ {
		w.now = w.now.Add(24 * time.Hour)
	}
	if days > 8 {
		t.Errorf("it was locked for %d days, want a week at the most", days)
	}
}

// A right password in between begins a new row.
func TestARightPasswordEndsARow(t *testing.T) {
	t.Parallel()
	w, _ := watched(t)
	w.user("anna", "user")
	for range 30 {
		for range 5 {
			w.refused("a wrong password", w.try("anna", "wrong", "192.0.2.1"), account.ErrBadLogin)
		}
		w.refused("Login", w.try("anna", secret, "192.0.2.1"), nil)
		found, err := w.FailuresOf(t.Context(), w.id("anna"))
		if err != nil || found.Count != 0 {
			t.Fatalf("FailuresOf after a right password = %+v, %v, want none", found, err)
		}
		w.now = w.now.Add(time.Hour)
	}
	if _, err := w.FailuresOf(t.Context(), "x"); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("FailuresOf nobody = %v, want ErrNoUser", err)
	}
	if err := w.ClearFailures(t.Context(), "x"); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("ClearFailures of nobody = %v, want ErrNoUser", err)
	}
}
