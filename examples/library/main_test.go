package main

import (
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/store/memory"
)

// library is the application on a store in memory, served as it will be, with
// callers who are users of that store.
func library(t *testing.T) (*holdfast.App, holdfasttest.Callers, holdfasttest.Option) {
	t.Helper()
	id, err := open(t.Context(), memory.New())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := id.KeyRing().SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	callers := mint.Accounts{
		Service: id.Accounts(),
		Tokens:  mint.Tokens{Key: key, Issuer: id.Issuer(), Audience: id.Audience()[0]},
	}.Callers()
	return routes(id, new(shelf)), callers, holdfasttest.Served(id.Handler)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	app, _, _ := library(t)
	holdfasttest.Golden(t, app)
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	app, callers, served := library(t)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", callers, served)
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	app, callers, served := library(t)
	holdfasttest.Attack(t, app, "testdata/matrix.txt", callers, served)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	app, _, _ := library(t)
	holdfasttest.Only(t, app, "DELETE /books/*", librarian)
	holdfasttest.Prove(t, app, "role reader may call GET /books", "role reader may not call POST /books")
}

// A librarian adds a book, a reader sees whose it is, and may not remove it.
func TestALibrary(t *testing.T) {
	t.Parallel()
	app, callers, served := library(t)
	eve := holdfasttest.As(t, app, callers, served, holdfasttest.User("eve"), holdfasttest.Role(librarian))
	ann := holdfasttest.As(t, app, callers, served, holdfasttest.User("ann"), holdfasttest.Role(reader))
	if got := eve.Post("/books", map[string]string{"title": "Emma"}); got.Status != http.StatusCreated {
		t.Fatalf("POST /books by a librarian = %v", got)
	}
	if got := holdfasttest.JSON[[]Book](t, ann.Get("/books")); len(got) != 1 || got[0] != (Book{1, "Emma", "eve"}) {
		t.Errorf("GET /books by a reader = %v, want eve's book", got)
	}
	if got := ann.Delete("/books/1"); got.Status != http.StatusForbidden {
		t.Errorf("DELETE /books/1 by a reader = %v, want 403", got)
	}
	if got := eve.Delete("/books/1"); got.Status != http.StatusNoContent {
		t.Errorf("DELETE /books/1 by a librarian = %v, want 204", got)
	}
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	m.Run()
}
