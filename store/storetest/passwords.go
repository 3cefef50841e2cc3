package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
)

func testKinds(t *testing.T, store account.Store) {
	want := func(want ...account.PasswordKind) {
		t.Helper()
		view(t, store, func(r account.Reader) error {
			expect(t, "PasswordKinds", want)(r.PasswordKinds())
			return nil
		})
	}
	set := func(n int, kind string) {
		update(t, store, func(w account.Writer) error { return w.PutPasswordHash(user(n).ID, "hash", kind) })
	}
	put(t, store, user(1), user(2), user(3))
	want()
	set(1, "b")
	set(2, "b")
	set(3, "a")
	want(account.PasswordKind{Kind: "a", Users: 1}, account.PasswordKind{Kind: "b", Users: 2})
	set(3, "b") // changed
	set(1, "b") // the same again
	want(account.PasswordKind{Kind: "b", Users: 3})
	set(1, "")
	want(account.PasswordKind{Kind: "b", Users: 2})
	put(t, store, user(2)) // changed otherwise
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(3).ID) })
	want(account.PasswordKind{Kind: "b", Users: 1})

	for n := range account.MaxPasswordKinds + 5 {
		put(t, store, user(100+n))
		set(100+n, fmt.Sprintf("kind %03d", n))
	}
	put(t, store, user(200))
	set(200, "kind 068")
	view(t, store, func(r account.Reader) error {
		kinds, err := r.PasswordKinds()
		last := kinds[len(kinds)-1]
		if len(kinds) != account.MaxPasswordKinds || last.Kind != "kind 068" || last.Users != 2 {
			t.Errorf("PasswordKinds = %d, the last %v, want the %d most frequent", len(kinds), last, account.MaxPasswordKinds)
		}
		return err
	})
}

func testAddresses(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2))
	seen := func(n int) time.Time { return day.Add(time.Duration(n) * time.Second) }
	update(t, store, func(w account.Writer) error {
		for n := range account.MaxKnownAddresses + 2 {
			if err := w.PutKnownAddress(user(1).ID, [32]byte{byte(n)}, seen(n)); err != nil {
				return err
			}
		}
		return w.PutKnownAddress(user(1).ID, [32]byte{2}, seen(100)) // seen again
	})
	update(t, store, func(w account.Writer) error { return w.PutKnownAddress(user(1).ID, [32]byte{99}, seen(101)) })
	view(t, store, func(r account.Reader) error {
		for n, want := range map[int]bool{0: false, 1: false, 2: true, 3: false, 4: true, 11: true, 99: true, 50: false} {
			expect(t, fmt.Sprintf("KnownAddress %d", n), want)(r.KnownAddress(user(1).ID, [32]byte{byte(n)}))
		}
		expect(t, "KnownAddress of another", false)(r.KnownAddress(user(2).ID, [32]byte{2}))
		expect(t, "KnownAddress of nobody", false)(r.KnownAddress("", [32]byte{2}))
		return nil
	})
	update(t, store, func(w account.Writer) error { return w.RemoveKnownAddresses(user(1).ID) })
	view(t, store, func(r account.Reader) error {
		expect(t, "KnownAddress after removal", false)(r.KnownAddress(user(1).ID, [32]byte{2}))
		return nil
	})
	err := store.Update(t.Context(), func(w account.Writer) error { return w.PutKnownAddress("x", [32]byte{}, day) })
	if !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutKnownAddress of nobody = %v, want ErrNoUser", err)
	}
}

