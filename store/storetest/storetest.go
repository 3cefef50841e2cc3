// Package storetest is the suite that every store passes, and says by that what a
// store promises: a table of sentences for accounts ([Run]), for signing keys
// ([RunKeys]), for settings ([RunSettings]) and for the log of changes
// ([RunChanges]). A store that passes all four, with the race detector, does for
// identity.Open. What the tests cannot see, such as that a commit survives a power
// cut, stands in the comments of the interfaces; docs/stores.md is the way through
// all of it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Run runs the suite. Open makes a new, empty store for a test, and closes it
// when the test ends.
func Run(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"what was put is found":                              testFound,
		"what is not there has its own error":                testMissing,
		"what is no text is not there":                       testNoText,
		"users come in pages, by id":                         testPages,
		"lists are in the order of bytes":                    testOrder,
		"a name belongs to one user":                         testNames,
		"a name is one in capitals, too":                     testNamesInCapitals,
		"a user's roles exist, and stay while they are used": testRoles,
		"an update that fails leaves nothing behind":         testRollback,
		"a view does not change while it is looked at":       testSnapshot,
		"removing a user takes the sessions along":           testRemoveUser,
		"several setups may wait, the newest":                testSetup,
		"what is known of a password goes with it":           testMarks,
		"what is read can be changed by its reader":          testAliasing,
		"a context that has ended ends a transaction":        testContext,
		"one of the last two administrators stays":           testAdminRace,
		"a name is given once":                               testNameRace,
		"a setup link makes one administrator":               testSetupRace,
		"kinds of password hashes are counted":               testKinds,
		"a user's newest addresses are known":                testAddresses,
		"a user has one reset":                               testResets,
		"attempts run out and come back":                     testAttempts,
		"attempts are taken from all buckets or none":        testAttemptsTogether,
		"no more attempts are taken than there are":          testAttemptsRace,
		"what buckets have can be looked at":                 testAttemptWaits,
		"wrong passwords in a row are counted":               testFailures,
		"no wrong password is missed":                        testFailuresTogether,
		"a clock that jumps ends nothing":                    testJumps,
		"what a clock makes while it is ahead is none":       testMadeAhead,
		"of concurrent sign-ins one replaces an old hash":    testUpgradeRace,
		"a reset link is good once":                          testResetRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
	RunClients(t, open)
	RunCodes(t, open)
	RunSessions(t, open)
	RunAPIKeys(t, open)
}

var day = time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC)

func user(n int, roles ...string) account.User {
	return account.User{
		ID: fmt.Sprintf("id-%03d", n), Name: fmt.Sprintf("user-%03d", n), Email: fmt.Sprintf("u%d@example.org", n),
		Roles: append([]string{}, roles...), Created: day,
	}
}

func session(n int, owner account.User, expires time.Time) account.Session {
	return account.Session{
		ID: fmt.Sprintf("session-%d", n), UserID: owner.ID, Handle: fmt.Sprintf("handle-%d", n),
		Scopes: []string{"a", "b"}, Created: day, Expires: expires, LastUsed: day, TokenHash: [32]byte{1, 2, byte(n)}, ClientID: account.BuiltInClient,
	}
}

func role(name string, scopes ...string) account.Role {
	return account.Role{Name: name, Description: "The " + name, Scopes: scopes}
}

func update(t *testing.T, store account.Store, fn func(w account.Writer) error) {
	t.Helper()
	if err := store.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update = %v", err)
	}
}

func view(t *testing.T, store account.Store, fn func(r account.Reader) error) {
	t.Helper()
	if err := store.View(t.Context(), fn); err != nil {
		t.Fatalf("View = %v", err)
	}
}

func put(t *testing.T, store account.Store, items ...any) {
	t.Helper()
	update(t, store, func(w account.Writer) error {
		for _, item := range items {
			if err := putOne(w, item); err != nil {
				return err
			}
		}
		return nil
	})
}

func putOne(w account.Writer, item any) error {
	switch item := item.(type) {
	case account.User:
		return w.PutUser(item)
	case account.Role:
		return w.PutRole(item)
	case account.Session:
		return w.PutSession(item)
	case account.Client:
		return w.PutClient(item)
	case account.APIKey:
		return w.PutAPIKey(item)
	case account.PendingSetup:
		return w.PutPendingSetup(item)
	}
	return fmt.Errorf("storetest: %T", item)
}

// expect compares what a reader returned.
func expect[T any](t *testing.T, what string, want T) func(got T, err error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %+v, %v, want %+v", what, got, err, want)
		}
	}
}

