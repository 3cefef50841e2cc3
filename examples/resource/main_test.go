package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/store/memory"
)

const secret = "correct horse battery"

// signIns is the server where users sign in, as `holdfast serve` is, on an
// address of its own. Clerks may write, and visitors read.
func signIns(t *testing.T) *identity.Identity {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	at := "http://" + srv.Listener.Addr().String()
	id, err := identity.Open(t.Context(), identity.Config{
		Scheme: identity.NewScheme(), Store: memory.New(), URL: at, Audience: []string{"auth", "stock"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, scopes := range map[string][]string{"clerk": {"stock:read", "stock:write"}, "visitor": {"stock:read"}} {
		if _, err := id.Accounts().PutRole(t.Context(), account.Role{Name: name, Scopes: scopes}); err != nil {
			t.Fatal(err)
		}
	}
	srv.Config.Handler = id.Handler(id.NewApp(holdfast.Config{Title: "Sign in"}))
	srv.Start()
	t.Cleanup(func() {
		srv.Close()
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	})
	return id
}

// service is the service that accepts the server's tokens.
func service(t *testing.T, id *identity.Identity) *holdfast.App {
	t.Helper()
	tokens, err := discover(t.Context(), id.Issuer(), "stock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tokens.Close(); err != nil {
			t.Error(err)
		}
	})
	return routes(tokens)
}

// everyCaller mints tokens with the server's own key.
func everyCaller(t *testing.T) (*holdfast.App, holdfasttest.Callers) {
	t.Helper()
	id := signIns(t)
	key, err := id.KeyRing().SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return service(t, id), mint.Tokens{Key: key, Issuer: id.Issuer(), Audience: "stock"}.Callers()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	holdfasttest.Golden(t, routes(new(issuer.Verifier)))
}

const matrix = "testdata/matrix.txt"

func TestMatrix(t *testing.T) {
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Matrix(t, app, matrix, callers)
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends thousands of requests")
	}
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Attack(t, app, matrix, callers)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	holdfasttest.Prove(t, routes(new(issuer.Verifier)),
		"only scope stock:write may call PUT /stock/*",
		"no route is open to scope stock:read alone but GET /readyz, GET /stock")
}

// signIn signs a new user in at the server and returns their id and token.
func signIn(t *testing.T, id *identity.Identity, name, role, scope string) (user, token string) {
	t.Helper()
	made, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: name, Password: secret, Roles: []string{role}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.PostForm(id.URL()+"/token", url.Values{"username": {name}, "password": {secret}, "scope": {scope}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out oauth.TokenResponse
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("POST /token by %s = %s, %v", name, resp.Status, err)
	}
	return made.ID, out.AccessToken
}

// with is a client who presents a token.
func with(t *testing.T, app *holdfast.App, token string) *holdfasttest.Client {
	t.Helper()
	present := func(context.Context, holdfasttest.Caller) (holdfasttest.Credential, error) {
		return holdfasttest.Bearer(token), nil
	}
	return holdfasttest.As(t, app, holdfasttest.Callers(present), holdfasttest.User("the token's"))
}

// A clerk and a visitor sign in at the server, and the service knows them by
// their tokens.
func TestUsersSignInElsewhere(t *testing.T) {
	t.Parallel()
	id := signIns(t)
	app := service(t, id)
	annID, ann := signIn(t, id, "ann", "clerk", "stock:read stock:write")
	_, ben := signIn(t, id, "ben", "visitor", "stock:read stock:write") // gets stock:read alone
	three := map[string]int{"amount": 3}
	if got := holdfasttest.JSON[entry](t, with(t, app, ann).Put("/stock/hammers", three)); got != (entry{3, annID}) {
		t.Errorf("PUT /stock/hammers by a clerk = %v, want 3 by %s", got, annID)
	}
	if got := with(t, app, ben).Put("/stock/hammers", three); got.Status != http.StatusForbidden {
		t.Errorf("PUT /stock/hammers by a visitor = %v, want 403", got)
	}
	if got := holdfasttest.JSON[map[string]entry](t, with(t, app, ben).Get("/stock")); got["hammers"] != (entry{3, annID}) {
		t.Errorf("GET /stock by a visitor = %v, want what the clerk put there", got)
	}
}

// A token for the sign-in server alone is refused here.
func TestATokenIsForThisService(t *testing.T) {
	t.Parallel()
	id := signIns(t)
	tokens, err := discover(t.Context(), id.Issuer(), "another service")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tokens.Close() }()
	_, ann := signIn(t, id, "ann", "clerk", "stock:read")
	if got := with(t, routes(tokens), ann).Get("/stock"); got.Status != http.StatusUnauthorized {
		t.Errorf("GET /stock with a token for others = %v, want 401", got)
	}
}

// Without the issuer's keys the service is not ready, and judges no token.
func TestTheIssuerIsDown(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	tokens, err := discover(t.Context(), down.URL, "stock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tokens.Close() }()
	_, ann := signIn(t, signIns(t), "ann", "clerk", "stock:read")
	for _, path := range []string{"/readyz", "/stock"} {
		if got := with(t, routes(tokens), ann).Get(path); got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
			t.Errorf("GET %s while the issuer is down = %v, want 503 with Retry-After", path, got)
		}
	}
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	m.Run()
}
