// Command library is an API with users, login, scopes and roles in one program
// and one file of data. Its first start prints a link for the administrator.
package main

import (
	"context"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	auth       = identity.NewScheme()
	readBooks  = auth.Scope("books:read", "Read books")
	writeBooks = auth.Scope("books:write", "Add and remove books")
	reader     = holdfast.NewRole("reader", "Reads books").Grants(auth.Me, readBooks)
	librarian  = holdfast.NewRole("librarian", "Keeps books").Grants(auth.Me, readBooks, writeBooks)
)

func open(ctx context.Context, store identity.Store) (*identity.Identity, error) {
	return identity.Open(ctx, identity.Config{Scheme: auth, Store: store, URL: "http://127.0.0.1:8000", Roles: []holdfast.Role{reader, librarian}})
}

func routes(id *identity.Identity, books *shelf) *holdfast.App {
	app := id.NewApp(holdfast.Config{Title: "Library"})
	holdfast.Get(app, "/books", holdfast.Security(id.Caller(), readBooks), books.list)
	holdfast.Post(app, "/books", holdfast.Security(id.Caller(), writeBooks), books.add, holdfast.Status(201))
	holdfast.Delete(app, "/books/{id}", holdfast.AnyRole(id.Caller().Require(writeBooks), librarian), books.remove)
	return app
}

func serve(ctx context.Context) error {
	store, err := sqlite.Open(ctx, "library.db")
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // everything is written already
	id, err := open(ctx, store)
	if err != nil {
		return err
	}
	defer id.Close() //nolint:errcheck // as above
	if link, err := id.SetupLink(ctx); err == nil && link != "" {
		fmt.Println("The first administrator:", link)
	}
	return id.ListenAndServe(ctx, routes(id, new(shelf)), "127.0.0.1:8000")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Fatal(err)
	}
}