func testFound(t *testing.T, store account.Store) {
	anna, ben := user(1, "editor", "admin"), user(2, "editor")
	editor, admin := role("editor", "write", "read"), role("admin", "all")
	s := session(1, anna, day.Add(time.Hour))
	put(t, store, editor, admin, anna, ben, s)
	update(t, store, func(w account.Writer) error { return w.PutPasswordHash(anna.ID, "$hash$", "$kind$") })

	anna.Roles, editor.Scopes = []string{"admin", "editor"}, []string{"read", "write"} // sorted
	view(t, store, func(r account.Reader) error {
		expect(t, "User", anna)(r.User(anna.ID))
		expect(t, "UserByName", ben)(r.UserByName(ben.Name))
		expect(t, "PasswordHash", "$hash$")(r.PasswordHash(anna.ID))
		expect(t, "PasswordHash of a user without one", "")(r.PasswordHash(ben.ID))
		expect(t, "Role", editor)(r.Role("editor"))
		expect(t, "Roles", []account.Role{admin, editor})(r.Roles())
		expect(t, "CountAble", 1)(r.CountAble("admin"))
		expect(t, "CountAble without those who have no password", 1)(r.CountAble("editor"))
		expect(t, "Session", s)(r.Session(s.ID))
		expect(t, "SessionByHandle", s)(r.SessionByHandle(s.Handle))
		return nil
	})

	anna.Disabled, anna.Email, anna.Roles = true, "", []string{"admin"}
	s.Scopes, s.TokenHash = []string{"a"}, [32]byte{9}
	put(t, store, anna, s, role("editor"))
	view(t, store, func(r account.Reader) error {
		expect(t, "changed user", anna)(r.User(anna.ID))
		expect(t, "hash of a changed user", "$hash$")(r.PasswordHash(anna.ID))
		expect(t, "changed session", s)(r.Session(s.ID))
		expect(t, "CountAble without the disabled", 0)(r.CountAble("admin"))
		got, err := r.Role("editor")
		if err != nil || len(got.Scopes) != 0 {
			t.Errorf("changed role = %+v, %v, want no scopes", got, err)
		}
		return nil
	})
}

func testMissing(t *testing.T, store account.Store) {
	reads := map[string]func(account.Reader) (error, error){
		"User":         func(r account.Reader) (error, error) { _, err := r.User("x"); return err, account.ErrNoUser },
		"UserByName":   func(r account.Reader) (error, error) { _, err := r.UserByName("x"); return err, account.ErrNoUser },
		"PasswordHash": func(r account.Reader) (error, error) { _, err := r.PasswordHash("x"); return err, account.ErrNoUser },
		"Role":         func(r account.Reader) (error, error) { _, err := r.Role("x"); return err, account.ErrNoRole },
		"Session":      func(r account.Reader) (error, error) { _, err := r.Session("x"); return err, account.ErrNoSession },
		"SessionByHandle": func(r account.Reader) (error, error) {
			_, err := r.SessionByHandle("x")
			return err, account.ErrNoSession
		},
		"SessionByHandle of nothing": func(r account.Reader) (error, error) {
			_, err := r.SessionByHandle("")
			return err, account.ErrNoSession
		},
		"PendingSetup": func(r account.Reader) (error, error) {
			_, err := r.PendingSetup([32]byte{})
			return err, account.ErrBadSetup
		},
	}
	view(t, store, func(r account.Reader) error {
		for name, read := range reads {
			if got, want := read(r); !errors.Is(got, want) {
				t.Errorf("%s = %v, want %v", name, got, want)
			}
		}
		return nil
	})
	update(t, store, func(w account.Writer) error { // removing what is not there is done already
		return errors.Join(w.RemoveSession("x"), w.RemoveSessionsOf("x"), w.RemovePendingSetups(), w.RemoveUser("x"), w.RemoveRole("x"))
	})
	for name, write := range map[string]func(account.Writer) error{
		"PutSession":      func(w account.Writer) error { return w.PutSession(session(1, user(9), day)) },
		"PutPasswordHash": func(w account.Writer) error { return w.PutPasswordHash("x", "y", "z") },
	} {
		if err := store.Update(t.Context(), write); !errors.Is(err, account.ErrNoUser) {
			t.Errorf("%s of a user who is not there = %v, want ErrNoUser", name, err)
		}
	}
}

