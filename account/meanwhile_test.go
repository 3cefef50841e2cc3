package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

const next = "a new horse battery"

// resetTo gives a user another password by a link.
func (w *world) resetTo(userID string, secret account.Secret) error {
	link, err := w.NewReset(w.t.Context(), userID)
	if err != nil {
		return err
	}
	_, err = w.ResetPassword(w.t.Context(), link, secret)
	return err
}

func (w *world) disable(userID string) error {
	yes := true
	_, err := w.UpdateUser(w.t.Context(), userID, account.UserChange{Disabled: &yes})
	return err
}

// A password takes a while to verify. What has changed by then counts: no one
// gets a session for what was true before.
func TestWhatHappensDuringASignIn(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(w *world, u account.User) error
		want      error
		scopes    []string
	}{
		"nothing":                 {func(*world, account.User) error { return nil }, nil, []string{"me", "users:read"}},
		"the user is disabled":    {func(w *world, u account.User) error { return w.disable(u.ID) }, account.ErrBadLogin, nil},
		"the user is removed":     {func(w *world, u account.User) error { return w.RemoveUser(w.t.Context(), u.ID) }, account.ErrBadLogin, nil},
		"the password is changed": {func(w *world, u account.User) error { return w.resetTo(u.ID, next) }, account.ErrBadLogin, nil},
		"it is set to the same":   {func(w *world, u account.User) error { return w.resetTo(u.ID, secret) }, nil, []string{"me", "users:read"}},
		"a role is taken away": {func(w *world, u account.User) error {
			_, err := w.SetRoles(w.t.Context(), u.ID, []string{"user"})
			return err
		}, nil, []string{"me"}},
		"the name is another's": {func(w *world, u account.User) error {
			return errors.Join(w.RemoveUser(w.t.Context(), u.ID), w.create("anna", secret))
		}, account.ErrBadLogin, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := watched(t)
			u := w.user("anna", "manager")
			h.during = func() {
				if err := test.meanwhile(w, u); err != nil {
					t.Error(err)
				}
			}
			g, err := w.Login(t.Context(), "anna", secret, account.Ask{Scopes: []string{"me", "users:read"}})
			w.refused("Login", err, test.want)
			if err != nil {
				_, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
				w.refused("Refresh", err, account.ErrBadGrant)
				return
			}
			if c, err := w.caller(g); err != nil || !slices.Equal(g.Scopes, test.scopes) || c.User.Name != "anna" {
				t.Errorf("Login granted %v, and the caller is %+v, %v; want %v", g.Scopes, c, err, test.scopes)
			}
		})
	}
}

func (w *world) create(name string, secret account.Secret) error {
	_, err := w.CreateUser(w.t.Context(), account.NewUser{Name: name, Password: secret})
	return err
}

// A hash that is another each time is given up on, without a session, and is
// no wrong password either.
func TestASignInDoesNotGoOnForever(t *testing.T) {
	w, h := watched(t)
	u := w.user("anna", "user")
	var again func()
	again = func() {
		h.during = again
		if err := w.resetTo(u.ID, secret); err != nil {
			t.Error(err)
		}
	}
	h.during = again
	for range 11 { // more often than there are attempts
		h.verified = nil
		if err := w.try("anna", secret, "192.0.2.1"); err == nil || errors.Is(err, account.ErrBadLogin) || len(h.verified) != 4 {
			t.Fatalf("Login = %v after %d verifications, want another error after 4", err, len(h.verified))
		}
	}
	h.during = nil
	w.refused("Login", w.try("anna", secret, "192.0.2.1"), nil)
}

