package accountapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

const (
	secret    = "correct horse battery"
	allScopes = "me users:read users:write roles:write clients:write"
)

// api is the application on a store in memory, with one user of each role.
type api struct {
	t       *testing.T
	app     *holdfast.App
	checked http.Handler // the same, with its answers compared with its document
	users   map[string]account.User
	signer  *jwt.Signer
	*account.Service
}

// ticking is a clock that is a millisecond further each time it is asked, so
// that ids are in the order in which they are made.
func ticking() func() time.Time {
	start := time.Now()
	var ticks atomic.Int64
	return func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
}

func newAPI(t *testing.T) *api {
	t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	check(t, err)
	accounts, err := account.NewService(t.Context(), account.Config{Store: memory.New(), Passwords: passwords, Now: ticking()})
	check(t, err)
	key, err := jwt.GenerateKey(jwt.EdDSA)
	check(t, err)
	signer, err := jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: "i", Audience: []string{"a"}})
	check(t, err)
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "i", Audience: "a"})
	check(t, err)

	scheme := holdfast.OAuth2PasswordBearer("token")
	tokens := oauth.New(oauth.Config{Accounts: accounts, Clients: accounts, Scheme: scheme, Signer: signer, Verifier: verifier, TTL: time.Minute})
	app := holdfast.New("Test", "1")
	tokens.Register(app)
	endpoints := accountapi.New(accountapi.Config{Accounts: accounts, Scopes: accountapi.DeclareScopes(scheme), Caller: tokens.Caller()})
	endpoints.Register(app)
	endpoints.RegisterClients(app)
	endpoints.RegisterSessions(app)
	endpoints.RegisterKeys(app)
	check(t, app.Err())

	a := &api{t, app, openapitest.Handler(t, app), map[string]account.User{}, signer, accounts}
	for _, role := range []string{"admin", "manager", "user"} {
		a.users[role], err = accounts.CreateUser(t.Context(), account.NewUser{Name: role, Password: secret, Roles: []string{role}})
		check(t, err)
	}
	return a
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (a *api) login(name, scope string) string {
	a.t.Helper()
	r := httptest.NewRequest("POST", "/token", strings.NewReader(url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.app.ServeHTTP(w, r)
	var out oauth.TokenResponse
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		a.t.Fatalf("POST /token = %d %s", w.Code, w.Body)
	}
	return out.AccessToken
}

func (a *api) call(method, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	a.checked.ServeHTTP(w, r)
	return w
}

const (
	ok, created, gone = http.StatusOK, http.StatusCreated, http.StatusNoContent
	who, no           = http.StatusUnauthorized, http.StatusForbidden
)

// Who may do what: every route, every kind of caller. The last is an
// administrator whose token has no scope.
func TestWhoMayDoWhat(t *testing.T) {
	for _, row := range []struct {
		request, body                          string
		nobody, user, manager, admin, unscoped int
	}{
		{"GET /users/me", "", who, ok, ok, ok, no},
		{"PUT /users/me/password", `{"current_password":"wrong","new_password":"a new horse battery"}`, who, http.StatusBadRequest, http.StatusBadRequest, http.StatusBadRequest, no},
		{"GET /users", "", who, no, ok, ok, no},
		{"POST /users", `{"name":"new","password":"` + secret + `"}`, who, no, no, created, no},
		{"GET /users/{user}", "", who, no, ok, ok, no},
		{"PATCH /users/{user}", `{"email":"u@example.org"}`, who, no, no, ok, no},
		{"DELETE /users/{user}", "", who, no, no, gone, no},
		{"PUT /users/{user}/roles", `{"roles":["manager"]}`, who, no, no, ok, no},
		{"GET /roles", "", who, no, ok, ok, no},
		{"PUT /roles/auditor", `{"scopes":["users:read"]}`, who, no, no, ok, no},
		{"DELETE /roles/manager", "", who, no, no, http.StatusConflict, no},
		{"POST /logout", "", who, gone, gone, gone, gone},
		{"GET /users/me/sessions", "", who, ok, ok, ok, no},
		{"DELETE /users/me/sessions", "", who, gone, gone, gone, no},
		{"DELETE /users/me/sessions/x", "", who, http.StatusNotFound, http.StatusNotFound, http.StatusNotFound, no},
		{"GET /users/{user}/sessions", "", who, no, no, ok, no},
		{"DELETE /users/{user}/sessions", "", who, no, no, gone, no},
		{"DELETE /users/{user}/sessions/x", "", who, no, no, http.StatusNotFound, no},
	} {
		t.Run(row.request, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			method, path, _ := strings.Cut(row.request, " ")
			path = strings.ReplaceAll(path, "{user}", a.users["user"].ID)
			tokens := map[string]string{
				"nobody": "", "user": a.login("user", allScopes), "manager": a.login("manager", allScopes),
				"admin": a.login("admin", allScopes), "unscoped": a.login("admin", ""),
			}
			for _, one := range []struct {
				caller string
				want   int
			}{
				{"nobody", row.nobody}, {"user", row.user}, {"manager", row.manager}, {"unscoped", row.unscoped}, {"admin", row.admin},
			} {
				if w := a.call(method, path, tokens[one.caller], row.body); w.Code != one.want {
					t.Errorf("%s by %s = %d %s, want %d", row.request, one.caller, w.Code, w.Body, one.want)
				}
			}
		})
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, test := range map[string]struct {
		token     string
		want      int
		body      string
		challenge string
	}{
		"no token":      {"", who, `{"detail":"Not authenticated"}`, `Bearer realm="OAuth2PasswordBearer"`},
		"a bad token":   {"x.y.z", who, `{"detail":"Could not validate credentials"}`, `Bearer error="invalid_token"`},
		"without scope": {a.login("admin", "me"), no, `{"detail":"Not enough permissions"}`, `Bearer error="insufficient_scope", scope="users:read"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := a.call("GET", "/users", test.token, "")
			if got := strings.TrimSpace(w.Body.String()); w.Code != test.want || got != test.body {
				t.Errorf("GET /users = %d %s, want %d %s", w.Code, got, test.want, test.body)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != test.challenge {
				t.Errorf("WWW-Authenticate = %s, want %s", got, test.challenge)
			}
		})
	}

	// The role is what is missing: a custom role may grant the scope.
	_, err := a.PutRole(t.Context(), account.Role{Name: "auditor", Scopes: []string{"users:read"}})
	check(t, err)
	_, err = a.SetRoles(t.Context(), a.users["user"].ID, []string{"auditor"})
	check(t, err)
	w := a.call("GET", "/users", a.login("user", "users:read"), "")
	if got := strings.TrimSpace(w.Body.String()); w.Code != no || got != `{"detail":"Operation not permitted"}` {
		t.Errorf("GET /users without the role = %d %s", w.Code, got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	id := func(name string) string { return a.users[name].ID }
	for _, step := range []struct {
		method, path, body string
		want               int
		says               string
	}{
		{"GET", "/users/me", "", ok, `{"id":"` + id("admin") + `","name":"admin","email":"","disabled":false,"roles":["admin"]}`},
		{"GET", "/users?limit=1", "", ok, `[{"id":"` + id("admin") + `",`},
		{"GET", "/users?after=" + id("user"), "", ok, `[]`},
		{"GET", "/users?limit=1001", "", 422, `"loc":["query","limit"]`},
		{"GET", "/users/nobody", "", 404, `{"detail":"User not found"}`},
		{"POST", "/users", `{"name":"Anna","password":"` + secret + `","email":"a@example.org","roles":["user"]}`, created, `"name":"anna"`},
		{"POST", "/first-password", `{"name":"anna","given_password":"wrong","new_password":"battery staple correct"}`, 400, `{"detail":"Incorrect password"}`},
		{"POST", "/first-password", `{"name":"anna","given_password":"` + secret + `","new_password":"short"}`, 422, `"loc":["body","new_password"]`},
		{"POST", "/first-password", `{"name":"anna","given_password":"` + secret + `","new_password":"` + secret + `"}`, 422, `is the one that was given`},
		{"POST", "/first-password", `{"name":"anna","given_password":"` + secret + `","new_password":"battery staple correct"}`, gone, ``},
		{"POST", "/first-password", `{"name":"anna","given_password":"battery staple correct","new_password":"` + secret + `"}`, 409, `your own already`},
		{"POST", "/users", `{"name":"anna","password":"` + secret + `"}`, 409, `{"detail":"The name is taken"}`},
		{"POST", "/users", `{"name":"ben","password":"short"}`, 422, `"loc":["body","password"]`},
		{"PUT", "/roles/No", `{"scopes":[]}`, 422, `"loc":["path","name"]`},
		{"POST", "/users", `{"name":"ben","password":"short"}`, 422, `has fewer than 15 characters`},
		{"POST", "/users", `{"name":"ben","password":"` + secret + `","roles":["ghost"]}`, 422, `contains the unknown role`},
		{"POST", "/users", `{"name":"ben","password":"` + secret + `","admin":true}`, 422, `admin`},
		{"POST", "/users", `{"name":`, 422, `json_invalid`},
		{"PATCH", "/users/" + id("user"), `{"disabled":true}`, ok, `"disabled":true`},
		{"PATCH", "/users/" + id("user"), `{"email":"u@example.org"}`, ok, `"disabled":true`},
		{"PATCH", "/users/" + id("user"), `{"email":"no address","disabled":false}`, 422, `"loc":["body","email"]`},
		{"PATCH", "/users/" + id("user"), `{"email":"u@example.org\nBcc: x@example.org"}`, 422, `"loc":["body","email"]`},
		{"GET", "/users/" + id("user"), "", ok, `"email":"u@example.org","disabled":true`},
		{"PATCH", "/users/" + id("user"), `{"email":""}`, ok, `"email":""`},
		{"PATCH", "/users/" + id("admin"), `{"disabled":true}`, 409, `{"detail":"At least one administrator who can sign in must remain"}`},
		{"PUT", "/users/" + id("admin") + "/roles", `{"roles":[]}`, 409, `one administrator who can sign in must remain`},
		{"DELETE", "/users/" + id("admin"), "", 409, `one administrator who can sign in must remain`},
		{"DELETE", "/users/" + id("user"), "", gone, ``},
		{"DELETE", "/users/" + id("user"), "", 404, `{"detail":"User not found"}`},
		{"GET", "/roles", "", ok, `{"name":"user","description":"Reads their own account","scopes":["keys:write","me"]}`},
		{"PUT", "/roles/auditor", `{"scopes":["z","a","a"],"description":"Looks"}`, ok, `{"name":"auditor","description":"Looks","scopes":["a","z"]}`},
		{"PUT", "/roles/auditor", `{"scopes":["a b"]}`, 422, `malformed scope`},
		{"PUT", "/roles/admin", `{"scopes":[]}`, 422, `must contain users:read`},
		{"DELETE", "/roles/auditor", "", gone, ``},
		{"DELETE", "/roles/auditor", "", 404, `{"detail":"Role not found"}`},
		{"DELETE", "/roles/admin", "", 409, `{"detail":"The role is in use"}`},
	} {
		w := a.call(step.method, step.path, admin, step.body)
		if w.Code != step.want || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("%s %s %s = %d %s, want %d with %s", step.method, step.path, step.body, w.Code, w.Body, step.want, step.says)
		}
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s %s: the answer has the password: %s", step.method, step.path, w.Body)
		}
	}
}

// A change of roles holds from the next request, with the token from before.
func TestDemotionHoldsAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, manager := a.login("admin", allScopes), a.login("manager", "users:read")
	if w := a.call("GET", "/users", manager, ""); w.Code != ok {
		t.Fatalf("GET /users = %d %s", w.Code, w.Body)
	}
	path := fmt.Sprintf("/users/%s/roles", a.users["manager"].ID)
	if w := a.call("PUT", path, admin, `{"roles":["user"]}`); w.Code != ok {
		t.Fatalf("PUT %s = %d %s", path, w.Code, w.Body)
	}
	if w := a.call("GET", "/users", manager, ""); w.Code != no {
		t.Errorf("GET /users after demotion = %d %s, want 403", w.Code, w.Body)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mine, other := a.login("user", "me"), a.login("user", "me")
	change := func(current, next string) string {
		return fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, current, next)
	}
	for _, step := range []struct {
		name, token, body string
		want              int
		says              string
	}{
		{"a wrong password", mine, change("wrong", "a new horse battery"), http.StatusBadRequest, "Incorrect password"},
		{"a short one", mine, change(secret, "short"), http.StatusUnprocessableEntity, "fewer than 15"},
		{"one of the most common", mine, change(secret, "qwertyuiop12345"), http.StatusUnprocessableEntity, "most common"},
		{"one with the name", mine, change(secret, "I am the user here"), http.StatusUnprocessableEntity, "contains the name"},
		{"a new one that is too short", mine, change(secret, "short"), http.StatusUnprocessableEntity, `"loc":["body","new_password"]`},
		{"without the present one", mine, `{"new_password":"a new horse battery"}`, http.StatusUnprocessableEntity, "current_password"},
		{"all is well", mine, change(secret, "a new horse battery"), gone, ""},
		{"the own session goes on", mine, change("a new horse battery", secret), gone, ""},
		{"the other has ended", other, change(secret, "a new horse battery"), who, ""},
	} {
		w := a.call("PUT", "/users/me/password", step.token, step.body)
		if w.Code != step.want || !strings.Contains(w.Body.String(), step.says) || strings.Contains(w.Body.String(), "battery") {
			t.Errorf("%s: PUT /users/me/password = %d %s, want %d with %q and no password", step.name, w.Code, w.Body, step.want, step.says)
		}
	}
	for range 9 {
		a.call("PUT", "/users/me/password", mine, change("wrong", "a new horse battery"))
	}
	w := a.call("PUT", "/users/me/password", mine, change(secret, "a new horse battery"))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "90" && w.Header().Get("Retry-After") != "89" {
		t.Errorf("one attempt too many = %d, Retry-After %q, want 429 and 90", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestAUserWithoutAPassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	w := a.call("POST", "/users", a.login("admin", allScopes), `{"name":"new"}`)
	if w.Code != created {
		t.Fatalf("POST /users without a password = %d %s, want 201", w.Code, w.Body)
	}
	w = a.call("POST", "/users", a.login("admin", allScopes), `{"name":"other","password":""}`)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("POST /users with an empty password = %d %s, want 422", w.Code, w.Body)
	}
}