// Names come from strangers. A database that cannot hold what they send (NUL, no
// UTF-8) does not have it; that is no failure of the database.
func testNoText(t *testing.T, store account.Store) {
	put(t, store, user(1), client("a"))
	for _, text := range []string{"user\x00", "\xff", "id-001\x00"} {
		view(t, store, func(r account.Reader) error {
			for name, err := range map[string][2]error{
				"User":            {second(r.User(text)), account.ErrNoUser},
				"UserByName":      {second(r.UserByName(text)), account.ErrNoUser},
				"Role":            {second(r.Role(text)), account.ErrNoRole},
				"SessionByHandle": {second(r.SessionByHandle(text)), account.ErrNoSession},
				"Client":          {second(r.Client(text)), account.ErrNoClient},
				"APIKey":          {second(r.APIKey(text)), account.ErrNoAPIKey},
			} {
				if !errors.Is(err[0], err[1]) {
					t.Errorf("%s(%q) = %v, want %v", name, text, err[0], err[1])
				}
			}
			return nil
		})
		update(t, store, func(w account.Writer) error {
			return errors.Join(w.RemoveUser(text), w.RemoveRole(text), w.RemoveSession(text), w.RemoveSessionsOf(text), w.RemoveClient(text), w.RemoveAPIKey(text))
		})
	}
}

func second[T any](_ T, err error) error { return err }

func testPages(t *testing.T, store account.Store) {
	for _, n := range []int{3, 1, 5, 2, 4} {
		put(t, store, user(n))
	}
	for after, want := range map[string][]string{
		"":       {"id-001", "id-002"},
		"id-002": {"id-003", "id-004"},
		"id-004": {"id-005"},
		"id-005": nil,
	} {
		view(t, store, func(r account.Reader) error {
			list, err := r.Users(after, 2)
			var got []string
			for _, u := range list {
				got = append(got, u.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("Users(%q, 2) = %v, want %v", after, got, want)
			}
			return err
		})
	}
}

// Ids and names are compared byte by byte, whatever the language of the system
// that the store runs on: pages would miss users otherwise.
func testOrder(t *testing.T, store account.Store) {
	sorted := []string{"-", "00", "0a", "A", "B", "Z", "_", "a", "a-b", "a.b", "ab", "b"}
	for _, i := range []int{3, 7, 0, 11, 9, 5, 1, 8, 2, 10, 6, 4} {
		put(t, store, role(sorted[i]), account.User{ID: sorted[i], Name: "name " + sorted[i], Roles: sorted[i : i+1], Created: day})
	}
	everyRole := account.User{ID: "c", Name: "c", Roles: slices.Clone(sorted), Created: day}
	slices.Reverse(everyRole.Roles)
	put(t, store, role("of bytes", sorted...), everyRole)
	view(t, store, func(r account.Reader) error {
		var users, roles []string
		for after := ""; ; {
			page, err := r.Users(after, 5)
			for _, u := range page {
				after = u.ID
				users = append(users, u.ID)
			}
			if err != nil || len(page) == 0 {
				break
			}
		}
		list, err := r.Roles()
		for _, one := range list {
			roles = append(roles, one.Name)
		}
		if want := append(slices.Clone(sorted), "c"); !slices.Equal(users, want) {
			t.Errorf("Users, page by page, are %q, want %q", users, want)
		}
		if want := append(slices.Clone(sorted), "of bytes"); !slices.Equal(roles, want) {
			t.Errorf("Roles are %q, want %q", roles, want)
		}
		expect(t, "Role", role("of bytes", sorted...))(r.Role("of bytes"))
		got, err2 := r.User("c")
		if !slices.Equal(got.Roles, sorted) {
			t.Errorf("the roles of a user are %q, want %q", got.Roles, sorted)
		}
		return errors.Join(err, err2)
	})
}

func testNames(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2))
	taken := user(3)
	taken.Name = user(1).Name
	renamed := user(2)
	renamed.Name = user(1).Name
	for name, u := range map[string]account.User{"new": taken, "changed": renamed} {
		err := store.Update(t.Context(), func(w account.Writer) error { return w.PutUser(u) })
		if !errors.Is(err, account.ErrNameTaken) {
			t.Errorf("PutUser of a %s user with another's name = %v, want ErrNameTaken", name, err)
		}
	}
	renamed.Name = "free"
	put(t, store, renamed, account.User{ID: "id-9", Name: user(2).Name, Roles: []string{}, Created: day})
}