// A sign-in replaces the outdated hash that it verified and no other: one that
// somebody has stored meanwhile stays.
func TestASignInReplacesTheHashItVerified(t *testing.T) {
	s := newShaky(t)
	hash, err := s.config.Passwords.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	s.outages.before = func() { s.putHash(hash) }
	s.login("anna", "me")
	err = s.store.View(t.Context(), func(r account.Reader) error {
		got, err := r.PasswordHash(s.anna.ID)
		if got != hash {
			t.Errorf("the hash is %s, want %s, which is up to date", got, hash)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The same for the change of one's own password: what has changed by then is
// not overwritten.
func TestWhatHappensDuringAPasswordChange(t *testing.T) {
	const other = "another horse battery"
	for name, test := range map[string]struct {
		meanwhile func(w *world, c account.Caller) error
		want      error  // any if nil
		password  string // afterwards; "" if there is no way in
	}{
		"the session ends":     {func(w *world, c account.Caller) error { return w.Logout(w.t.Context(), c.SessionID) }, account.ErrNoCaller, secret},
		"the user is disabled": {func(w *world, c account.Caller) error { return w.disable(c.User.ID) }, account.ErrNoCaller, ""},
		"the user is removed":  {func(w *world, c account.Caller) error { return w.RemoveUser(w.t.Context(), c.User.ID) }, account.ErrNoCaller, ""},
		"it is reset":          {func(w *world, c account.Caller) error { return w.resetTo(c.User.ID, other) }, account.ErrNoCaller, other},
		"it is changed": {func(w *world, c account.Caller) error {
			return w.ChangePassword(w.t.Context(), c, secret, other)
		}, nil, other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := watched(t)
			w.user("anna", "user")
			c, err := w.caller(w.login("anna", "me"))
			if err != nil {
				t.Fatal(err)
			}
			h.during = func() {
				if err := test.meanwhile(w, c); err != nil {
					t.Error(err)
				}
			}
			if err = w.ChangePassword(t.Context(), c, secret, next); err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("ChangePassword = %v, want %v", err, test.want)
			}
			for _, one := range []string{secret, other, next} {
				if err := w.try("anna", one, ""); (err == nil) != (one == test.password) {
					t.Errorf("Login(%q) = %v, want that %q is the password", one, err, test.password)
				}
			}
		})
	}
}

// A refresh looks at the session twice, and what it saw first does not count.
func TestASessionThatEndsWhileItIsRefreshed(t *testing.T) {
	s := newShaky(t)
	s.outages.before = func() {
		if err := s.Logout(t.Context(), s.grant.SessionID); err != nil {
			t.Error(err)
		}
	}
	_, err := s.Refresh(t.Context(), string(s.grant.RefreshToken), account.Ask{})
	s.refused("Refresh", err, account.ErrBadGrant)
	if _, err = s.world.caller(s.grant); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("Caller = %v, want ErrNoCaller", err)
	}
}

// No session of a user who may not sign in goes on, even one that was left
// when the user was disabled.
func TestADisabledUserRefreshesNothing(t *testing.T) {
	w := newWorld(t)
	u := w.user("anna", "user")
	g := w.login("anna", "me")
	u.Disabled = true
	if err := w.store.Update(t.Context(), func(wr account.Writer) error { return wr.PutUser(u) }); err != nil {
		t.Fatal(err)
	}
	_, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
	w.refused("Refresh", err, account.ErrBadGrant)
	_, err = w.caller(g)
	w.refused("Caller", err, account.ErrDisabled)
}

// What a sign-in did not get no refresh adds, whatever the roles grant by now.
func TestARefreshNeverGrantsMoreThanTheSignIn(t *testing.T) {
	for name, test := range map[string]struct {
		signIn, asked, want []string
	}{
		"more than the sign-in asked for":   {[]string{"me"}, []string{"me", "users:read"}, []string{"me"}},
		"only what it did not ask for":      {[]string{"me"}, []string{"users:read"}, []string{}},
		"something where it asked for none": {nil, []string{"me"}, []string{}},
		"none after none":                   {nil, nil, []string{}},
		"one of two":                        {[]string{"me", "users:read"}, []string{"me"}, []string{"me"}},
		"all":                               {[]string{"me", "users:read"}, []string{"users:read", "me"}, []string{"me", "users:read"}},
		"what the role has got since":       {[]string{"me", "users:write"}, []string{"me", "users:write"}, []string{"me"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.user("anna", "manager")
			g := w.login("anna", test.signIn...)
			if _, err := w.SetRoles(t.Context(), u.ID, []string{"admin", "manager"}); err != nil {
				t.Fatal(err)
			}
			g, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{Scopes: test.asked})
			if err != nil || !slices.Equal(g.Scopes, test.want) {
				t.Errorf("Refresh(%v) after Login(%v) granted %v, %v; want %v", test.asked, test.signIn, g.Scopes, err, test.want)
			}
			if c, err := w.caller(g); err != nil || c.HasScope("users:write") {
				t.Errorf("Caller = %+v, %v, want one without users:write", c, err)
			}
		})
	}
}

