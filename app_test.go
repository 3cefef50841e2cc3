package holdfast_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// claims and user are what an application brings.
type claims struct{ scopes, roles []string }

func (c claims) HasScope(s string) bool { return slices.Contains(c.scopes, s) }

type user struct {
	Name  string `json:"name"`
	roles []string
}

func (u user) HasRole(r string) bool { return slices.Contains(u.roles, r) }

// shop is an application with one route of every kind. A token is
// "name:scope,scope:role,role".
type shop struct {
	oauth   *holdfast.Scheme[string]
	me      holdfast.Scope
	items   holdfast.Scope
	admin   holdfast.Role
	manager holdfast.Role
	user    holdfast.Dep[user]
	active  holdfast.Dep[user]
	found   int
}

func newShop() *shop {
	s := &shop{oauth: holdfast.OAuth2PasswordBearer("token")}
	s.me = s.oauth.Scope("me", "Read own data")
	s.items = s.oauth.Scope("items", "Read items")
	s.admin = holdfast.NewRole("admin", "Everything")
	s.manager = holdfast.NewRole("manager", "The shop")
	s.user = holdfast.Depends1(holdfast.Verify(s.oauth, verify), func(_ context.Context, c holder) (user, error) {
		s.found++
		return c.user, nil
	})
	s.active = holdfast.Depends1(s.user.Require(s.me), func(_ context.Context, u user) (user, error) {
		if u.Name == "inactive" {
			return user{}, holdfast.Errorf(http.StatusBadRequest, "Inactive user")
		}
		return u, nil
	})
	return s
}

type holder struct {
	claims
	user user
}

func verify(_ context.Context, token string) (holder, error) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return holder{}, errors.New("not a token of ours")
	}
	roles := strings.Split(parts[2], ",")
	return holder{claims{strings.Split(parts[1], ","), roles}, user{parts[0], roles}}, nil
}

type paging struct {
	Skip  int `query:"skip" minimum:"0"`
	Limit int `query:"limit" default:"10"`
}

type itemID struct {
	ID int `path:"id"`
}

func nothing[P any](context.Context, P, holdfast.NoInput) (string, error) { return "ok", nil }

func (s *shop) app(t *testing.T) *holdfast.App {
	t.Helper()
	app := quiet()
	holdfast.Get(app, "/health", holdfast.Public(), nothing)
	holdfast.Get(app, "/items/", holdfast.Security(s.active, s.items), func(_ context.Context, u user, p paging) (paging, error) {
		return p, nil
	})
	holdfast.Get(app, "/items/{id}", holdfast.Security(s.active), func(_ context.Context, _ user, in itemID) (int, error) {
		return in.ID, nil
	})
	holdfast.Get(app, "/feed", holdfast.Optional(holdfast.Security(s.user)), func(_ context.Context, m holdfast.Maybe[user], _ holdfast.NoInput) (string, error) {
		u, ok := m.Get()
		if !ok {
			return "nobody", nil
		}
		return u.Name, nil
	})
	admin := app.Group("/admin", holdfast.AnyRole(s.active, s.admin, s.manager))
	holdfast.Delete(admin, "/users/{id}", holdfast.AnyRole(s.active, s.admin), nothing)
	holdfast.Get(admin, "/stock", holdfast.Public(), nothing)
	if err := app.Err(); err != nil {
		t.Fatalf("Err() = %v, want nil", err)
	}
	return app
}

