package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// The answers are FastAPI's own to the same requests.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const secret = "a password of the test"
	tut, err := newTutorial(t.Context(), map[string]string{"johndoe": secret, "alice": secret})
	if err != nil {
		t.Fatal(err)
	}
	app := tut.routes()
	call := func(method, path, token, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w
	}
	login := func(name, scope string) string {
		w := call("POST", "/token", "", url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode())
		var out token
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
			t.Fatalf("POST /token = %d %s", w.Code, w.Body)
		}
		return out.AccessToken
	}
	john, scoped, all, alice := login("johndoe", ""), login("johndoe", "me"), login("johndoe", "me items"), login("alice", "me items")
	for _, row := range []struct {
		name, path, token string
		status            int
		body, challenge   string
	}{
		{"no token", "/users/me/", "", 401, `{"detail":"Not authenticated"}`, `Bearer realm="OAuth2PasswordBearer"`},
		{"no scopes", "/users/me/", john, 403, `{"detail":"Not enough permissions"}`, `Bearer error="insufficient_scope", scope="me"`},
		{"the scope me", "/users/me/", scoped, 200, `{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}`, ``},
		{"the scope me alone", "/users/me/items/", scoped, 403, `{"detail":"Not enough permissions"}`, `Bearer error="insufficient_scope", scope="items me"`},
		{"both scopes", "/users/me/items/", all, 200, `[{"item_id":"Foo","owner":"johndoe"}]`, ``},
		{"any token", "/status/", john, 200, `{"status":"ok"}`, ``},
		{"an inactive user", "/users/me/", alice, 400, `{"detail":"Inactive user"}`, ``},
		{"an inactive user's status", "/status/", alice, 200, `{"status":"ok"}`, ``},
	} {
		w := call("GET", row.path, row.token, "")
		if got := strings.TrimSpace(w.Body.String()); w.Code != row.status || got != row.body || w.Header().Get("WWW-Authenticate") != row.challenge {
			t.Errorf("%s: GET %s = %d %s, %s, want %d %s, %s", row.name, row.path, w.Code, got, w.Header().Get("WWW-Authenticate"), row.status, row.body, row.challenge)
		}
	}
	for _, form := range []string{"username=johndoe&password=wrong", "username=nobody&password=wrong"} {
		if w := call("POST", "/token", "", form); w.Code != 400 || strings.TrimSpace(w.Body.String()) != `{"detail":"Incorrect username or password"}` {
			t.Errorf("POST /token %s = %d %s", form, w.Code, w.Body)
		}
	}
}

// While passwords cannot be verified, because too many wait for it, a user and
// a name without a user get the same answer: neither tells who has an account.
func TestAFullLaneAnswersEverybodyAlike(t *testing.T) {
	t.Parallel()
	tut, err := newTutorial(t.Context(), map[string]string{"johndoe": "a password of the test"})
	if err != nil {
		t.Fatal(err)
	}
	full := func(context.Context, func() error) error { return work.ErrBusy }
	if tut.passwords, err = password.NewContext(password.Config{Run: full}); err != nil {
		t.Fatal(err)
	}
	app := tut.routes()
	for _, name := range []string{"johndoe", "nobody"} {
		r := httptest.NewRequest("POST", "/token", strings.NewReader("username="+name+"&password=wrong"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("POST /token by %s = %d %s, Retry-After %q, want 503 with Retry-After", name, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
}
