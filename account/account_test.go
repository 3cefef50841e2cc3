package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

const secret = "correct horse battery"

// world is a service on a store, with a clock that the test moves.
type world struct {
	*account.Service
	t      *testing.T
	store  *memory.Store
	now    time.Time
	config account.Config // of the newest service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: memory.New(), now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.Service = w.service(password.Bcrypt(4))
	return w
}

func (w *world) service(schemes ...password.Scheme) *account.Service {
	w.t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: schemes})
	if err != nil {
		w.t.Fatal(err)
	}
	w.config = account.Config{
		Store: w.store, Passwords: passwords, RefreshTTL: time.Hour, Now: func() time.Time { return w.now },
	}
	s, err := account.NewService(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) user(name string, roles ...string) account.User {
	w.t.Helper()
	u, err := w.CreateUser(w.t.Context(), account.NewUser{Name: name, Password: secret, Roles: roles})
	if err != nil {
		w.t.Fatalf("CreateUser(%s) = %v", name, err)
	}
	return u
}

func (w *world) login(name string, scopes ...string) account.Grant {
	w.t.Helper()
	g, err := w.Login(w.t.Context(), name, secret, account.Ask{Scopes: scopes})
	if err != nil {
		w.t.Fatalf("Login(%s) = %v", name, err)
	}
	return g
}

func (w *world) caller(g account.Grant) (account.Caller, error) {
	return w.Caller(w.t.Context(), g.User.ID, g.SessionID, g.Scopes)
}

func (w *world) refused(what string, err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func TestScopesAreThoseAskedForAndGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "manager")
	for name, test := range map[string]struct{ asked, want []string }{
		"none asked, none granted":     {nil, []string{}},
		"all that the role grants":     {[]string{"users:read", "me"}, []string{"me", "users:read"}},
		"no more than the role grants": {[]string{"users:write", "me", "nonsense"}, []string{"me"}},
		"once":                         {[]string{"me", "me"}, []string{"me"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := w.login("anna", test.asked...).Scopes; !slices.Equal(got, test.want) {
				t.Errorf("Login(%v) granted %v, want %v", test.asked, got, test.want)
			}
		})
	}
}

func TestBadLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	off := w.user("off", "user")
	w.user("anna", "user")
	yes := true
	if _, err := w.UpdateUser(t.Context(), off.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ name, password string }{
		"a wrong password":       {"anna", "wrong"},
		"an empty password":      {"anna", ""},
		"an unknown name":        {"nobody", secret},
		"an empty name":          {"", secret},
		"a disabled user":        {"off", secret},
		"a name that is no name": {"anna\x00", secret},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Login(t.Context(), test.name, test.password, account.Ask{})
			w.refused("Login", err, account.ErrBadLogin)
		})
	}
	w.login("ANNA") // names are in lower case
}

func TestCallersFollowTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("root", "admin")
	anna := w.user("anna", "manager")
	g := w.login("anna", "me", "users:read")
	c, err := w.caller(g)
	if err != nil || !c.HasScope("users:read") || !c.HasScope("me") || c.HasScope("users:write") || !c.HasRole("manager") || c.HasRole("admin") {
		t.Fatalf("Caller = %+v, %v", c, err)
	}

	if _, err := w.SetRoles(t.Context(), anna.ID, []string{"user"}); err != nil {
		t.Fatal(err)
	}
	if c, err := w.caller(g); err != nil || c.HasScope("users:read") || !c.HasScope("me") || c.HasRole("manager") {
		t.Errorf("Caller after demotion = %+v, %v, want me alone", c, err)
	}
	if _, err := w.SetRoles(t.Context(), anna.ID, []string{"admin"}); err != nil {
		t.Fatal(err)
	}
	if c, err := w.caller(g); err != nil || c.HasScope("users:write") || !c.HasScope("users:read") {
		t.Errorf("Caller after promotion = %+v, %v, want no more than the token's scopes", c, err)
	}
	if _, err := w.PutRole(t.Context(), account.Role{Name: "user"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetRoles(t.Context(), anna.ID, []string{"user"}); err != nil {
		t.Fatal(err)
	}
	if c, err := w.caller(g); err != nil || c.HasScope("me") {
		t.Errorf("Caller after the role lost its scope = %+v, %v, want none", c, err)
	}
}

// The store is asked again when something has changed that the caller rests on,
// and the log alone when something else has. A sign-in and a refresh cost neither.
func TestCallersAreRemembered(t *testing.T) {
	t.Parallel()
	const nothing, log, all = "", "Changes", "Changes View User Session Role"
	for name, test := range map[string]struct {
		change func(s *shaky, _ account.User) error
		asked  string
	}{
		"nothing has changed":    {func(*shaky, account.User) error { return nil }, nothing},
		"somebody signs in":      {func(s *shaky, _ account.User) error { return s.try("ben", secret, "192.0.2.1") }, nothing},
		"the same user signs in": {func(s *shaky, _ account.User) error { return s.try("anna", secret, "192.0.2.1") }, nothing},
		"the session's token is refreshed": {func(s *shaky, _ account.User) error {
			_, err := s.Refresh(s.t.Context(), string(s.grant.RefreshToken), account.Ask{})
			return err
		}, nothing},
		"the user gets a link to set a password": {func(s *shaky, _ account.User) error { _, err := s.NewReset(s.t.Context(), s.anna.ID); return err }, nothing},
		"an old hash is replaced": {func(s *shaky, _ account.User) error {
			return s.store.Update(s.t.Context(), func(w account.Writer) error { return w.PutPasswordHash(s.anna.ID, "another", "") })
		}, nothing},
		"there is a new user": {func(s *shaky, _ account.User) error {
			_, err := s.CreateUser(s.t.Context(), account.NewUser{Name: "new", WithoutPassword: true})
			return err
		}, nothing},
		"there is a new role": {func(s *shaky, _ account.User) error {
			_, err := s.PutRole(s.t.Context(), account.Role{Name: "auditor"})
			return err
		}, nothing},
		"another session of the user ends": {func(s *shaky, _ account.User) error { return s.Logout(s.t.Context(), s.visit.SessionID) }, log},
		"another user changes":             {func(s *shaky, ben account.User) error { _, err := s.SetRoles(s.t.Context(), ben.ID, nil); return err }, log},
		"another role changes": {func(s *shaky, _ account.User) error {
			_, err := s.PutRole(s.t.Context(), account.Role{Name: "user"})
			return err
		}, log},
		"the user changes": {func(s *shaky, _ account.User) error {
			_, err := s.UpdateUser(s.t.Context(), s.anna.ID, account.UserChange{Email: new("a@example.org")})
			return err
		}, all},
		"the user's role changes": {func(s *shaky, _ account.User) error {
			_, err := s.PutRole(s.t.Context(), account.Role{Name: s.anna.Roles[0], Scopes: []string{"me"}})
			return err
		}, all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShaky(t)
			ben := s.user("ben", "user")
			if _, err := s.world.caller(s.grant); err != nil {
				t.Fatal(err)
			}
			if err := test.change(s, ben); err != nil {
				t.Fatal(err)
			}
			s.outages.begin(0)
			_, err := s.world.caller(s.grant)
			if got := strings.Join(s.outages.asked, " "); err != nil || got != test.asked {
				t.Errorf("Caller = %v, and asked %q of the store, want %q", err, got, test.asked)
			}
			s.outages.begin(0)
			if _, err := s.world.caller(s.grant); err != nil || s.outages.calls != 0 {
				t.Errorf("Caller = %v the next time, and asked %q of the store", err, s.outages.asked)
			}
		})
	}
}

