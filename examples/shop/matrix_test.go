package main

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/jwt"
)

// everyCaller makes a shop whose handlers take no time, and mints its callers:
// a person for each set of roles.
func everyCaller(t *testing.T) (*holdfast.App, holdfasttest.Callers) {
	t.Helper()
	shop, _ := opened(t)
	shop.wait, shop.work = 0, 0
	key, err := jwt.SecretKey(jwt.HS256, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	subject := func(_ context.Context, who holdfasttest.Caller) (name, session string, err error) {
		switch who.Kind {
		case holdfasttest.Revoked:
			return "", "", holdfasttest.CannotMint("the shop has no sessions; a token is good until it expires")
		case holdfasttest.DisabledUser:
			return "somebody who is gone", "", nil
		}
		if who.User != "" {
			return who.User, "", nil
		}
		name = strings.Join(append([]string{"with"}, who.Roles...), "-")
		shop.put(User{ID: 1000 + len(name), Name: name, Roles: slices.Clone(who.Roles)}, "")
		return name, "", nil
	}
	return shop.routes(), mint.Tokens{Key: key, Type: "JWT", Subject: subject}.Callers()
}

const matrix = "testdata/matrix.txt"

func TestMatrix(t *testing.T) {
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Matrix(t, app, matrix, callers)
}

func TestAttack(t *testing.T) {
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Attack(t, app, matrix, callers)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	app, _ := everyCaller(t)
	holdfasttest.Only(t, app, "DELETE /users/*", admin)
	holdfasttest.Only(t, app, "GET /reports", admin, manager)
	holdfasttest.Prove(t, app, "no route is open to scope me alone but GET /users/me", "role manager may not call GET /heavy")
}

// One line is a caller, and a token expires without anybody waiting.
func TestCallersInOneLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app, callers := everyCaller(t)
		bob := holdfasttest.As(t, app, callers, holdfasttest.User("bob"), holdfasttest.Scopes(me))
		if got := holdfasttest.JSON[User](t, bob.Get("/users/me")); got.Name != "bob" {
			t.Errorf("GET /users/me by bob = %v", got)
		}
		if got := bob.Get("/items/"); got.Status != http.StatusForbidden {
			t.Errorf("GET /items/ by bob with scope me alone = %v", got)
		}
		if got := holdfasttest.As(t, app, callers, holdfasttest.Role(manager)).Get("/reports"); got.Status != http.StatusOK {
			t.Errorf("GET /reports by a manager = %v", got)
		}
		if got := holdfasttest.As(t, app).Get("/reports"); got.Status != http.StatusUnauthorized {
			t.Errorf("GET /reports by nobody = %v", got)
		}
		time.Sleep(16 * time.Minute) // in the bubble
		if got := bob.Get("/users/me"); got.Status != http.StatusUnauthorized {
			t.Errorf("GET /users/me by bob with an old token = %v", got)
		}
	})
}
