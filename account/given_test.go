package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

const another = "battery staple correct"

// given makes an administrator, and a user whose password the administrator chose.
func (w *world) given() account.User {
	w.t.Helper()
	w.user("root", "admin")
	user, err := w.CreateUser(w.t.Context(), account.NewUser{Name: "bob", Password: secret, Roles: []string{"user"}, Given: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

// refusedAsGiven fails the test unless a sign-in says that the password was given.
func (w *world) refusedAsGiven(what string, err error) account.Secret {
	w.t.Helper()
	var given *account.GivenPasswordError
	if !errors.As(err, &given) || given.User.Name != "bob" {
		w.t.Fatalf("%s = %v, want a *GivenPasswordError", what, err)
	}
	return given.Reset
}

// A password that an administrator chose begins no session, and is good for setting
// another, after which it is good for nothing.
func TestAGivenPassword(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(w *world, offered, next account.Secret) error{
		"with what the sign-in offers": func(w *world, offered, next account.Secret) error {
			_, err := w.ResetPassword(t.Context(), offered, next)
			return err
		},
		"with name and password": func(w *world, _, next account.Secret) error {
			_, err := w.ReplaceGivenPassword(t.Context(), "Bob", secret, next)
			return err
		},
		"with a link": func(w *world, _, next account.Secret) error {
			bob, err := w.UserByName(t.Context(), "bob")
			if err != nil {
				return err
			}
			link, err := w.NewReset(t.Context(), bob.ID)
			if err != nil {
				return err
			}
			_, err = w.ResetPassword(t.Context(), link, next)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			bob := w.given()
			_, err := w.Login(t.Context(), "bob", secret, account.Ask{Scopes: []string{"me"}})
			if offered := w.refusedAsGiven("Login", err); offered != "" {
				t.Error("a sign-in for tokens offers what sets another password")
			}
			_, err = w.LoginSession(t.Context(), "bob", secret)
			offered := w.refusedAsGiven("LoginSession", err)
			if given, err := w.PasswordGiven(t.Context(), bob.ID); err != nil || !given {
				t.Errorf("PasswordGiven = %v, %v, want that it is", given, err)
			}
			var invalid *account.InvalidError
			for what, next := range map[string]account.Secret{"the same one": secret, "a short one": "short"} {
				if err := set(w, offered, next); !errors.As(err, &invalid) || invalid.Field != "password" {
					t.Errorf("%s = %v, want an *InvalidError", what, err)
				}
			}
			if err := set(w, offered, another); err != nil {
				t.Fatalf("setting another = %v", err)
			}
			_, err = w.LoginSession(t.Context(), "bob", secret)
			w.refused("the given one afterwards", err, account.ErrBadLogin)
			if _, err := w.LoginSession(t.Context(), "bob", another); err != nil {
				t.Errorf("the own one = %v", err)
			}
			if given, err := w.PasswordGiven(t.Context(), bob.ID); err != nil || given {
				t.Errorf("PasswordGiven afterwards = %v, %v", given, err)
			}
			if sessions, err := w.Sessions(t.Context(), bob.ID); err != nil || len(sessions) != 1 {
				t.Errorf("there are %d sessions, %v, want the last one alone", len(sessions), err)
			}
		})
	}
}

func TestWhoIsGivenAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := func(n account.NewUser) bool {
		n.Password, n.Given = secret, true
		user, err := w.CreateUser(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		given, err := w.PasswordGiven(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		return given
	}
	for _, test := range []struct {
		name string
		user account.NewUser
		want bool
	}{
		{"who is no administrator, before there is one", account.NewUser{Name: "ann", Roles: []string{"user"}}, true},
		{"the first administrator", account.NewUser{Name: "root", Roles: []string{"admin"}}, false},
		{"the second one", account.NewUser{Name: "root2", Roles: []string{"admin"}}, true},
	} {
		if got := create(test.user); got != test.want {
			t.Errorf("%s: given is %v, want %v", test.name, got, test.want)
		}
	}
	if _, err := w.PasswordGiven(t.Context(), "nobody"); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PasswordGiven of nobody = %v, want ErrNoUser", err)
	}
}

// Who has not the given password learns nothing, and is counted.
func TestGuessesAtAGivenPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given()
	w.user("own", "user")
	set := func(name string, given account.Secret) error {
		_, err := w.ReplaceGivenPassword(t.Context(), name, given, another)
		return err
	}
	w.refused("a wrong password", set("bob", "wrong"), account.ErrBadLogin)
	w.refused("nobody", set("nobody", secret), account.ErrBadLogin)
	w.refused("a wrong password that was not given", set("own", "wrong"), account.ErrBadLogin)
	w.refused("a right one that was not given", set("own", secret), account.ErrNotGiven)
	w.login("own") // which still is theirs
	for range 9 {
		w.refused("a wrong password", set("bob", "wrong"), account.ErrBadLogin)
	}
	var throttled *account.ThrottledError
	if err := set("bob", secret); !errors.As(err, &throttled) {
		t.Errorf("after ten wrong ones = %v, want a *ThrottledError", err)
	}
	w.now = w.now.Add(time.Hour)
	if err := set("bob", secret); err != nil {
		t.Errorf("an hour later = %v", err)
	}
}

// A given password in another form of Unicode is the same password.
func TestAGivenPasswordIsNotReplacedByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("root", "admin")
	_, err := w.CreateUser(t.Context(), account.NewUser{Name: "bob", Password: "caf\u00e9 na\u00efve z\u00fcrich", Roles: []string{"user"}, Given: true}) //nolint:gosec // of a test
	w.refused("CreateUser", err, nil)
	var invalid *account.InvalidError
	if _, err := w.ReplaceGivenPassword(t.Context(), "bob", "caf\u00e9 na\u00efve z\u00fcrich", "cafe\u0301 nai\u0308ve zu\u0308rich"); !errors.As(err, &invalid) {
		t.Errorf("ReplaceGivenPassword with the same = %v, want an *InvalidError", err)
	}
}
