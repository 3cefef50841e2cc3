package holdfasttest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

type claims struct{ sub string }

func (claims) HasScope(scope string) bool { return scope == "me" }

type user struct {
	name  string
	roles []string
}

func (u user) HasRole(role string) bool { return slices.Contains(u.roles, role) }

// shop is an application with dependencies at three depths.
type shop struct {
	app     *holdfast.App
	token   holdfast.Dep[string]
	verify  holdfast.Dep[claims]
	user    holdfast.Dep[user]
	active  holdfast.Dep[user]
	db      holdfast.Dep[string]
	unused  holdfast.Dep[string]
	opened  atomic.Int64
	lookups atomic.Int64
}

func newShop() *shop {
	s := &shop{}
	oauth := holdfast.OAuth2PasswordBearer("token")
	s.token = oauth.Credential()
	me, admin := oauth.Scope("me", ""), holdfast.NewRole("admin", "")
	s.verify = holdfast.Verify(oauth, func(_ context.Context, token string) (claims, error) {
		if token == "" || token == "bad" {
			return claims{}, errors.New("bad")
		}
		return claims{token}, nil
	})
	s.db = holdfast.Lifetime(func(context.Context) (string, error) { s.opened.Add(1); return "real", nil })
	s.unused = holdfast.Depends0(func(context.Context) (string, error) { return "", nil })
	s.user = holdfast.Depends2(s.verify, s.db, func(_ context.Context, c claims, _ string) (user, error) {
		s.lookups.Add(1)
		return user{name: c.sub}, nil
	})
	s.active = holdfast.Depends1(s.user.Require(me), func(_ context.Context, u user) (user, error) {
		if u.name == "inactive" {
			return user{}, holdfast.Errorf(http.StatusBadRequest, "Inactive user")
		}
		return u, nil
	})
	s.app = holdfast.New("Shop", "1")
	whoAmI := func(_ context.Context, u user, _ holdfast.NoInput) (string, error) { return u.name, nil }
	holdfast.Get(s.app, "/me", holdfast.Security(s.active), whoAmI)
	holdfast.Get(s.app, "/admin", holdfast.AnyRole(s.active, admin), whoAmI)
	s.app.Handle("GET /db", holdfast.To1(holdfast.Security(s.user), s.db, func(_ context.Context, _ user, db string, _ holdfast.NoInput) (string, error) { return db, nil }))
	return s
}

