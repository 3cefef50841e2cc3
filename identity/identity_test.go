package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/oauth"
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
	config.AllowPasswordGrant = true // the shortest way to a token; TestThePasswordGrant opens its own
	id, err := Open(t.Context(), quick(t, config))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // again, where a test has closed it
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

const secret = "correct horse battery"

// tokens asks POST /token.
func tokens(t testing.TB, id *Identity, app *holdfast.App, form string) oauth.TokenResponse {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	id.Handler(app).ServeHTTP(w, r)
	var out oauth.TokenResponse
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("POST /token %s = %d %s", form, w.Code, w.Body)
	}
	return out
}

// signIn makes a user with the role user and signs them in.
func signIn(t testing.TB, id *Identity, app *holdfast.App, name, scope string) oauth.TokenResponse {
	t.Helper()
	if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: name, Password: secret, Roles: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	return tokens(t, id, app, url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode())
}

// bearer is somebody who presents a token.
func bearer(t testing.TB, id *Identity, app *holdfast.App, token string) *holdfasttest.Client {
	t.Helper()
	callers := holdfasttest.Callers(func(context.Context, holdfasttest.Caller) (holdfasttest.Credential, error) {
		return holdfasttest.Bearer(token), nil
	})
	return holdfasttest.As(t, app, callers, holdfasttest.User("whoever"), holdfasttest.Served(id.Handler))
}

// payload is what a token says.
func payload(t testing.TB, token string) string {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
