package main

import (
	"context"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/identity"
)

// everyCaller mints callers who are users of the server's own database, and present
// an access token: the console, which wants the cookie of a session, is closed to it.
func everyCaller(t *testing.T, id *identity.Identity) holdfasttest.Callers {
	t.Helper()
	key, err := id.KeyRing().SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	callers := mint.Accounts{
		Service: id.Accounts(),
		Tokens:  mint.Tokens{Key: key, Issuer: id.Issuer(), Audience: id.Audience()[0]},
	}.Callers()
	return func(ctx context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
		one, err := callers(ctx, who)
		one.Schemes = []string{id.Scheme().Name()}
		return one, err
	}
}

// aMachine is a client that calls for itself, with every scope.
func aMachine() holdfasttest.Option { return holdfasttest.Also("a machine", holdfasttest.Machine()) }

func TestMatrix(t *testing.T) {
	t.Parallel()
	id, app := inProcess(t)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", everyCaller(t, id), aMachine(), holdfasttest.Served(id.Handler))
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	id, app := inProcess(t)
	holdfasttest.Attack(t, app, "testdata/matrix.txt", everyCaller(t, id), aMachine(), holdfasttest.Served(id.Handler))
}

func TestProofs(t *testing.T) {
	t.Parallel()
	_, app := inProcess(t)
	for _, routes := range []string{"DELETE /users/{id}", "DELETE /users/{id}/*", "DELETE /roles/*", "DELETE /clients/*"} {
		holdfasttest.Only(t, app, routes, holdfast.NewRole("admin", ""))
	}
	holdfasttest.Prove(t, app,
		"nothing under /roles without role admin or role manager",
		"nothing under /refusals/{id} without role admin",
		"no route is open to scope me alone but GET /users/me, PUT /users/me/password, GET /users/me/sessions, DELETE /users/me/sessions, DELETE /users/me/sessions/{session}, POST /logout, GET /me/routes, GET /users/me/consents, DELETE /users/me/consents/{client_id}, GET /console",
		"only signed in may call PUT /*, PATCH /*, DELETE /*")
}
