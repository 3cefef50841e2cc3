// Command guestbook has pages and no API: people sign in on a page, and their
// browser presents a cookie. Its first start prints a link for the
// administrator.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	auth  = identity.NewScheme()
	read  = auth.Scope("notes:read", "Read the guest book")
	write = auth.Scope("notes:write", "Write in it")
	guest = holdfast.NewRole("guest", "Reads and writes").Grants(auth.Me, read, write)
)

func open(ctx context.Context, store identity.Store, url string) (*identity.Identity, error) {
	return identity.Open(ctx, identity.Config{Scheme: auth, Store: store, URL: url, Roles: []holdfast.Role{guest}, Pages: &identity.Pages{}})
}

func routes(id *identity.Identity, book *guestbook) *holdfast.App {
	app := id.NewAppWith(identity.SignIns|identity.Setup|identity.Reset, holdfast.Config{Title: "Guest book", Docs: holdfast.Docs{NoPage: true}})
	app.Handle("GET /", holdfast.Raw(holdfast.Security(id.Session(), read), book.show))
	app.Handle("POST /notes", holdfast.Raw(holdfast.Security(id.Session(), write), book.add))
	return app
}

func serve(ctx context.Context, file, addr string) error {
	store, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // everything is written already
	id, err := open(ctx, store, "http://"+addr)
	if err != nil {
		return err
	}
	defer id.Close() //nolint:errcheck // as above
	if link, err := id.SetupLink(ctx); err == nil && link != "" {
		fmt.Println("The first administrator:", link)
	}
	return id.ListenAndServe(ctx, routes(id, new(guestbook)), addr)
}

func main() {
	file := flag.String("db", "guestbook.db", "the `file` of users and sessions")
	addr := flag.String("addr", "127.0.0.1:8000", "where to listen, as `host:port`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *file, *addr); err != nil {
		log.Fatal(err)
	}
}
