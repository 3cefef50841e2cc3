package main

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// inProcess is the server's application on a store of its own. Its passwords are hashed
// cheaply: it makes a user for each kind of caller, and the hash of a server is for the
// tests that run one.
func inProcess(t *testing.T) (*identity.Identity, *holdfast.App) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	config := config(store)
	config.Passwords = passwords
	config.URL, config.Logger = "http://127.0.0.1", slog.New(slog.DiscardHandler)
	id, err := identity.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := id.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	app, err := newApp(id, config.Store, holdfast.Docs{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return id, app
}

func TestGolden(t *testing.T) {
	t.Parallel()
	_, app := inProcess(t)
	holdfasttest.Golden(t, app)
}
