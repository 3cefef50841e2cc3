package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// RunSearch runs the part of the suite that is about searching users. [Run] does
// so, too.
func RunSearch(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"users are found by the beginning of a name, a role and a state": testSearch,
		"what is found comes in pages, by name":                          testSearchPages,
		"a search sees what was changed":                                 testSearchChanges,
		"a role's holders are counted up to a bound":                     testCountHolders,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// named is a user of a name, with a number that has nothing to do with its order.
func named(n int, name string, disabled bool, roles ...string) account.User {
	u := user(n, roles...)
	u.Name, u.Disabled = name, disabled
	return u
}

func found(t *testing.T, store account.Store, q account.UserQuery, limit int) (names []string) {
	t.Helper()
	view(t, store, func(r account.Reader) error {
		list, err := r.SearchUsers(q, limit)
		for _, u := range list {
			one, err := r.User(u.ID)
			expect(t, "User of SearchUsers", u)(one, err)
			names = append(names, u.Name)
		}
		return err
	})
	return names
}

func testSearch(t *testing.T, store account.Store) {
	put(t, store, role("admin"), role("till"),
		named(5, "al", false), named(4, "alice", false, "admin", "till"), named(3, "alina", true, "till"),
		named(2, "bob", true, "admin"), named(1, "b%b_", false, "till"), named(6, "Alf", false), named(7, "al~", false))
	for what, test := range map[string]struct {
		q    account.UserQuery
		want []string
	}{
		"everybody":                      {account.UserQuery{}, []string{"Alf", "al", "alice", "alina", "al~", "b%b_", "bob"}},
		"a beginning":                    {account.UserQuery{Prefix: "al"}, []string{"al", "alice", "alina", "al~"}},
		"a whole name":                   {account.UserQuery{Prefix: "alice"}, []string{"alice"}},
		"what nobody begins with":        {account.UserQuery{Prefix: "c"}, nil},
		"what is a pattern elsewhere":    {account.UserQuery{Prefix: "b%"}, []string{"b%b_"}},
		"a role":                         {account.UserQuery{Role: "till"}, []string{"alice", "alina", "b%b_"}},
		"a role that nobody has":         {account.UserQuery{Role: "none"}, nil},
		"those who are disabled":         {account.UserQuery{State: account.UserDisabled}, []string{"alina", "bob"}},
		"those who are not":              {account.UserQuery{State: account.UserEnabled}, []string{"Alf", "al", "alice", "al~", "b%b_"}},
		"a role and a state":             {account.UserQuery{Role: "till", State: account.UserDisabled}, []string{"alina"}},
		"a role and the other state":     {account.UserQuery{Role: "till", State: account.UserEnabled}, []string{"alice", "b%b_"}},
		"all of it":                      {account.UserQuery{Prefix: "al", Role: "till", State: account.UserEnabled}, []string{"alice"}},
		"a beginning and those after it": {account.UserQuery{Prefix: "al", After: "alice"}, []string{"alina", "al~"}},
	} {
		if got := found(t, store, test.q, 10); !slices.Equal(got, test.want) {
			t.Errorf("SearchUsers of %s = %q, want %q", what, got, test.want)
		}
	}
}

func testSearchPages(t *testing.T, store account.Store) {
	put(t, store, role("even"))
	var all, even []string
	for n := range 12 {
		one := named(100-n, fmt.Sprintf("n%02d", n), n%3 == 0)
		if all = append(all, one.Name); n%2 == 0 {
			one.Roles, even = []string{"even"}, append(even, one.Name)
		}
		put(t, store, one)
	}
	for what, test := range map[string]struct {
		q    account.UserQuery
		want []string
	}{"everybody": {account.UserQuery{}, all}, "a role": {account.UserQuery{Role: "even"}, even}} {
		var got []string
		for {
			page := found(t, store, test.q, 5)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			test.q.After = page[len(page)-1]
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s, page by page, are %q, want %q", what, got, test.want)
		}
	}
}

func testSearchChanges(t *testing.T, store account.Store) {
	put(t, store, role("a"), role("b"), named(1, "ann", false, "a"), named(2, "bob", false, "a"))
	put(t, store, named(1, "zoe", true, "b"))
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(2).ID) })
	for what, test := range map[string]struct {
		q    account.UserQuery
		want []string
	}{
		"the name before": {account.UserQuery{Prefix: "ann"}, nil},
		"the name now":    {account.UserQuery{Prefix: "zoe"}, []string{"zoe"}},
		"the role before": {account.UserQuery{Role: "a"}, nil},
		"the role now":    {account.UserQuery{Role: "b", Prefix: "z"}, []string{"zoe"}},
		"the state now":   {account.UserQuery{State: account.UserDisabled}, []string{"zoe"}},
	} {
		if got := found(t, store, test.q, 10); !slices.Equal(got, test.want) {
			t.Errorf("SearchUsers of %s = %q, want %q", what, got, test.want)
		}
	}
}

func testCountHolders(t *testing.T, store account.Store) {
	put(t, store, role("a"), role("b"), user(1, "a"), user(2, "a", "b"), user(3, "a"))
	view(t, store, func(r account.Reader) error {
		expect(t, "CountHolders", 3)(r.CountHolders("a", 10))
		expect(t, "CountHolders up to a bound", 2)(r.CountHolders("a", 2))
		expect(t, "CountHolders of another role", 1)(r.CountHolders("b", 10))
		expect(t, "CountHolders of none", 0)(r.CountHolders("x", 10))
		return nil
	})
}
