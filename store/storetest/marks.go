package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func testSetup(t *testing.T, store account.Store) {
	setup := func(n int) account.PendingSetup {
		return account.PendingSetup{SecretHash: [32]byte{byte(n)}, Expires: day.Add(time.Duration(n) * time.Minute)}
	}
	there := func(n int) bool {
		var err error
		view(t, store, func(r account.Reader) error {
			var got account.PendingSetup
			if got, err = r.PendingSetup(setup(n).SecretHash); err == nil && got != setup(n) {
				t.Errorf("PendingSetup = %v, want %v", got, setup(n))
			}
			return nil
		})
		if err != nil && !errors.Is(err, account.ErrBadSetup) {
			t.Errorf("PendingSetup = %v, want ErrBadSetup", err)
		}
		return err == nil
	}
	const most = account.MaxPendingSetups
	put(t, store, setup(1), setup(2), setup(1))
	if !there(1) || !there(2) || there(3) {
		t.Error("of two setups that were put one is not there, or a third one is")
	}
	for n := 3; n <= most+2; n++ {
		put(t, store, setup(n))
	}
	for n := 1; n <= most+2; n++ {
		if there(n) != (n > 2) {
			t.Errorf("of %d setups the one that expires as number %d is there: %v", most+2, n, there(n))
		}
	}
	put(t, store, setup(1)) // as of a clock that was put back: the new one stays in any case
	if !there(1) || there(3) || !there(4) {
		t.Error("a new setup that expires before all others is not there, or did not take the place of one")
	}
	update(t, store, func(w account.Writer) error { return w.RemovePendingSetups() })
	for n := range most + 3 {
		if there(n) {
			t.Errorf("setup %d is there after all were removed", n)
		}
	}
}

func testMarks(t *testing.T, store account.Store) {
	given, cut := account.PasswordMark{Given: true}, account.PasswordMark{CutUntil: day}
	mark := func(n int, mark account.PasswordMark) func(account.Writer) error {
		return func(w account.Writer) error { return w.PutPasswordMark(user(n).ID, mark) }
	}
	wants := func(what string, want ...account.PasswordMark) {
		t.Helper()
		view(t, store, func(r account.Reader) error {
			for i, one := range want {
				expect(t, what, one)(r.PasswordMark(user(i + 1).ID))
			}
			return nil
		})
	}
	put(t, store, user(1), user(2))
	wants("of new users", account.PasswordMark{}, account.PasswordMark{}, account.PasswordMark{})
	update(t, store, mark(1, given))
	update(t, store, mark(2, cut))
	wants("that were put", given, cut)
	if err := store.Update(t.Context(), mark(9, given)); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutPasswordMark of no user = %v, want ErrNoUser", err)
	}
	update(t, store, func(w account.Writer) error { return w.RemoveCutMarks(day.Add(-time.Millisecond)) })
	wants("before the date", given, cut)
	update(t, store, func(w account.Writer) error { return w.RemoveCutMarks(day) })
	wants("at the date", given, account.PasswordMark{})
	update(t, store, mark(1, cut))
	update(t, store, mark(2, given))
	wants("in place of others", cut, given)
	update(t, store, mark(1, account.PasswordMark{}))
	wants("after one was taken away", account.PasswordMark{}, given)
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(2).ID) })
	put(t, store, user(2))
	wants("of a user who takes the place of another", account.PasswordMark{}, account.PasswordMark{})
}
