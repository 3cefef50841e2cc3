package account_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Somebody who guesses at an account where it is used stands in the trail, with the
// network, whatever flood there is beside it; and how often others guess at an account
// stands there too, for 25 accounts more than there is room for networks.
func TestAFloodHidesNoAttemptWhereTheOwnerIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.InsecureNoThrottle = true
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 40 {
		w.user(fmt.Sprintf("user%02d", n))
	}
	home := account.WithSource(t.Context(), "192.0.2.1")
	if _, err := s.Login(home, "user39", secret, account.Ask{}); err != nil {
		t.Fatal(err)
	}
	guess := func(ctx context.Context, n int) {
		if _, err := s.Login(ctx, fmt.Sprintf("user%02d", n), "wrong", account.Ask{}); !errors.Is(err, account.ErrBadLogin) {
			t.Fatalf("Login = %v", err)
		}
	}
	for n := range 39 { // from 39 networks at 39 accounts
		guess(account.WithSource(t.Context(), fmt.Sprintf("198.51.%d.1", n)), n)
	}
	for range 3 {
		guess(home, 39)
	}
	w.now = w.now.Add(2 * time.Minute)
	if err := s.FlushAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, apart := map[string]int64{}, 0
	for _, r := range trailOf(t, w.store) {
		if r.Kind != account.AuditSignInRefused {
			continue
		}
		told[r.On.Name] += r.Count
		if r.Source != "others" {
			apart++
		}
		if r.On.Name == "user39" && (r.Source != "192.0.2.1" || r.Details.Get("known") != "yes" || r.Count != 3) {
			t.Errorf("the guesses where the owner is are recorded as %+v", r)
		}
	}
	if len(told) != 40 || told["user39"] != 3 || told["user38"] != 1 || apart != 26 {
		t.Errorf("guesses are recorded for %d accounts, of which %d with their network: %v", len(told), apart, told)
	}
}