func testRoles(t *testing.T, store account.Store) {
	err := store.Update(t.Context(), func(w account.Writer) error { return w.PutUser(user(1, "ghost")) })
	if !errors.Is(err, account.ErrNoRole) {
		t.Errorf("PutUser with an unknown role = %v, want ErrNoRole", err)
	}
	put(t, store, role("editor", "a"), user(1, "editor"))
	remove := func(w account.Writer) error { return w.RemoveRole("editor") }
	if err := store.Update(t.Context(), remove); !errors.Is(err, account.ErrRoleInUse) {
		t.Errorf("RemoveRole of a role in use = %v, want ErrRoleInUse", err)
	}
	put(t, store, user(1))
	update(t, store, remove)
	view(t, store, func(r account.Reader) error {
		if _, err := r.Role("editor"); !errors.Is(err, account.ErrNoRole) {
			t.Errorf("Role after RemoveRole = %v, want ErrNoRole", err)
		}
		return nil
	})
}

func testRollback(t *testing.T, store account.Store) {
	put(t, store, role("editor", "a"), user(1, "editor"), session(1, user(1), day))
	oops := errors.New("oops")
	err := store.Update(t.Context(), func(w account.Writer) error {
		return errors.Join(w.PutUser(user(2)), w.RemoveUser(user(1).ID), w.RemoveRole("editor"), w.PutPendingSetup(account.PendingSetup{Expires: day}), oops)
	})
	if !errors.Is(err, oops) {
		t.Fatalf("Update = %v, want the function's error", err)
	}
	view(t, store, func(r account.Reader) error {
		expect(t, "User", user(1, "editor"))(r.User(user(1).ID))
		expect(t, "Session", session(1, user(1), day))(r.Session("session-1"))
		if _, err := r.User(user(2).ID); !errors.Is(err, account.ErrNoUser) {
			t.Errorf("User of a failed update = %v, want ErrNoUser", err)
		}
		if _, err := r.PendingSetup([32]byte{}); !errors.Is(err, account.ErrBadSetup) {
			t.Errorf("PendingSetup of a failed update = %v, want ErrBadSetup", err)
		}
		return nil
	})
}

func testSnapshot(t *testing.T, store account.Store) {
	put(t, store, user(1))
	view(t, store, func(r account.Reader) error {
		expect(t, "User", user(1))(r.User(user(1).ID))
		changed := user(1)
		changed.Email = "other@example.org"
		put(t, store, changed)
		expect(t, "User after another's change", user(1))(r.User(user(1).ID))
		return nil
	})
}

func testRemoveUser(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), session(1, user(1), day), session(2, user(1), day), session(3, user(2), day))
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(1).ID) })
	view(t, store, func(r account.Reader) error {
		for _, id := range []string{"session-1", "session-2"} {
			if _, err := r.Session(id); !errors.Is(err, account.ErrNoSession) {
				t.Errorf("Session(%s) = %v, want ErrNoSession", id, err)
			}
		}
		if _, err := r.SessionByHandle("handle-1"); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("SessionByHandle = %v, want ErrNoSession", err)
		}
		expect(t, "another's session", session(3, user(2), day))(r.Session("session-3"))
		return nil
	})
	put(t, store, account.User{ID: "id-9", Name: user(1).Name, Roles: []string{}, Created: day}) // the name is free
}

func testAliasing(t *testing.T, store account.Store) {
	put(t, store, role("a", "x"), role("b"), user(1, "a"), session(1, user(1), day))
	view(t, store, func(r account.Reader) error {
		u, _ := r.User(user(1).ID)
		u.Roles[0] = "b"
		ro, _ := r.Role("a")
		ro.Scopes[0] = "y"
		s, _ := r.Session("session-1")
		s.Scopes[0] = "z"
		return nil
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "User", user(1, "a"))(r.User(user(1).ID))
		expect(t, "Role", role("a", "x"))(r.Role("a"))
		expect(t, "Session", session(1, user(1), day))(r.Session("session-1"))
		return nil
	})
}

func testContext(t *testing.T, store account.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.View(ctx, func(account.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View = %v, want context.Canceled", err)
	}
	if err := store.Update(ctx, func(w account.Writer) error { return w.PutUser(user(1)) }); !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want context.Canceled", err)
	}
	view(t, store, func(r account.Reader) error {
		if _, err := r.User(user(1).ID); !errors.Is(err, account.ErrNoUser) {
			t.Errorf("User of an update that never was = %v, want ErrNoUser", err)
		}
		return nil
	})
}
