package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func (w *world) visit(name string) account.SessionGrant {
	w.t.Helper()
	g, err := w.LoginSession(w.t.Context(), name, secret)
	if err != nil {
		w.t.Fatalf("LoginSession(%s) = %v", name, err)
	}
	return g
}

func (w *world) put(role string, scopes ...string) {
	w.t.Helper()
	if _, err := w.PutRole(w.t.Context(), account.Role{Name: role, Scopes: scopes}); err != nil {
		w.t.Fatal(err)
	}
}

// What a session's caller may do is what the roles grant, from one request to
// the next.
func TestASessionsCallerHasWhatTheRolesGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("reader", "books:read")
	ann := w.user("ann", "reader")
	g := w.visit("ann")
	if g.User.ID != ann.ID || !g.Expires.Equal(w.now.Add(time.Hour)) {
		t.Errorf("LoginSession = %+v, want ann's for an hour", g)
	}
	for _, step := range []struct {
		name   string
		change func()
		has    []string
	}{
		{"as at the sign-in", func() {}, []string{"books:read"}},
		{"the role grants more", func() { w.put("reader", "books:read", "books:write") }, []string{"books:read", "books:write"}},
		{"the role grants less", func() { w.put("reader", "books:write") }, []string{"books:write"}},
		{"another role", func() {
			if _, err := w.SetRoles(t.Context(), ann.ID, []string{"user"}); err != nil {
				t.Fatal(err)
			}
		}, []string{"me"}},
	} {
		step.change()
		c, err := w.SessionCaller(t.Context(), g.Secret)
		if err != nil || c.User.ID != ann.ID || c.SessionID != g.SessionID {
			t.Fatalf("%s: SessionCaller = %+v, %v, want ann", step.name, c, err)
		}
		for _, scope := range []string{"books:read", "books:write", "me", ""} {
			if c.HasScope(scope) != slices.Contains(step.has, scope) {
				t.Errorf("%s: HasScope(%q) = %v", step.name, scope, c.HasScope(scope))
			}
		}
	}
	if (account.Caller{}).HasScope("me") {
		t.Error("the zero Caller has a scope")
	}
}

// All that ends a session with tokens ends one without.
func TestWhatEndsASession(t *testing.T) {
	t.Parallel()
	yes := true
	for name, end := range map[string]func(w *world, g account.SessionGrant) error{
		"sign-out": func(w *world, g account.SessionGrant) error { return w.Logout(t.Context(), g.SessionID) },
		"time":     func(w *world, _ account.SessionGrant) error { w.now = w.now.Add(time.Hour); return nil },
		"disabling": func(w *world, g account.SessionGrant) error {
			_, err := w.UpdateUser(t.Context(), g.User.ID, account.UserChange{Disabled: &yes})
			return err
		},
		"removal": func(w *world, g account.SessionGrant) error { return w.RemoveUser(t.Context(), g.User.ID) },
		"a reset": func(w *world, g account.SessionGrant) error {
			link, err := w.NewReset(t.Context(), g.User.ID)
			if err != nil {
				return err
			}
			_, err = w.ResetPassword(t.Context(), link, "a new horse battery")
			return err
		},
		"a change of the password by another session": func(w *world, _ account.SessionGrant) error {
			c, err := w.SessionCaller(t.Context(), w.visit("ann").Secret)
			if err != nil {
				return err
			}
			return w.ChangePassword(t.Context(), c, secret, "a new horse battery")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("ann", "user")
			w.user("ben", "user")
			g, other := w.visit("ann"), w.visit("ben")
			if _, err := w.SessionCaller(t.Context(), g.Secret); err != nil {
				t.Fatal(err)
			}
			if err := end(w, g); err != nil {
				t.Fatal(err)
			}
			_, err := w.SessionCaller(t.Context(), g.Secret)
			w.refused("SessionCaller", err, account.ErrNoCaller)
			w.refused("SessionCaller", err, account.ErrNoSession)
			if _, err := w.SessionCaller(t.Context(), other.Secret); (err != nil) != (name == "time") {
				t.Errorf("SessionCaller of another user = %v", err)
			}
		})
	}
}

// A session whose secret never changes ends with the password, also the one in
// which it was changed: a copy of it may be the reason.
func TestAChangeOfThePasswordEndsItsOwnSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann", "user")
	g := w.visit("ann")
	c, err := w.SessionCaller(t.Context(), g.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ChangePassword(t.Context(), c, secret, "a new horse battery"); err != nil {
		t.Fatal(err)
	}
	_, err = w.SessionCaller(t.Context(), g.Secret)
	w.refused("SessionCaller after the change", err, account.ErrNoSession)
}

