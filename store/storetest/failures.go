package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// testAttemptWaits looks at buckets without taking anything.
func testAttemptWaits(t *testing.T, store account.Store) {
	k := &taker{t, store, day}
	buckets := []account.Bucket{bucket(1), bucket(2), bucket(3)}
	waits := func(want ...time.Duration) {
		t.Helper()
		expect(t, "AttemptWaits", want)(store.AttemptWaits(t.Context(), k.now, buckets))
	}
	waits(0, 0, 0)
	for range 3 {
		k.take(0, bucket(2))
	}
	waits(0, time.Minute, 0)
	waits(0, time.Minute, 0) // looking takes none
	k.now = k.now.Add(20 * time.Second)
	waits(0, 40*time.Second, 0)
	k.give(bucket(2))
	waits(0, 0, 0)
}

func testFailures(t *testing.T, store account.Store) {
	ctx, key, nobody := t.Context(), [32]byte{1}, [32]byte{2}
	look := func(key [32]byte, want account.Failures) {
		t.Helper()
		expect(t, "Failures", want)(store.Failures(ctx, key))
	}
	look(key, account.Failures{})
	at := func(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
	before := store.Generation()
	for n := range 3 {
		if err := errors.Join(store.CountFailure(ctx, at(n), key, false), store.CountFailure(ctx, at(n), nobody, true)); err != nil {
			t.Fatal(err)
		}
	}
	look(key, account.Failures{Count: 3, First: at(0), Last: at(2)})
	look(nobody, account.Failures{Count: 3, First: at(0), Last: at(2)})
	if err := errors.Join(store.ClearFailures(ctx, key), store.ClearFailures(ctx, [32]byte{9})); err != nil {
		t.Fatal(err)
	}
	look(key, account.Failures{})
	look(nobody, account.Failures{Count: 3, First: at(0), Last: at(2)})
	if err := store.CountFailure(ctx, at(5), key, false); err != nil {
		t.Fatal(err)
	}
	look(key, account.Failures{Count: 1, First: at(5), Last: at(5)})
	if after := store.Generation(); after != before {
		t.Errorf("Generation = %d after wrong passwords, want %d as before", after, before)
	}
}

func testFailuresTogether(t *testing.T, store account.Store) {
	atOnce(t, 20, errWait, func(ctx context.Context, _ int) error {
		return store.CountFailure(ctx, day, [32]byte{1}, false)
	})
	expect(t, "Failures", account.Failures{Count: 20, First: day, Last: day})(store.Failures(t.Context(), [32]byte{1}))
}
