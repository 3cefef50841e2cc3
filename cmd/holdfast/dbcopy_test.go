package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// Who is signed in at a server on SQLite goes on at one on PostgreSQL, and back
// again: with the same tokens, refresh tokens and passwords.
func TestACopyGoesOn(t *testing.T) {
	needsServers(t)
	file, again, url := t.TempDir(), t.TempDir(), pgtest.Database(t)
	servers, admin := several(t, 1, file)
	p := servers[0]
	addr := strings.TrimPrefix(p.url, "http://")
	p.kill()
	p.shell("", "db", "copy", file+"/test.db", url)
	p = start(t, url, "--addr", addr)
	p.want("GET", "/users", admin.Access, "", http.StatusOK)
	p.login("alice", "users:read")
	client := &http.Client{}
	status, next, err := p.refresh(client, admin.Refresh)
	if status != http.StatusOK || err != nil {
		t.Fatalf("a refresh after the copy = %d, %v", status, err)
	}
	p.kill()
	p.shell("", "db", "copy", url, again+"/test.db")
	p = start(t, again, "--addr", addr)
	p.want("GET", "/users", next.Access, "", http.StatusOK)
	if status, _, err := p.refresh(client, next.Refresh); status != http.StatusOK || err != nil {
		t.Errorf("a refresh after the copy back = %d, %v", status, err)
	}
	p.login("alice", "users:read")
}