func quiet() *holdfast.App {
	return holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1.0.0", Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func ask(t *testing.T, h http.Handler, method, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := s.app(t)
	tests := map[string]struct {
		method, path, token string
		status              int
		body, challenge     string
	}{
		"public is open":                      {"GET", "/health", "", 200, `"ok"`, ""},
		"nobody is asked to sign in":          {"GET", "/items/", "", 401, `{"detail":"Not authenticated"}`, `Bearer realm="OAuth2PasswordBearer"`},
		"garbage is not accepted":             {"GET", "/items/", "garbage", 401, `{"detail":"Could not validate credentials"}`, `Bearer error="invalid_token"`},
		"both scopes are needed":              {"GET", "/items/", "a:items:", 403, `{"detail":"Not enough permissions"}`, `Bearer error="insufficient_scope", scope="items me"`},
		"with both scopes it opens":           {"GET", "/items/?skip=2", "a:items,me:", 200, `{"Skip":2,"Limit":10}`, ""},
		"a dependency may refuse":             {"GET", "/items/", "inactive:items,me:", 400, `{"detail":"Inactive user"}`, ""},
		"a bad parameter is a 422":            {"GET", "/items/x", "a:me:", 422, "", ""},
		"a 401 beats a 422":                   {"GET", "/items/x", "", 401, `{"detail":"Not authenticated"}`, `Bearer realm="OAuth2PasswordBearer"`},
		"a wrong role is refused":             {"DELETE", "/admin/users/1", "bob:me:user", 403, `{"detail":"Operation not permitted"}`, ""},
		"the group's role is not enough":      {"DELETE", "/admin/users/1", "bob:me:manager", 403, `{"detail":"Operation not permitted"}`, ""},
		"the admin may":                       {"DELETE", "/admin/users/1", "amy:me:admin", 200, `"ok"`, ""},
		"public in a group keeps the group's": {"GET", "/admin/stock", "bob:me:user", 403, `{"detail":"Operation not permitted"}`, ""},
		"a manager passes the group":          {"GET", "/admin/stock", "bob:me:manager", 200, `"ok"`, ""},
		"optional lets nobody in":             {"GET", "/feed", "", 200, `"nobody"`, ""},
		"optional knows somebody":             {"GET", "/feed", "a::", 200, `"a"`, ""},
		"a refused credential is no nobody":   {"GET", "/feed", "garbage", 401, "", `Bearer error="invalid_token"`},
		"unknown paths are JSON":              {"GET", "/nowhere", "", 404, `{"detail":"Not Found"}`, ""},
		"other methods are refused":           {"POST", "/health", "", 405, `{"detail":"Method Not Allowed"}`, ""},
		"an encoded slash is no slash":        {"GET", "/items/%2F", "a:items,me:", 404, "", ""},
		"a double slash is another path":      {"GET", "//health", "", 404, `{"detail":"Not Found"}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := ask(t, app, test.method, test.path, test.token)
			if w.Code != test.status {
				t.Fatalf("%s %s = %d %s, want %d", test.method, test.path, w.Code, w.Body, test.status)
			}
			if test.body != "" && w.Body.String() != test.body {
				t.Errorf("%s %s body = %s, want %s", test.method, test.path, w.Body, test.body)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != test.challenge {
				t.Errorf("%s %s WWW-Authenticate = %q, want %q", test.method, test.path, got, test.challenge)
			}
		})
	}
}

func TestRedirectKeepsToTheSameOrigin(t *testing.T) {
	t.Parallel()
	app := newShop().app(t)
	r := httptest.NewRequest("GET", "/items?skip=1", nil)
	r.Host = "evil.example"
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != "/items/?skip=1" {
		t.Errorf("GET /items = %d to %q, want 307 to /items/?skip=1", w.Code, w.Header().Get("Location"))
	}
}

func TestOtherMethodsAreRefusedWithThoseAllowed(t *testing.T) {
	t.Parallel()
	app := newShop().app(t)
	for path, allow := range map[string]string{"/health": "GET, HEAD", "/admin/users/1": "DELETE", "/items/1": "GET, HEAD"} {
		for _, method := range []string{"POST", "PATCH", "OPTIONS", "TRACE", "BREW"} {
			w := ask(t, app, method, path, "")
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
				t.Errorf("%s %s = %d, Allow %q, want 405, %q", method, path, w.Code, w.Header().Get("Allow"), allow)
			}
		}
	}
}

func TestHeadHasGetsPolicyAndNoBody(t *testing.T) {
	t.Parallel()
	app := newShop().app(t)
	if w := ask(t, app, "HEAD", "/items/", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("HEAD /items/ = %d, want 401", w.Code)
	}
	if w := ask(t, app, "HEAD", "/health", ""); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD /health = %d with %d bytes, want 200 with none", w.Code, w.Body.Len())
	}
}

// unread fails the test when the body is touched.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read for a caller who may not call")
	return 0, io.EOF
}

func TestNoBodyIsReadBeforeTheCallerHasPassed(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	type note struct {
		Body struct {
			Text string `json:"text"`
		}
	}
	holdfast.Post(app, "/notes", holdfast.Security(s.active), func(_ context.Context, _ user, n note) (string, error) {
		return n.Body.Text, nil
	})
	r := httptest.NewRequest("POST", "/notes", unread{t})
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("POST /notes = %d, want 401", w.Code)
	}
	r = httptest.NewRequest("POST", "/notes", strings.NewReader(`{"text":"hi"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer a:me:")
	w = httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != `"hi"` {
		t.Errorf("POST /notes = %d %s, want 200 \"hi\"", w.Code, w.Body)
	}
}

func TestDeferredRunsBeforeTheResponseInReverse(t *testing.T) {
	t.Parallel()
	var order []string
	failing := errors.New("handler failed")
	tx := holdfast.Depends0(func(ctx context.Context) (int, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			order = append(order, "outer")
			if !errors.Is(err, failing) {
				t.Errorf("outer cleanup got %v, want the handler's error", err)
			}
			return holdfast.Errorf(http.StatusServiceUnavailable, "after")
		})
		holdfast.Defer(ctx, func(context.Context, error) error { order = append(order, "inner"); return nil })
		return 1, nil
	})
	app := quiet()
	app.Handle("GET /", holdfast.To1(holdfast.Public(), tx, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) {
		order = append(order, "handler")
		return "", failing
	}))
	w := ask(t, app, "GET", "/", "")
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"detail":"after"}` {
		t.Errorf("GET / = %d %s, want 503 after", w.Code, w.Body)
	}
	if got := strings.Join(order, " "); got != "handler inner outer" {
		t.Errorf("order = %s, want handler inner outer", got)
	}
}

func TestPanicTellsTheCallerNothing(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		panic("secret")
	})
	w := ask(t, app, "GET", "/", "")
	if w.Code != http.StatusInternalServerError || w.Body.String() != "Internal Server Error" {
		t.Errorf("GET / = %d %s, want a bare 500", w.Code, w.Body)
	}
}

func TestADependencyIsMadeOnceForEachRequest(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	both := holdfast.Depends2(s.active, s.user, func(_ context.Context, a, b user) (user, error) { return a, nil })
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(both), holdfast.AnyRole(s.active, s.admin)), nothing)
	for range 2 {
		if w := ask(t, app, "GET", "/", "a:me:admin"); w.Code != http.StatusOK {
			t.Fatalf("GET / = %d %s, want 200", w.Code, w.Body)
		}
	}
	if s.found != 2 {
		t.Errorf("findUser ran %d times in 2 requests, want 2", s.found)
	}
}

func TestAnyOfTriesTheNextWayIn(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.Depends1(key.Credential(), func(_ context.Context, k string) (string, error) {
		if k != "good" {
			return "", holdfast.Errorf(http.StatusForbidden, "bad key")
		}
		return "machine", nil
	})
	app := quiet()
	holdfast.Get(app, "/stock", holdfast.AnyOf(
		holdfast.As(holdfast.Security(s.active, s.items), func(u user) string { return u.Name }),
		holdfast.As(holdfast.Security(machine), func(m string) string { return m }),
	), func(_ context.Context, who string, _ holdfast.NoInput) (string, error) { return who, nil })
	tests := map[string]struct {
		token, key string
		status     int
		body       string
	}{
		"the user":               {"amy:items,me:", "", 200, `"amy"`},
		"the machine":            {"", "good", 200, `"machine"`},
		"nobody":                 {"", "", 401, `{"detail":"Not authenticated"}`},
		"403 outranks 401":       {"amy:me:", "", 403, `{"detail":"Not enough permissions"}`},
		"a bad token, good key":  {"garbage", "good", 200, `"machine"`},
		"a poor token, good key": {"amy:me:", "good", 200, `"machine"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/stock", nil)
			if test.token != "" {
				r.Header.Set("Authorization", "Bearer "+test.token)
			}
			if test.key != "" {
				r.Header.Set("X-Key", test.key)
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("GET /stock = %d %s, want %d %s", w.Code, w.Body, test.status, test.body)
			}
		})
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	if err := json.Unmarshal(ask(t, app, "GET", "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Paths["/stock"]["get"].Security
	if len(got) != 2 || len(got[0]["OAuth2PasswordBearer"]) != 2 || got[1]["APIKeyHeader"] == nil {
		t.Errorf("security = %v, want the token with two scopes, or the key", got)
	}
}

func TestMistakesAreNamedAtStart(t *testing.T) {
	t.Parallel()
	s := newShop()
	other := holdfast.HTTPBearer()
	foreign := other.Scope("foreign", "")
	type form struct {
		A string `form:"a"`
	}
	tests := map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"zero policy": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Policy[user]{}, nothing)
		}, "the zero Policy"},
		"zero dependency": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.Dep[user]{}), nothing)
		}, "a zero Dep"},
		"zero endpoint": {func(a *holdfast.App) { a.Handle("GET /", holdfast.Endpoint{}) }, "the zero Endpoint"},
		"zero role": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.AnyRole(s.user, holdfast.Role{}), nothing)
		}, "the zero Role"},
		"zero scope": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(s.user, holdfast.Scope{}), nothing)
		}, "the zero Scope"},
		"a scope of another scheme": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(s.user, foreign), nothing)
		}, `scope "foreign" belongs to scheme HTTPBearer`},
		"a scope that nobody checks": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(other.Credential(), foreign), nothing)
		}, "nothing would check it"},
		"a policy that reads the body": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.Params[form]()), nothing)
		}, "may not read the body"},
		"conflicting paths": {func(a *holdfast.App) {
			holdfast.Get(a, "/a/{x}/c", holdfast.Public(), nothing)
			holdfast.Get(a, "/a/b/{y}", holdfast.Public(), nothing)
		}, "conflicts with GET /a/{x}/c"},
		"two schemes of one name": {func(a *holdfast.App) {
			holdfast.Get(a, "/a", holdfast.Security(holdfast.APIKeyHeader("A").Credential()), nothing)
			holdfast.Get(a, "/b", holdfast.Security(holdfast.APIKeyHeader("B").Credential()), nothing)
		}, "has the name of another"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			test.declare(app)
			err := app.Err()
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "app_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
			if w := ask(t, app, "GET", "/", ""); w.Code != http.StatusInternalServerError {
				t.Errorf("GET / of a broken application = %d, want 500", w.Code)
			}
		})
	}
}

