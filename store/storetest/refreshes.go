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

// Closer is a store that can be closed, and opened again.
type Closer interface {
	account.Store
	Close() error
}

// Refreshes is the test that a thousand who refresh with one token within the same moment, at two processes,
// after a restart, are given one successor; so are those who come after another
// restart. When that was used, the token is a thief's.
//
// Open opens the same database once more. The test closes what it has opened.
func Refreshes(t *testing.T, open func(t *testing.T) Closer) {
	t.Helper()
	restart := func(of ...Closer) (a, b *account.Service, stores []Closer) {
		for _, store := range of {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
		stores = []Closer{open(t), open(t)}
		return service(t, stores[0]), service(t, stores[1]), stores
	}
	a, _, stores := restart()
	create(t, a, "anna")
	grant, err := a.Login(t.Context(), "anna", secret, account.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	a, b, stores := restart(stores...)
	callers := 1000
	if testing.Short() {
		callers = 100
	}
	given := refreshes(t, grant.RefreshToken, callers, a, b)
	if len(given) != 1 {
		t.Fatalf("%d refreshes with one token gave %d, want 1", callers, len(given))
	}
	a, b, stores = restart(stores...)
	if again := refreshes(t, grant.RefreshToken, 10, a, b); !slices.Equal(again, given) {
		t.Errorf("after another restart the token gave others: %d", len(again))
	}
	if used := refreshes(t, given[0], 10, a, b); len(used) != 1 {
		t.Errorf("10 refreshes with the successor gave %d tokens, want 1", len(used))
	}
	_, b, stores = restart(stores...)
	if _, err := b.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{}); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("Refresh with a token whose successor was used = %v, want ErrBadGrant", err)
	}
	for _, store := range stores {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// refreshes refreshes with one token at several services, all at once, and returns
// the tokens that were given. None may fail.
func refreshes(t *testing.T, token account.Secret, callers int, services ...*account.Service) (given []account.Secret) {
	t.Helper()
	given = make([]account.Secret, callers)
	var calling sync.WaitGroup
	start := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i := range callers {
		calling.Go(func() {
			<-start
			grant, err := services[i%len(services)].Refresh(ctx, string(token), account.Ask{})
			if err != nil {
				t.Errorf("Refresh = %v", err)
			}
			given[i] = grant.RefreshToken
		})
	}
	close(start)
	calling.Wait()
	slices.Sort(given)
	return slices.Compact(given)
}