// What is presented is exactly what was given, and every sign-in gives another.
func TestSessionSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann", "user")
	g := w.visit("ann")
	text := string(g.Secret)
	again, other := string(w.visit("ann").Secret), newWorld(t)
	if again == text || again[:handleEnd] == text[:handleEnd] {
		t.Error("two sign-ins have one secret or handle")
	}
	other.user("ann", "user")
	elsewhere := string(other.visit("ann").Secret)
	if len(text) != 74 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
		t.Errorf("the secret has %d characters, or others than are said", len(text))
	}
	for name, presented := range map[string]string{
		"nothing":                       "",
		"a word":                        "x",
		"one letter less":               text[:len(text)-1],
		"one letter more":               text + "A",
		"another letter":                text[:len(text)-2] + flipped(text[len(text)-2]) + text[len(text)-1:],
		"without the dot":               text[:handleEnd] + "-" + text[handleEnd+1:],
		"a space before":                " " + text,
		"without the prefix":            strings.TrimPrefix(text, "hfs_"),
		"in capitals":                   strings.ToUpper(text),
		"the handle alone":              text[:handleEnd],
		"the handle and nothing":        text[:handleEnd+1] + strings.Repeat("\x00", 43),
		"the handle of another session": again[:handleEnd] + text[handleEnd:],
		"of another store":              elsewhere,
		"a megabyte":                    text[:handleEnd+1] + strings.Repeat("A", 1<<20),
	} {
		_, err := w.SessionCaller(t.Context(), account.Secret(presented))
		if !errors.Is(err, account.ErrNoCaller) || !errors.Is(err, account.ErrNoSession) {
			t.Errorf("%s: SessionCaller = %v, want ErrNoCaller with ErrNoSession", name, err)
		}
	}
	if _, err := w.SessionCaller(t.Context(), g.Secret); err != nil {
		t.Errorf("SessionCaller after all that was refused = %v", err)
	}
	if printed := fmt.Sprintf("%v %+v %#v %s", g, g, g, g.Secret); strings.Contains(printed, text[handleEnd:]) {
		t.Errorf("the grant prints its secret: %s", printed)
	}
}

// handleEnd is where the handle of a secret ends.
const handleEnd = 30

func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// A session's secret is no refresh token, nor the other way round, however it is
// written, and trying ends no session.
func TestSecretsOfOneKindAreNoneOfTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann", "user")
	g, tokens := w.visit("ann"), w.login("ann", "me")
	text, refresh := string(g.Secret), string(tokens.RefreshToken)
	for _, token := range []string{text, "hfr_" + text, "hfr_" + strings.TrimPrefix(text, "hfs_"), "hfr_" + text[:handleEnd+1] + "wrong"} {
		_, err := w.Refresh(t.Context(), token, account.Ask{})
		w.refused("Refresh("+token+")", err, account.ErrBadGrant)
	}
	bare := strings.TrimPrefix(refresh, "hfr_")
	for _, secret := range []string{refresh, "hfs_" + bare, bare} {
		_, err := w.SessionCaller(t.Context(), account.Secret(secret))
		w.refused("SessionCaller("+secret+")", err, account.ErrNoCaller)
	}
	if _, err := w.SessionCaller(t.Context(), g.Secret); err != nil {
		t.Errorf("SessionCaller afterwards = %v", err)
	}
	if _, err := w.Refresh(t.Context(), refresh, account.Ask{}); err != nil {
		t.Errorf("Refresh afterwards = %v", err)
	}
}

// Attempts at either kind of sign-in are counted together.
func TestSessionsAndTokensShareTheAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann", "user")
	for i := range 10 {
		var err error
		if i%2 == 0 {
			_, err = w.LoginSession(t.Context(), "ann", "wrong")
		} else {
			_, err = w.Login(t.Context(), "ann", "wrong", account.Ask{})
		}
		w.refused("a wrong password", err, account.ErrBadLogin)
	}
	var throttled *account.ThrottledError
	if g, err := w.LoginSession(t.Context(), "ann", secret); !errors.As(err, &throttled) || g.Secret != "" {
		t.Errorf("LoginSession after ten wrong passwords = %v, want *ThrottledError and no session", err)
	}
	if _, err := w.Login(t.Context(), "ann", secret, account.Ask{}); !errors.As(err, &throttled) {
		t.Errorf("Login after ten wrong passwords = %v, want *ThrottledError", err)
	}
}

// Callers of one session are looked up while others sign in and out.
func TestSessionsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann", "user")
	w.user("ben", "user")
	g := w.visit("ann")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if c, err := w.SessionCaller(t.Context(), g.Secret); err != nil || c.User.Name != "ann" {
					t.Errorf("SessionCaller = %v, %v", c.User.Name, err)
				}
			}
		})
		wg.Go(func() {
			for range 3 {
				other, err := w.LoginSession(t.Context(), "ben", secret)
				if err != nil {
					t.Error(err)
					return
				}
				if err := w.Logout(t.Context(), other.SessionID); err != nil {
					t.Error(err)
				}
				if _, err := w.SessionCaller(t.Context(), other.Secret); !errors.Is(err, account.ErrNoCaller) {
					t.Errorf("SessionCaller after the sign-out = %v", err)
				}
			}
		})
	}
	wg.Wait()
}
