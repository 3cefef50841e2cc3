package identity

import (
	"log/slog"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// quick fills in what a test does not say: a store in memory, and hashes that
// take no time.
func quick(t testing.TB, config Config) Config {
	t.Helper()
	if config.Scheme == nil {
		config.Scheme = NewScheme()
	}
	if config.Store == nil {
		config.Store = memory.New()
	}
	if config.URL == "" {
		config.URL = "http://127.0.0.1"
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Passwords == nil {
		passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
		if err != nil {
			t.Fatal(err)
		}
		config.Passwords = passwords
	}
	return config
}

// opened is an application with all endpoints, and nothing of its own.
func opened(t testing.TB, config Config) (*Identity, *holdfast.App) {
	t.Helper()
	id, err := Open(t.Context(), quick(t, config))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	})
	return id, id.NewApp(holdfast.Config{Title: "Test"})
}

// everyCaller mints callers who are users of the store.
func everyCaller(t testing.TB, id *Identity) holdfasttest.Callers {
	t.Helper()
	key, err := id.KeyRing().SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return mint.Accounts{Service: id.Accounts(), Tokens: mint.Tokens{Key: key, Issuer: id.Issuer(), Audience: id.Audience()[0]}}.Callers()
}