func get(h http.Handler, path, token string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestReplacedDependencies(t *testing.T) {
	s := newShop()
	fake := holdfasttest.ReplaceValue(s.user, user{"fake", []string{"admin"}})
	tests := map[string]struct {
		app         *holdfast.App
		path, token string
		status      int
		body        string
	}{
		"the original":                    {s.app, "/me", "amy", 200, `"amy"`},
		"the original refuses":            {s.app, "/me", "", 401, `{"detail":"Not authenticated"}`},
		"a fake user needs no token":      {holdfasttest.With(s.app, fake), "/me", "", 200, `"fake"`},
		"its roles are asked":             {holdfasttest.With(s.app, fake), "/admin", "", 200, `"fake"`},
		"a fake without the role":         {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.user, user{name: "x"})), "/admin", "", 403, `{"detail":"Operation not permitted"}`},
		"what stands above it still runs": {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.user, user{name: "inactive"})), "/me", "", 400, `{"detail":"Inactive user"}`},
		"at the bottom, scopes hold":      {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.verify, claims{"low"})), "/me", "", 200, `"low"`},
		"what stands for a credential":    {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.token, "fay")), "/me", "", 200, `"fay"`},
		"and is verified as one":          {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.token, "bad")), "/me", "", 401, `{"detail":"Could not validate credentials"}`},
		"and stands on something itself":  {holdfasttest.With(s.app, holdfasttest.Replace(s.token, holdfast.Depends1(s.db, func(_ context.Context, db string) (string, error) { return db, nil }))), "/me", "", 200, `"real"`},
		"a handler's own dependency":      {holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.db, "fake")), "/db", "amy", 200, `"fake"`},
		"two at once":                     {holdfasttest.With(s.app, fake, holdfasttest.ReplaceValue(s.db, "fake")), "/db", "", 200, `"fake"`},
		"one after the other":             {holdfasttest.With(holdfasttest.With(s.app, fake), holdfasttest.ReplaceValue(s.db, "fake")), "/db", "", 200, `"fake"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, body := get(test.app, test.path, test.token); status != test.status || body != test.body {
				t.Errorf("GET %s = %d %s, want %d %s", test.path, status, body, test.status, test.body)
			}
		})
	}
}

// A dependency that only checks, beside the principal, can be replaced as well.
func TestACheckBesideThePrincipalCanBeReplaced(t *testing.T) {
	t.Parallel()
	closed := holdfast.Depends0(func(context.Context) (int, error) { return 0, holdfast.Errorf(http.StatusForbidden, "closed") })
	s := newShop()
	app := holdfast.New("Shop", "1")
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(s.user), holdfast.Security(closed)), func(_ context.Context, u user, _ holdfast.NoInput) (string, error) { return u.name, nil })
	if status, body := get(app, "/", "amy"); status != http.StatusForbidden {
		t.Errorf("GET / = %d %s, want 403", status, body)
	}
	if status, body := get(holdfasttest.With(app, holdfasttest.ReplaceValue(closed, 1)), "/", "amy"); status != http.StatusOK {
		t.Errorf("GET / with a check that is replaced = %d %s, want 200", status, body)
	}
}

// What stands in the place of a handler's own dependency is part of the policy if
// it reads a credential, as anything is that does: it is asked before the input
// is looked at. What else the handler takes stays the handler's own.
func TestAFakeThatReadsACredentialIsPartOfThePolicy(t *testing.T) {
	t.Parallel()
	type input struct {
		N int `query:"n" minimum:"1"`
	}
	s := newShop()
	plain := holdfast.Depends0(func(context.Context) (string, error) { return "plain", nil })
	called := 0
	other := holdfast.Depends0(func(context.Context) (string, error) { called++; return "other", nil })
	app := holdfast.New("Shop", "1")
	app.Handle("GET /", holdfast.To2(holdfast.Public(), plain, other, func(_ context.Context, _ holdfast.Anyone, a, b string, _ input) (string, error) {
		return a + " " + b, nil
	}))
	faked := holdfasttest.With(app, holdfasttest.Replace(plain, holdfast.Depends1(s.user, func(_ context.Context, u user) (string, error) { return u.name, nil })))
	for _, test := range []struct {
		app         *holdfast.App
		path, token string
		status      int
		called      int
	}{
		{app, "/?n=0", "", 422, 0},
		{faked, "/?n=0", "", 401, 0},
		{faked, "/?n=0", "amy", 422, 0},
		{faked, "/?n=1", "amy", 200, 1},
	} {
		called = 0
		if status, body := get(test.app, test.path, test.token); status != test.status || called != test.called {
			t.Errorf("GET %s with the token %q = %d %s, and the other dependency was called %d times; want %d, %d", test.path, test.token, status, body, called, test.status, test.called)
		}
	}
}

// A fake may wrap what it replaces, and take dependencies of its own.
func TestAFakeMayWrapTheOriginal(t *testing.T) {
	t.Parallel()
	s := newShop()
	type header struct {
		As string `header:"X-As"`
	}
	wrapped := holdfast.Depends2(s.user, holdfast.Params[header](), func(_ context.Context, u user, h header) (user, error) {
		return user{name: u.name + " as " + h.As}, nil
	})
	app := holdfasttest.With(s.app, holdfasttest.Replace(s.user, wrapped))
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	r.Header.Set("Authorization", "Bearer amy")
	r.Header.Set("X-As", "bob")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Body.String() != `"amy as bob"` || s.lookups.Load() != 1 {
		t.Errorf("GET /me = %s after %d look-ups, want amy as bob after 1", w.Body, s.lookups.Load())
	}
	if status, _ := get(app, "/me", ""); status != http.StatusUnauthorized {
		t.Errorf("GET /me = %d, want 401: the original below still reads the token", status)
	}
}

// The declaration stays: what is documented and printed is not the test's.
func TestTheDocumentStays(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.user, user{}))
	_, before := get(s.app, "/openapi.json", "")
	if status, after := get(app, "/openapi.json", ""); status != http.StatusOK || after != before {
		t.Errorf("the document of the copy differs:\n%s\n%s", after, before)
	}
	original, err := s.app.Access()
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := app.Access(); err != nil || !slices.EqualFunc(rows, original, func(a, b holdfast.Access) bool { return a.Policy == b.Policy && a.Path == b.Path }) {
		t.Errorf("Access() = %v, %v, want the original's %v", rows, err, original)
	}
}

func TestWhatLastsIsSharedWithTheCopy(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := holdfasttest.With(s.app, holdfasttest.ReplaceValue(s.user, user{name: "fake"}))
	for _, h := range []http.Handler{s.app, app, s.app} {
		if status, body := get(h, "/db", "amy"); status != http.StatusOK || body != `"real"` {
			t.Errorf("GET /db = %d %s, want the real one", status, body)
		}
	}
	if s.opened.Load() != 1 {
		t.Errorf("opened %d times, want once", s.opened.Load())
	}
}

func TestReplacingWhatIsNotThereIsAMistake(t *testing.T) {
	t.Parallel()
	s := newShop()
	for name, one := range map[string]holdfasttest.Replacement{
		"no route takes it": holdfasttest.ReplaceValue(s.unused, ""),
		"a zero dependency": holdfasttest.Replace(s.user, holdfast.Dep[user]{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("With does not panic")
				}
			}()
			holdfasttest.With(s.app, one)
		})
	}
}

// Closing a copy ends what the copy made, and nothing of the original's.
func TestClosingACopyLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	closed := map[string]int{}
	lasting := func(name string) holdfast.Dep[string] {
		return holdfast.Lifetime(func(ctx context.Context) (string, error) {
			holdfast.Defer(ctx, func(context.Context, error) error { closed[name]++; return nil })
			return name, nil
		})
	}
	shared, db := lasting("shared"), lasting("db")
	app := holdfast.New("Shop", "1")
	holdfast.Get(app, "/", holdfast.Security(holdfast.Depends2(shared, db, func(_ context.Context, a, b string) (string, error) { return a + " " + b, nil })),
		func(_ context.Context, v string, _ holdfast.NoInput) (string, error) { return v, nil })
	copied := holdfasttest.With(app, holdfasttest.Replace(db, lasting("fake")))
	if err := copied.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, body := get(copied, "/", ""); body != `"shared fake"` {
		t.Errorf("GET / of the copy = %s, want shared fake", body)
	}
	if err := copied.Close(); err != nil || closed["fake"] != 1 || closed["shared"] != 0 {
		t.Errorf("Close() of the copy = %v, closed %v, want the fake alone", err, closed)
	}
	if _, body := get(app, "/", ""); body != `"shared db"` {
		t.Errorf("GET / of the original = %s, want shared db", body)
	}
	if err := app.Close(); err != nil || closed["shared"] != 1 || closed["db"] != 1 {
		t.Errorf("Close() = %v, closed %v, want both", err, closed)
	}
}

// A fake of a handler's dependency that reads a credential joins the policy, as
// the original would.
func TestScopesOfAFakeAreCompared(t *testing.T) {
	t.Parallel()
	s := newShop()
	bearer := holdfast.HTTPBearer()
	never := bearer.Scope("never", "")
	checked := holdfast.Verify(bearer, func(context.Context, string) (claims, error) { return claims{}, nil }).Require(never)
	fake := holdfast.Depends1(checked, func(context.Context, claims) (string, error) { return "fake", nil })
	app := holdfasttest.With(s.app, holdfasttest.Replace(s.db, fake))
	if status, body := get(app, "/db", "amy"); status != http.StatusForbidden {
		t.Errorf("GET /db = %d %s, want 403: the fake requires a scope", status, body)
	}
}

func TestAFakeThatNeedsItselfIsAMistake(t *testing.T) {
	t.Parallel()
	s := newShop()
	defer func() {
		if recover() == nil {
			t.Error("With does not panic")
		}
	}()
	loop := holdfast.Depends1(s.active, func(_ context.Context, u user) (user, error) { return u, nil })
	holdfasttest.With(s.app, holdfasttest.Replace(s.user, loop))
}