func TestCallersEnd(t *testing.T) {
	t.Parallel()
	yes := true
	for name, end := range map[string]func(w *world, g account.Grant) error{
		"by logout":    func(w *world, g account.Grant) error { return w.Logout(w.t.Context(), g.SessionID) },
		"when removed": func(w *world, g account.Grant) error { return w.RemoveUser(w.t.Context(), g.User.ID) },
		"by a new password": func(w *world, g account.Grant) error {
			link, err := w.NewReset(w.t.Context(), g.User.ID)
			_, err2 := w.ResetPassword(w.t.Context(), link, secret+"!")
			return errors.Join(err, err2)
		},
		"when disabled": func(w *world, g account.Grant) error {
			_, err := w.UpdateUser(w.t.Context(), g.User.ID, account.UserChange{Disabled: &yes})
			return err
		},
		"when disabled and enabled again": func(w *world, g account.Grant) error {
			no := false
			_, err := w.UpdateUser(w.t.Context(), g.User.ID, account.UserChange{Disabled: &yes})
			_, err2 := w.UpdateUser(w.t.Context(), g.User.ID, account.UserChange{Disabled: &no})
			return errors.Join(err, err2)
		},
		"when the session is over": func(w *world, _ account.Grant) error { w.now = w.now.Add(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.user("anna", "user")
			g := w.login("anna", "me")
			if _, err := w.caller(g); err != nil {
				t.Fatalf("Caller = %v", err)
			}
			if err := end(w, g); err != nil {
				t.Fatal(err)
			}
			_, err := w.caller(g)
			w.refused("Caller", err, account.ErrNoCaller)
			_, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
			w.refused("Refresh", err, account.ErrBadGrant)
		})
	}
}

func TestACallerIsOfItsOwnSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ben := w.user("anna", "admin"), w.user("ben", "user")
	g := w.login("ben", "me")
	for name, key := range map[string][2]string{
		"another user":   {anna.ID, g.SessionID},
		"no session":     {ben.ID, ""},
		"no user":        {"", g.SessionID},
		"an unknown one": {ben.ID, "nonsense"},
	} {
		_, err := w.Caller(t.Context(), key[0], key[1], []string{"me"})
		w.refused(name, err, account.ErrNoCaller)
	}
}

func TestRefreshTokensRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "manager")
	first := w.login("anna", "me", "users:read")
	second, err := w.Refresh(t.Context(), string(first.RefreshToken), account.Ask{Scopes: []string{"me"}})
	if err != nil || second.RefreshToken == first.RefreshToken || second.SessionID != first.SessionID {
		t.Fatalf("Refresh = %+v, %v", second, err)
	}
	if !slices.Equal(second.Scopes, []string{"me"}) {
		t.Errorf("Refresh granted %v, want [me]", second.Scopes)
	}
	third, err := w.Refresh(t.Context(), string(second.RefreshToken), account.Ask{})
	if err != nil || !slices.Equal(third.Scopes, []string{"me", "users:read"}) {
		t.Fatalf("Refresh = %v, %v, want all of the sign-in's scopes", third.Scopes, err)
	}

	// Somebody presents a used one: the session is over, for everybody.
	_, err = w.Refresh(t.Context(), string(first.RefreshToken), account.Ask{})
	w.refused("Refresh with a used token", err, account.ErrBadGrant)
	_, err = w.Refresh(t.Context(), string(third.RefreshToken), account.Ask{})
	w.refused("Refresh with the newest token", err, account.ErrBadGrant)
	_, err = w.caller(third)
	w.refused("Caller", err, account.ErrNoCaller)
}

func TestRefreshRefusesGarbage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "user")
	g := w.login("anna")
	token := string(g.RefreshToken)
	for _, garbage := range []string{"", "x", "hfr_", "hfr_.", "hfr_x.y", token[4:], strings.Repeat("x", 1<<20), "hfr_" + g.SessionID + ".x"} {
		_, err := w.Refresh(t.Context(), garbage, account.Ask{})
		w.refused("Refresh", err, account.ErrBadGrant)
	}
	if _, err := w.Refresh(t.Context(), token, account.Ask{}); err != nil {
		t.Errorf("Refresh after others' garbage = %v", err)
	}
}

func TestASessionEndsInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "user")
	g := w.login("anna")
	w.now = w.now.Add(time.Hour - time.Second)
	g, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Second) // a refresh does not prolong it
	_, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
	w.refused("Refresh", err, account.ErrBadGrant)
}

func TestWeakHashesAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna")
	hash := func() (hash string) {
		if err := w.store.View(t.Context(), func(r account.Reader) (err error) { hash, err = r.PasswordHash(anna.ID); return err }); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	if !strings.HasPrefix(hash(), "$2b$04$") {
		t.Fatalf("hash = %s", hash())
	}
	w.Service = w.service(password.Bcrypt(5))
	if _, err := w.Login(t.Context(), "anna", "wrong", account.Ask{}); err == nil || !strings.HasPrefix(hash(), "$2b$04$") {
		t.Errorf("a wrong password replaced the hash: %s", hash())
	}
	if _, err := w.caller(w.login("anna")); err != nil || !strings.HasPrefix(hash(), "$2b$05$") {
		t.Errorf("Caller after login = %v with the hash %s, want $2b$05$", err, hash())
	}
	w.login("anna")
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ben", "user")
	anna := w.user("anna", "admin")
	yes, mail := true, "a@example.org"
	_, err := w.UpdateUser(t.Context(), anna.ID, account.UserChange{Disabled: &yes})
	w.refused("disabling", err, account.ErrLastAdmin)
	_, err = w.SetRoles(t.Context(), anna.ID, []string{"manager"})
	w.refused("demoting", err, account.ErrLastAdmin)
	w.refused("removing", w.RemoveUser(t.Context(), anna.ID), account.ErrLastAdmin)
	if _, err := w.UpdateUser(t.Context(), anna.ID, account.UserChange{Email: &mail}); err != nil {
		t.Errorf("another change = %v", err)
	}
	// Who has no password cannot sign in, and so does not count.
	if _, err := w.CreateUser(t.Context(), account.NewUser{Name: "dora", Roles: []string{"admin"}, WithoutPassword: true}); err != nil {
		t.Fatal(err)
	}
	w.refused("removing beside one without a password", w.RemoveUser(t.Context(), anna.ID), account.ErrLastAdmin)
	w.user("carl", "admin")
	if err := w.RemoveUser(t.Context(), anna.ID); err != nil {
		t.Errorf("removing one of two = %v", err)
	}
}

func TestBeforeTheFirstAdministratorNothingIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.user("ben", "user")
	yes := true
	if _, err := w.UpdateUser(t.Context(), ben.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Errorf("UpdateUser = %v", err)
	}
}

func TestInvalidValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.user("anna", "admin")
	move := func(email string) error {
		_, err := w.UpdateUser(t.Context(), anna.ID, account.UserChange{Email: &email})
		return err
	}
	create := func(n account.NewUser) error { _, err := w.CreateUser(t.Context(), n); return err }
	put := func(r account.Role) error { _, err := w.PutRole(t.Context(), r); return err }
	for name, test := range map[string]struct {
		err   error
		field string
	}{
		"an empty name":           {create(account.NewUser{Password: secret}), "name"},
		"a long name":             {create(account.NewUser{Name: strings.Repeat("a", 65), Password: secret}), "name"},
		"a name with a space":     {create(account.NewUser{Name: "a b", Password: secret}), "name"},
		"a Cyrillic a":            {create(account.NewUser{Name: "\u0430nna", Password: secret}), "name"},
		"an address without @":    {create(account.NewUser{Name: "x", Email: "x", Password: secret}), "email"},
		"an address with newline": {create(account.NewUser{Name: "x", Email: "x@y\nBcc: z", Password: secret}), "email"},
		"a move to no address":    {move("x"), "email"},
		"a move to two addresses": {move("a@example.org,b@example.org"), "email"},
		"a short password":        {create(account.NewUser{Name: "x", Password: "fourteen chars"}), "password"},
		"a very long password":    {create(account.NewUser{Name: "x", Password: account.Secret(strings.Repeat("x", 1025))}), "password"},
		"more than bcrypt takes":  {create(account.NewUser{Name: "x", Password: account.Secret(strings.Repeat("long ", 15))}), "password"},
		"a NUL, as bcrypt has it": {create(account.NewUser{Name: "x", Password: secret + "\x00"}), "password"},
		"a password not in UTF-8": {create(account.NewUser{Name: "x", Password: secret + "\xff"}), "password"},
		"an unknown role":         {create(account.NewUser{Name: "x", Password: secret, Roles: []string{"ghost"}}), "roles"},
		"a role without a name":   {put(account.Role{}), "name"},
		"a scope with a space":    {put(account.Role{Name: "r", Scopes: []string{"a b"}}), "scopes"},
		"a scope with a quote":    {put(account.Role{Name: "r", Scopes: []string{`a"b`}}), "scopes"},
		"an empty scope":          {put(account.Role{Name: "r", Scopes: []string{""}}), "scopes"},
		"a description in lines":  {put(account.Role{Name: "r", Description: "a\nb"}), "description"},
		"an admin who is none":    {put(account.Role{Name: "admin", Scopes: []string{"me"}}), "scopes"},
	} {
		var invalid *account.InvalidError
		if !errors.As(test.err, &invalid) || invalid.Field != test.field {
			t.Errorf("%s: %v, want an *InvalidError of %s", name, test.err, test.field)
		}
	}
	for want, err := range map[string]error{
		"name must have between 1 and 64 characters": create(account.NewUser{Password: secret}),
		`roles contains the unknown role "ghost"`:    create(account.NewUser{Name: "x", Password: secret, Roles: []string{"ghost"}}),
		`scopes contains the malformed scope "a b"`:  put(account.Role{Name: "r", Scopes: []string{"a b"}}),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error = %v, want %s", err, want)
		}
	}
	w.refused("a name that is taken", create(account.NewUser{Name: "Anna", Password: secret}), account.ErrNameTaken)
	w.refused("removing admin", w.RemoveRole(t.Context(), "admin"), account.ErrRoleInUse)
	w.refused("removing nothing", w.RemoveRole(t.Context(), "ghost"), account.ErrNoRole)
	if err := w.RemoveRole(t.Context(), "manager"); err != nil {
		t.Errorf("RemoveRole = %v", err)
	}
}

func TestSetupLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, err := w.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	try := func(secret, password account.Secret) error {
		_, err := w.Setup(t.Context(), secret, "anna", password)
		return err
	}
	w.refused("no secret", try("", secret), account.ErrBadSetup)
	var invalid *account.InvalidError
	if err := try(link, "short"); !errors.As(err, &invalid) {
		t.Errorf("a short password = %v, want an *InvalidError", err)
	}
	w.now = w.now.Add(30 * time.Minute)
	w.refused("after 30 minutes", try(link, secret), account.ErrBadSetup)
	w.now = w.now.Add(-time.Second)
	w.refused("with a clock that was put back by a day", func() error {
		w.now = w.now.Add(-24 * time.Hour)
		defer func() { w.now = w.now.Add(24 * time.Hour) }()
		return try(link, secret)
	}(), account.ErrBadSetup)
	if err := try(link, secret); err != nil {
		t.Fatalf("Setup = %v", err)
	}
	w.refused("the second time", try(link, secret), account.ErrBadSetup)
	w.refused("another one after that", try(old, secret), account.ErrBadSetup)
	_, err = w.NewSetup(t.Context())
	w.refused("NewSetup", err, account.ErrSetupDone)
	if g := w.login("anna", "users:write"); !slices.Equal(g.Scopes, []string{"users:write"}) {
		t.Errorf("the administrator got %v", g.Scopes)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna")
	g := w.login("anna")
	n := account.NewUser{Name: "ben", Password: secret}
	data, err := json.Marshal([]any{g, n})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(data), fmt.Sprintf("%v %+v %#v", g, g, g), fmt.Sprintf("%v %+v %#v %s %q %x %d", n, n, n, n.Password, n.Password, n.Password, n.Password)} {
		if strings.Contains(text, string(g.RefreshToken)) || strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("a secret prints itself: %s", text)
		}
	}
}
