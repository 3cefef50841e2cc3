package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// AllUsers goes on behind a page, ends where it is told to, and says when the
// store cannot be read on.
func TestAllUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range w.AllUsers(t.Context()) {
		t.Error("there is a user in an empty store")
	}
	list := make([]account.ImportedUser, 1001)
	var want []string
	for i := range list {
		list[i].Name = fmt.Sprintf("u%d", i)
		want = append(want, list[i].Name)
	}
	if _, err := w.Import(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for user, err := range w.AllUsers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, user.Name)
	}
	slices.Sort(got) // they were all made in one moment
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("AllUsers has %d users, want all %d once", len(got), len(want))
	}

	seen := 0
	for range w.AllUsers(t.Context()) {
		if seen++; seen == 501 {
			break
		}
	}
	if seen != 501 {
		t.Errorf("AllUsers went on for %d users after a break", seen)
	}

	store := &outages{Store: w.store}
	config := w.config
	config.Store = store
	s, err := account.NewService(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	store.begin(3) // the View and the Users of the first page are 1 and 2
	seen, err = 0, nil
	for _, err = range s.AllUsers(context.Background()) {
		if err == nil {
			seen++
		}
	}
	if !errors.Is(err, errOutage) || seen != 500 {
		t.Errorf("AllUsers of a store that goes away = %d users and %v, want 500 and the error", seen, err)
	}
}

// What roles grant together, each scope once.
func TestGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.PutRole(t.Context(), account.Role{Name: "seller", Scopes: []string{"items", "me"}}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ roles, want []string }{
		"no role":                 {nil, nil},
		"one":                     {[]string{"user"}, []string{"keys:write", "me"}},
		"two that grant the same": {[]string{"seller", "manager"}, []string{"items", "keys:write", "me", "users:read"}},
	} {
		if got, err := w.Granted(t.Context(), test.roles); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: Granted = %q, %v, want %q", name, got, err, test.want)
		}
	}
	got, err := w.Granted(t.Context(), []string{"user", "ghost"})
	if !errors.Is(err, account.ErrNoRole) || got != nil || err.Error() != "role ghost: "+account.ErrNoRole.Error() {
		t.Errorf("Granted with a role that is not there = %q, %v", got, err)
	}
}