func testResets(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2))
	reset := func(u int, kind account.ResetKind, n byte, in time.Duration) account.Reset {
		return account.Reset{UserID: user(u).ID, Kind: kind, SecretHash: [32]byte{n}, Before: [32]byte{n, 9}, Expires: day.Add(in)}
	}
	all := map[byte]account.Reset{}
	there := func(why string, want ...byte) {
		t.Helper()
		view(t, store, func(r account.Reader) error {
			for n, one := range all {
				got, err := r.Reset([32]byte{n})
				switch {
				case slices.Contains(want, n):
					expect(t, fmt.Sprintf("%s: Reset %d", why, n), one)(got, err)
				case !errors.Is(err, account.ErrBadReset):
					t.Errorf("%s: Reset %d = %v, want ErrBadReset", why, n, err)
				}
			}
			return nil
		})
	}
	keep := func(most int, one account.Reset) {
		t.Helper()
		all[one.SecretHash[0]] = one
		update(t, store, func(w account.Writer) error { return w.PutReset(one, most) })
	}
	keep(1, reset(1, account.ResetHanded, 1, time.Hour))
	keep(1, reset(2, account.ResetHanded, 2, time.Hour))
	for n := range byte(3) {
		keep(3, reset(1, account.ResetAsked, 10+n, time.Duration(n)*time.Minute))
	}
	keep(1, reset(1, account.ResetGiven, 20, 0))
	there("each has its own room", 1, 2, 10, 11, 12, 20)
	keep(3, reset(1, account.ResetAsked, 13, time.Second))
	there("the one that expires first goes", 1, 2, 11, 12, 13, 20)
	keep(3, reset(1, account.ResetAsked, 14, -time.Hour))
	there("a new one stays, though a clock was put back", 1, 2, 11, 12, 14, 20)
	keep(1, reset(1, account.ResetHanded, 3, 0))
	there("in place of the one before", 2, 3, 11, 12, 14, 20)
	keep(1, reset(1, account.ResetHanded, 3, time.Minute))
	there("put again", 2, 3, 11, 12, 14, 20)

	update(t, store, func(w account.Writer) error { return errors.Join(w.RemoveResets(user(1).ID), w.RemoveResets("x")) })
	there("all of a user's are removed", 2)
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(2).ID) })
	there("they go with their user")
	err := store.Update(t.Context(), func(w account.Writer) error { return w.PutReset(account.Reset{UserID: "x"}, 1) })
	if !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutReset of nobody = %v, want ErrNoUser", err)
	}
}

func bucket(n byte) account.Bucket {
	return account.Bucket{Key: [32]byte{n}, Burst: 3, Every: time.Minute}
}

// taker takes and returns attempts at a time that the test moves.
type taker struct {
	t     *testing.T
	store account.Store
	now   time.Time
}

func (k *taker) take(want time.Duration, buckets ...account.Bucket) {
	k.t.Helper()
	wait, err := k.store.TakeAttempts(k.t.Context(), k.now, buckets)
	if err != nil || wait != want {
		k.t.Errorf("TakeAttempts = %v, %v, want %v", wait, err, want)
	}
}

func (k *taker) give(buckets ...account.Bucket) {
	k.t.Helper()
	if err := k.store.ReturnAttempts(k.t.Context(), k.now, buckets); err != nil {
		k.t.Errorf("ReturnAttempts = %v", err)
	}
}

func testAttempts(t *testing.T, store account.Store) {
	k := &taker{t, store, day}
	before := store.Generation()
	for range 3 {
		k.take(0, bucket(1))
	}
	k.take(time.Minute, bucket(1))
	k.take(0, bucket(2)) // another's
	k.now = k.now.Add(59 * time.Second)
	k.take(time.Second, bucket(1))
	k.now = k.now.Add(time.Second)
	k.take(0, bucket(1))
	k.take(time.Minute, bucket(1))
	k.give(bucket(1))
	k.take(0, bucket(1))
	k.take(time.Minute, bucket(1))
	k.now = k.now.Add(time.Hour) // full again, and no fuller than that
	k.give(bucket(1))
	for range 3 {
		k.take(0, bucket(1))
	}
	k.take(time.Minute, bucket(1))
	k.now = k.now.Add(-24 * time.Hour) // the clock is put back
	for range 3 {                      // what is left of that day keeps nobody out
		k.take(0, bucket(1))
	}
	k.take(time.Minute, bucket(1))
	if after := store.Generation(); after != before {
		t.Errorf("Generation = %d after attempts, want %d as before", after, before)
	}
}

