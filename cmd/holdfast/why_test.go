package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestWhyInAnotherProcess asks a running server's refusals from the shell.
func TestWhyInAnotherProcess(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	p := start(t, t.TempDir())
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	p.shell(secret+"\n", "user", "add", "mia", "--role", "manager", "--password-stdin", "--own-password")
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
		"  ✗ role admin: the caller has none of them\n", "  rule     role admin, scope users:write, by OAuth2PasswordBearer or APIKey, at accountapi/accountapi.go:",
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
	var mine []struct{ Method, Path string }
	if status, body := p.call("GET", "/me/routes", token, ""); status != http.StatusOK || json.Unmarshal([]byte(body), &mine) != nil {
		t.Errorf("GET /me/routes = %d %s", status, body)
	}
	has := func(method, path string) bool {
		return slices.ContainsFunc(mine, func(r struct{ Method, Path string }) bool { return r.Method == method && r.Path == path })
	}
	if !has("GET", "/users") || has("DELETE", "/users/{id}") || !has("GET", "/healthz") {
		t.Errorf("GET /me/routes by a manager = %v", mine)
	}
}
