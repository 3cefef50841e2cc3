package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// An administrator sees wrong passwords in a row, and begins a new one.
func TestTheShellShowsWrongPasswords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &process{t: t, dir: dir}
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	accounts, err := identity.OpenAccounts(t.Context(), config(store))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accounts.Close() }()
	for range 3 {
		if _, err := accounts.Login(t.Context(), "alice", "wrong", account.Ask{}); err == nil {
			t.Fatal("a wrong password signs in")
		}
	}
	if out := p.shell("", "user", "show", "alice"); !strings.Contains(out, "wrong  3 passwords in a row, the last at 20") || strings.Contains(out, "locked") {
		t.Errorf("user show says\n%s", out)
	}
	if out := p.shell("", "user", "show", "alice", "--json"); !strings.Contains(out, `"failures": 3`) || !strings.Contains(out, `"locked": false`) {
		t.Errorf("user show --json says\n%s", out)
	}
	if out := p.shell("", "user", "unlock", "alice"); out != "alice may sign in from anywhere again\n" {
		t.Errorf("user unlock says %q", out)
	}
	if out := p.shell("", "user", "show", "alice"); strings.Contains(out, "wrong") {
		t.Errorf("user show after user unlock says\n%s", out)
	}
}
