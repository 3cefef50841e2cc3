package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/jwt"
)

// everyCaller makes the tutorial without passwords, and mints its callers:
// johndoe, and alice, who is disabled.
func everyCaller(t *testing.T) (*holdfast.App, holdfasttest.Callers) {
	t.Helper()
	tut, err := newTutorial(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwt.SecretKey(jwt.HS256, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	tut.verifier, err = jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT", InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	subject := func(_ context.Context, who holdfasttest.Caller) (name, session string, err error) {
		switch who.Kind {
		case holdfasttest.Revoked:
			return "", "", holdfasttest.CannotMint("the tutorial has no sessions; a token is good until it expires")
		case holdfasttest.DisabledUser:
			return "alice", "", nil
		}
		return "johndoe", "", nil
	}
	return tut.routes(), mint.Tokens{Key: key, Type: "JWT", Subject: subject}.Callers()
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
	holdfasttest.Prove(t, app,
		"only scope me and scope items may call GET /users/me/items/",
		"no route is open to scope items alone but GET /status/",
		"only signed in may call GET /users/*, GET /status/")
}
