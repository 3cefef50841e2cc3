package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// kept is the server's application as it is served, with refusals kept.
func kept(t *testing.T) (o *opened, srv *server, db string) {
	t.Helper()
	o, srv = inProcess(t)
	db = filepath.Join(t.TempDir(), "kept.db")
	var err error
	if o.refusals, err = openRefusalLog(t.Context(), db, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	srv.app.OnDecision(o.refusals.keep)
	return o, srv, db
}

// TestEveryStep refuses a caller for every reason that there is and reads why.
func TestEveryStep(t *testing.T) {
	t.Parallel()
	o, srv, db := kept(t)
	callers := everyCaller(t, o, srv)
	const ok, no, unknown = "✓", "✗", "·"
	// credential, signature, type, expiry, issuer, audience, revocation, user
	// active, scopes, roles
	for name, test := range map[string]struct {
		who    []holdfasttest.Option
		steps  string
		detail string
		change string
	}{
		"nobody":         {nil, no + strings.Repeat(unknown, 9), "", "a good access token, from POST /token"},
		"garbage":        {of(holdfasttest.Garbage), ok + no + strings.Repeat(unknown, 8), "it is no token", "a good access token, from POST /token"},
		"wrong type":     {of(holdfasttest.WrongType), ok + ok + no + strings.Repeat(unknown, 7), "it is no access token", "a good access token, from POST /token"},
		"expired":        {of(holdfasttest.Expired), ok + ok + ok + no + strings.Repeat(unknown, 6), "it has expired", "a good access token, from POST /token"},
		"wrong issuer":   {of(holdfasttest.WrongIssuer), strings.Repeat(ok, 4) + no + strings.Repeat(unknown, 5), "another issuer", "a good access token, from POST /token"},
		"wrong audience": {of(holdfasttest.WrongAudience), strings.Repeat(ok, 5) + no + strings.Repeat(unknown, 4), "it is for another audience", "a good access token, from POST /token"},
		"revoked":        {of(holdfasttest.Revoked), strings.Repeat(ok, 6) + no + strings.Repeat(unknown, 3), "its session has ended", "a good access token, from POST /token"},
		"disabled":       {of(holdfasttest.DisabledUser), strings.Repeat(ok, 7) + no + strings.Repeat(unknown, 2), "the user is disabled", "a good access token, from POST /token"},
		"no scope":       {[]holdfasttest.Option{holdfasttest.User("mia"), roles("admin"), holdfasttest.Scopes()}, strings.Repeat(ok, 8) + no + ok, "the caller has none of them", "a token that carries scope users:write"},
		"no role":        {[]holdfasttest.Option{holdfasttest.User("eve"), roles("manager")}, strings.Repeat(ok, 8) + no + no, "the caller has none of them", "a token that carries scope users:write, and the role admin"},
	} {
		t.Run(name, func(t *testing.T) {
			who := append([]holdfasttest.Option{callers, holdfasttest.Served(asServed)}, test.who...)
			answer := holdfasttest.As(t, srv.app, who...).Delete("/users/7?token=hunter2")
			id := answer.Header.Get("X-Request-Id")
			body := holdfasttest.JSON[map[string]any](t, answer)
			if body["request"] != id || id == "" {
				t.Errorf("the answer %s does not name its request %q", answer.Body, id)
			}
			file, err := sqlite.ReadRefusals(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			got, err := patiently(t.Context(), file, id)
			if err != nil {
				t.Fatal(err)
			}
			marks, details := "", []string{}
			for _, s := range got.Steps {
				marks += map[string]string{stateOK: ok, stateFailed: no, stateUnknown: unknown}[s.State]
				details = append(details, s.Detail)
			}
			if marks != test.steps || !slices.Contains(details, test.detail) || got.Change != test.change {
				t.Errorf("steps %s %q, change %q\nwant  %s %q, change %q", marks, details, got.Change, test.steps, test.detail, test.change)
			}
			if got.Route != "DELETE /users/{id}" || got.Path != "/users/7" || !strings.HasPrefix(got.Declared, "accountapi/accountapi.go:") {
				t.Errorf("refusal = %+v", got)
			}
		})
	}
	if err := o.refusals.close(); err != nil {
		t.Fatal(err)
	}
	o.refusals = nil
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(sqlite.RefusalsOf(db) + suffix)
		if err == nil && (strings.Contains(string(data), "hunter2") || strings.Contains(string(data), "eyJ")) {
			t.Errorf("a secret is in %s%s", sqlite.RefusalsOf(db), suffix)
		}
	}
}

func of(kind holdfasttest.Kind) []holdfasttest.Option {
	return []holdfasttest.Option{holdfasttest.Of(kind), roles("admin", "manager", "user")}
}

// roles are roles of the server by name.
func roles(names ...string) holdfasttest.Option {
	return holdfasttest.Role(rolesNamed(names)...)
}

// TestRefusalsNeverWait floods the queue while nothing is written.
func TestRefusalsNeverWait(t *testing.T) {
	t.Parallel()
	o, srv, _ := kept(t)
	stuck := &refusalLog{Now: o.refusals.Now, queue: make(chan noted, refusalQueue)}
	srv.app.OnDecision(stuck.keep)
	handler := asServed(srv.app)
	for range 3 * refusalQueue {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/users/me", nil))
		if w.Code != http.StatusUnauthorized {
			t.Fatalf("GET /users/me = %d %s", w.Code, w.Body)
		}
	}
	if got := stuck.dropped.Load(); got != 2*refusalQueue {
		t.Errorf("%d refusals were dropped, want %d", got, 2*refusalQueue)
	}
}

// TestWhyInAnotherProcess asks a running server's refusals from the shell.
func TestWhyInAnotherProcess(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	p := start(t, t.TempDir())
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	p.shell(secret+"\n", "user", "add", "mia", "--role", "manager", "--password-stdin")
	token := p.login("mia", "me users:read").Access
	status, body := p.call("DELETE", "/users/7", token, "")
	var refused struct {
		Request string
		Missing map[string][]string
	}
	if err := json.Unmarshal([]byte(body), &refused); err != nil || status != http.StatusForbidden {
		t.Fatalf("DELETE /users/7 = %d %s", status, body)
	}
	if want := `{"detail":"Not enough permissions","missing":{"any_role_of":["admin"],"scopes":["users:write"]},"request":"` + refused.Request + `"}`; body != want {
		t.Errorf("the 403 says %s, want %s", body, want)
	}
	why := p.shell("", "why", refused.Request)
	for _, line := range []string{
		"DELETE /users/7 by mia: refused with 403 at ",
		"  ✓ token: audience\n", "  ✓ user active", "  ✗ scopes users:write: the caller has none of them\n",
		"  ✗ role admin: the caller has none of them\n", "  rule     role admin, scope users:write, at accountapi/accountapi.go:",
		"  missing  a token that carries scope users:write, and the role admin\n",
	} {
		if !strings.Contains(strings.ReplaceAll(why, "token: user", "user"), line) {
			t.Errorf("holdfast why has no %q:\n%s", line, why)
		}
	}
	if list := p.shell("", "why"); !strings.Contains(list, refused.Request) {
		t.Errorf("holdfast why lists\n%s", list)
	}
	admin := p.login("alice", "users:read").Access
	if status, body := p.call("GET", "/refusals/"+refused.Request, admin, ""); status != http.StatusOK || !strings.Contains(body, `"caller":"mia"`) {
		t.Errorf("GET /refusals/… by an administrator = %d %s", status, body)
	}
	p.want("GET", "/refusals/"+refused.Request, token, "", http.StatusForbidden)
	p.want("GET", "/refusals/nothing", admin, "", http.StatusNotFound)
	var mine []myRoute
	if status, body := p.call("GET", "/me/routes", token, ""); status != http.StatusOK || json.Unmarshal([]byte(body), &mine) != nil {
		t.Errorf("GET /me/routes = %d %s", status, body)
	}
	has := func(method, path string) bool {
		return slices.ContainsFunc(mine, func(r myRoute) bool { return r.Method == method && r.Path == path })
	}
	if !has("GET", "/users") || has("DELETE", "/users/{id}") || !has("GET", "/healthz") {
		t.Errorf("GET /me/routes by a manager = %v", mine)
	}
}

// BenchmarkRefusal is a refused request that is kept, and one that is not.
func BenchmarkRefusal(b *testing.B) {
	for _, kept := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%v", kept), func(b *testing.B) {
			app := described()
			dir := b.TempDir()
			r, err := openRefusalLog(b.Context(), filepath.Join(dir, "b.db"), slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			if app.OnDecision(nil); kept {
				app.OnDecision(r.keep)
			}
			handler := asServed(app)
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/me", nil))
			}
			b.StopTimer()
			if err := r.close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
