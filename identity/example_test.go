package identity_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Declarations are global, as everywhere.
var (
	auth   = identity.NewScheme()
	borrow = auth.Scope("books:borrow", "Borrow books")
	member = holdfast.NewRole("member", "Borrows books").Grants(auth.Me, borrow)
)

// Member is what the library knows of a user: a row of its own, keyed by the
// user's id.
type Member struct {
	User account.User
	Card string
}

// members is the library's own table; in a program it is one of its database.
type members struct {
	mu    sync.Mutex
	cards map[string]string // by user id
}

// find is a dependency: it turns who calls into what the library knows of them.
func (m *members) find(_ context.Context, caller identity.Caller) (Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	card, ok := m.cards[caller.User.ID]
	if !ok {
		return Member{}, holdfast.Errorf(http.StatusForbidden, "You have no library card yet")
	}
	return Member{caller.User, card}, nil
}

func borrowBook(_ context.Context, m Member, _ holdfast.NoInput) (string, error) {
	return fmt.Sprintf("%s borrows with card %s", m.User.Name, m.Card), nil
}

// A user's own fields are the application's own table, keyed by the user's id.
// A dependency joins the two, so that handlers are given one typed value.
func ExampleIdentity_Caller() {
	ctx := context.Background()
	id, err := identity.Open(ctx, identity.Config{
		Scheme: auth, Store: memory.New(), URL: "http://127.0.0.1:8000", Roles: []holdfast.Role{member},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = id.Close() }()
	known := &members{cards: map[string]string{}}
	asMember := holdfast.Depends1(id.Caller(), known.find)

	app := id.NewAppWith(identity.Tokens|identity.Reset, holdfast.Config{Title: "Library"})
	holdfast.Post(app, "/loans", holdfast.Security(asMember, borrow), borrowBook)

	ann, err := id.Accounts().CreateUser(ctx, account.NewUser{Name: "ann", Password: "correct horse battery", Roles: []string{"member"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	known.cards[ann.ID] = "A-17"
	rows, err := app.Access()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range rows {
		if row.Path == "/loans" {
			fmt.Println(row.Method, row.Path, "-", row.Policy)
		}
	}
	caller, err := known.find(ctx, identity.Caller{User: ann})
	fmt.Println(caller.User.Name, caller.Card, err)
	// Output:
	// POST /loans - scope books:borrow
	// ann A-17 <nil>
}