// Anybody can make up tokens: they cost no transaction that writes and leave
// all that is remembered as it is, and what is no token is not even looked up.
func TestMadeUpRefreshTokensAreCheap(t *testing.T) {
	s := newShaky(t)
	real := string(s.grant.RefreshToken)
	for name, test := range map[string]struct {
		token string
		calls int
	}{
		"nothing":              {"", 0},
		"garbage":              {strings.Repeat("x", 1<<20), 0},
		"one without prefix":   {strings.TrimPrefix(real, "hfr_"), 0},
		"one without a secret": {real[:strings.IndexByte(real, '.')], 0},
		"one of no session":    {"hfr_x.y", 2}, // View, SessionByHandle
		"one with a session's": {"hfr_" + s.grant.SessionID + ".x", 2},
	} {
		s.outages.begin(0)
		_, err := s.Refresh(t.Context(), test.token, account.Ask{})
		s.refused(name, err, account.ErrBadGrant)
		if s.outages.updates != 0 || s.outages.calls != test.calls {
			t.Errorf("%s: %d calls of the store, %d of them transactions that write; want %d and none", name, s.outages.calls, s.outages.updates, test.calls)
		}
	}
	if _, err := s.Refresh(t.Context(), real, account.Ask{}); err != nil {
		t.Errorf("Refresh with the real one = %v", err)
	}
}

// Links can be made up as well: a password is hashed for a good one alone.
func TestMadeUpLinksAreCheap(t *testing.T) {
	s := newShaky(t)
	for name, test := range map[string]struct {
		setup, reset account.Secret
		hashed       bool
	}{
		"made up": {"x", "x", false},
		"good":    {s.setup, s.reset, true},
	} {
		s.outages.begin(0)
		_, err := s.Setup(t.Context(), test.setup, "root", secret)
		if hashed := slices.Contains(s.outages.asked, "Hash"); (err == nil) != test.hashed || hashed != test.hashed {
			t.Errorf("Setup with a link that is %s = %v, hashed: %v", name, err, hashed)
		}
		s.outages.begin(0)
		_, err = s.ResetPassword(t.Context(), test.reset, secret)
		if hashed := slices.Contains(s.outages.asked, "Hash"); (err == nil) != test.hashed || hashed != test.hashed {
			t.Errorf("ResetPassword with a link that is %s = %v, hashed: %v", name, err, hashed)
		}
	}
}

// unsalted are passwords whose hash is always the same: by their hash no one
// can tell that a password was set again.
type unsalted struct{ account.Passwords }

func (unsalted) Hash(_ context.Context, secret string) (string, error) {
	return "hash of " + secret, nil
}

func (unsalted) VerifyAndUpdate(_ context.Context, secret, hash string) (bool, string, error) {
	return hash == "hash of "+secret, "", nil
}

func (unsalted) Blank(string) string { return "hash of nothing" }

// Whatever sets a password uses the user's reset link up, even if the password
// is the one from before.
func TestASetPasswordUsesTheLinkUp(t *testing.T) {
	for name, set := range map[string]func(w *world, u account.User, link account.Secret) error{
		"changed by the user": func(w *world, _ account.User, _ account.Secret) error {
			c, err := w.caller(w.login("anna", "me"))
			return errors.Join(err, w.ChangePassword(w.t.Context(), c, secret, secret))
		},
		"set with the link": func(w *world, _ account.User, link account.Secret) error {
			_, err := w.ResetPassword(w.t.Context(), link, secret)
			return err
		},
		"set with another link": func(w *world, u account.User, _ account.Secret) error { return w.resetTo(u.ID, secret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var err error
			w.Service, err = account.NewService(t.Context(), account.Config{Store: w.store, Passwords: unsalted{}})
			if err != nil {
				t.Fatal(err)
			}
			u := w.user("anna", "user")
			link, err := w.NewReset(t.Context(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := set(w, u, link); err != nil {
				t.Fatal(err)
			}
			_, err = w.ResetPassword(t.Context(), link, next)
			w.refused("ResetPassword", err, account.ErrBadReset)
			w.refused("Login with the link's password", w.try("anna", next, ""), account.ErrBadLogin)
		})
	}
}