func testAttemptsTogether(t *testing.T, store account.Store) {
	k := &taker{t, store, day}
	for range 3 {
		k.take(0, bucket(1))
	}
	k.take(time.Minute, bucket(1), bucket(2))
	k.take(time.Minute, bucket(2), bucket(1))
	for range 3 {
		k.take(0, bucket(2)) // nothing was taken from it
	}
	k.take(time.Minute, bucket(2))
	k.give(bucket(1), bucket(2))
	k.take(0, bucket(1), bucket(2))
	k.take(0)
}

var errWait = errors.New("wait")

func testAttemptsRace(t *testing.T, store account.Store) {
	won := atOnce(t, 20, errWait, func(ctx context.Context, _ int) error {
		wait, err := store.TakeAttempts(ctx, day, []account.Bucket{bucket(1), bucket(2)})
		if err == nil && wait > 0 {
			err = errWait
		}
		return err
	})
	if won != 3 {
		t.Errorf("%d attempts were taken, want the 3 that there are", won)
	}
}

// counting counts the password hashes that are stored: those of the last run of a
// transaction that may be run more than once.
type counting struct {
	account.Store
	stored atomic.Int32
}

func (c *counting) Update(ctx context.Context, fn func(account.Writer) error) error {
	var last *countingWriter
	err := c.Store.Update(ctx, func(w account.Writer) error {
		last = &countingWriter{Writer: w}
		return fn(last)
	})
	if err == nil {
		c.stored.Add(last.stored)
	}
	return err
}

type countingWriter struct {
	account.Writer
	stored int32
}

func (w *countingWriter) PutPasswordHash(userID, hash, kind string) error {
	w.stored++
	return w.Writer.PutPasswordHash(userID, hash, kind)
}

func testUpgradeRace(t *testing.T, store account.Store) {
	c := &counting{Store: store}
	create(t, service(t, c), "anna", "user")
	c.stored.Store(0)
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.PBKDF2SHA256(10), password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.NewService(t.Context(), account.Config{Store: c, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Login(t.Context(), "anna", "wrong", account.Ask{}); !errors.Is(err, account.ErrBadLogin) || c.stored.Load() != 0 {
		t.Errorf("Login(wrong) = %v, and %d hashes were stored, want ErrBadLogin and none", err, c.stored.Load())
	}
	won := atOnce(t, 100, account.ErrBadLogin, func(ctx context.Context, _ int) error {
		_, err := s.Login(ctx, "anna", secret, account.Ask{Scopes: []string{"me"}})
		return err
	})
	if won != 100 || c.stored.Load() != 1 {
		t.Errorf("%d of 100 sign-ins succeeded and %d hashes were stored, want 100 and 1", won, c.stored.Load())
	}
	if _, err := s.Login(t.Context(), "anna", secret, account.Ask{}); err != nil || c.stored.Load() != 1 {
		t.Errorf("Login = %v, and %d hashes were stored, want nil and 1", err, c.stored.Load())
	}
}

func testResetRace(t *testing.T, store account.Store) {
	s := service(t, store)
	u := create(t, s, "anna", "user")
	link, err := s.NewReset(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	links := []account.Secret{link}
	for range 3 {
		asked, err := s.AskReset(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, asked)
	}
	won := atOnce(t, 8, account.ErrBadReset, func(ctx context.Context, i int) error {
		_, err := s.ResetPassword(ctx, links[i%len(links)], account.Secret(fmt.Sprintf("a new horse battery %d", i)))
		return err
	})
	if won != 1 {
		t.Errorf("%d passwords were set with links of one user, want 1", won)
	}
}
