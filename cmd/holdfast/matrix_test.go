package main

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
)

// everyCaller mints callers who are users of the server's own database.
func everyCaller(t *testing.T, o *opened, srv *server) holdfasttest.Callers {
	t.Helper()
	key, err := srv.keys.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return mint.Accounts{
		Service: o.accounts,
		Tokens:  mint.Tokens{Key: key, Issuer: srv.issuer, Audience: audience},
	}.Callers()
}

// asServed is what stands before the application when it is served.
func asServed(app http.Handler) http.Handler {
	handler, err := (&serveCmd{}).inFront(slog.New(slog.DiscardHandler), nil, app)
	if err != nil {
		panic(err) // no origin is no error
	}
	return handler
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	o, srv := inProcess(t)
	holdfasttest.Matrix(t, srv.app, "testdata/matrix.txt", everyCaller(t, o, srv), holdfasttest.Served(asServed))
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	o, srv := inProcess(t)
	holdfasttest.Attack(t, srv.app, "testdata/matrix.txt", everyCaller(t, o, srv), holdfasttest.Served(asServed))
}

// rolesNamed are roles by name, for callers.
func rolesNamed(names []string) []holdfast.Role {
	var out []holdfast.Role
	for _, name := range names {
		out = append(out, holdfast.NewRole(name, ""))
	}
	return out
}

func TestProofs(t *testing.T) {
	t.Parallel()
	_, srv := inProcess(t)
	holdfasttest.Only(t, srv.app, "DELETE /*", holdfast.NewRole("admin", ""))
	holdfasttest.Prove(t, srv.app,
		"nothing under /roles without role admin or role manager",
		"nothing under /refusals/{id} without role admin",
		"no route is open to scope me alone but GET /users/me, PUT /users/me/password, POST /logout, GET /me/routes",
		"only signed in may call PUT /*, PATCH /*, DELETE /*")
}