func TestRawHandlersGetTheProof(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	app.Handle("GET /files/{name...}", holdfast.Raw(holdfast.Security(s.active), func(w http.ResponseWriter, r *http.Request, u user) error {
		_, err := io.WriteString(w, u.Name+" "+r.PathValue("name"))
		return err
	}))
	if w := ask(t, app, "GET", "/files/a/b", "amy:me:"); w.Body.String() != "amy a/b" {
		t.Errorf("GET /files/a/b = %d %s, want amy a/b", w.Code, w.Body)
	}
	if w := ask(t, app, "GET", "/files/a/b", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("GET /files/a/b = %d, want 401", w.Code)
	}
}

func TestSecurityScopesAreThoseOfThePath(t *testing.T) {
	t.Parallel()
	s := newShop()
	seen := holdfast.Depends2(holdfast.Verify(s.oauth, verify), holdfast.SecurityScopes(), func(_ context.Context, _ holder, all holdfast.Scopes) (string, error) {
		return all.String(), nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(seen.Require(s.me), s.items), func(_ context.Context, all string, _ holdfast.NoInput) (string, error) {
		return all, nil
	})
	if w := ask(t, app, "GET", "/", "a:me,items:"); w.Body.String() != `"items me"` {
		t.Errorf("GET / = %d %s, want items me", w.Code, w.Body)
	}
}

// A handler that gives up a connection closes it, and nothing is logged.
func TestAbortedHandlersCloseTheConnection(t *testing.T) {
	t.Parallel()
	app := quiet()
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone) error {
		panic(http.ErrAbortHandler)
	}))
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // a panic's value
			t.Errorf("the panic is %v, want http.ErrAbortHandler", cause)
		}
	}()
	ask(t, app, "GET", "/", "")
	t.Error("the handler's panic did not get through")
}
