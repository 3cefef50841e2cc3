package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// Two servers on one database: what one of them does to a session, a user, a role
// or a key holds at the other within a second.
func TestWhatOneServerDoesHoldsAtTheOther(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	onBoth(t, whatOneDoesHoldsAtTheOther)
}

// onBoth runs a test with a database of each kind.
func onBoth(t *testing.T, test func(t *testing.T, dir string)) {
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); test(t, t.TempDir()) })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); test(t, pgtest.Database(t)) })
}

func whatOneDoesHoldsAtTheOther(t *testing.T, dir string) {
	p, q := start(t, dir), start(t, dir)
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	alice := p.login("alice", "users:read users:write roles:write")
	for name, test := range map[string]struct {
		does func(w tokens, id string) // at p, with the tokens and the id of a user
		want int                       // at q, afterwards
	}{
		"a sign-out": {func(w tokens, _ string) { p.want("POST", "/logout", w.Access, "", http.StatusNoContent) }, http.StatusUnauthorized},
		"a refresh token used after its successor": {func(w tokens, _ string) {
			const form = "grant_type=refresh_token&refresh_token="
			_, answer := p.call("POST", "/token", "", form+w.Refresh)
			var next struct {
				Token string `json:"refresh_token"`
			}
			if err := json.Unmarshal([]byte(answer), &next); err != nil {
				t.Error(err)
			}
			p.want("POST", "/token", "", form+next.Token, http.StatusOK)
			p.want("POST", "/token", "", form+w.Refresh, http.StatusBadRequest)
		}, http.StatusUnauthorized},
		"a user who is disabled": {func(_ tokens, id string) {
			p.want("PATCH", "/users/"+id, alice.Access, `{"disabled":true}`, http.StatusOK)
		}, http.StatusUnauthorized},
		"a user who is removed": {func(_ tokens, id string) { p.want("DELETE", "/users/"+id, alice.Access, "", http.StatusNoContent) }, http.StatusUnauthorized},
		"a user's roles": {func(_ tokens, id string) {
			p.want("PUT", "/users/"+id+"/roles", alice.Access, `{"roles":["user"]}`, http.StatusOK)
		}, http.StatusForbidden},
		"what a role grants": {func(tokens, string) {
			p.want("PUT", "/roles/manager", alice.Access, `{"scopes":["me"]}`, http.StatusOK)
		}, http.StatusForbidden},
	} {
		p.want("PUT", "/roles/manager", alice.Access, `{"scopes":["me","users:read"]}`, http.StatusOK)
		user := fmt.Sprintf("user-%d", time.Now().UnixNano())
		id := p.adds(user, alice.Access)
		w := p.login(user, "me users:read")
		q.turns(name+", beforehand", w.Access, http.StatusOK)
		test.does(w, id)
		q.turns(name, w.Access, test.want)
	}
	w := p.login("alice", "users:read")
	q.turns("a key that is revoked, beforehand", w.Access, http.StatusOK)
	var list struct{ Keys []struct{ ID string } }
	if err := json.Unmarshal([]byte(p.shell("", "key", "list", "--json")), &list); err != nil || len(list.Keys) != 1 {
		t.Fatalf("holdfast key list --json = %v, %v, want one key", list, err)
	}
	p.shell("", "key", "retire", list.Keys[0].ID, "--revoke")
	q.turns("a key that is revoked", w.Access, http.StatusUnauthorized)
}

// adds adds a user with the role manager and returns the id.
func (p *process) adds(name, token string) (id string) {
	p.t.Helper()
	status, body := p.call("POST", "/users", token, fmt.Sprintf(`{"name":%q,"password":%q,"roles":["manager"]}`, name, "given "+secret))
	var user struct{ ID string }
	if err := json.Unmarshal([]byte(body), &user); err != nil || status != http.StatusCreated {
		p.t.Fatalf("POST /users = %d %s", status, body)
	}
	own := fmt.Sprintf(`{"name":%q,"given_password":%q,"new_password":%q}`, name, "given "+secret, secret)
	if status, body := p.call("POST", "/first-password", "", own); status != http.StatusNoContent {
		p.t.Fatalf("POST /first-password = %d %s", status, body)
	}
	return user.ID
}

// turns waits until the answer to a token is the one that is wanted, a second at
// most.
func (p *process) turns(what, token string, want int) {
	p.t.Helper()
	for begun := time.Now(); ; {
		status, body := p.call("GET", "/users", token, "")
		took := time.Since(begun)
		if status == want {
			p.t.Logf("%s: %d after %v", what, status, took.Round(time.Millisecond))
			return
		}
		if took > time.Second {
			p.t.Fatalf("%s: GET /users = %d %s after %v, want %d within a second", what, status, body, took, want)
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
}
