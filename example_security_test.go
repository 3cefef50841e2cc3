package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/holdfast-go/holdfast"
)

// session is what a token proves: whose it is, and what it is good for.
type session struct {
	user   string
	scopes []string
}

// HasScope lets Verify compare scopes.
func (s session) HasScope(name string) bool { return slices.Contains(s.scopes, name) }

// verifyToken looks a token up. Package jwt verifies signed ones.
func verifyToken(_ context.Context, token string) (session, error) {
	switch token {
	case "alices-token":
		return session{"alice", []string{"items"}}, nil
	case "bobs-token":
		return session{"bob", nil}, nil
	}
	return session{}, errors.New("no such token")
}

// Security says at the route who may call it: callers with a good token with
// the scope. The handler is given what the token proved.
func ExampleSecurity() {
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "Read items")
	caller := holdfast.Verify(oauth, verifyToken)

	app := holdfast.New("Shop", "1.0.0")
	readItems := func(_ context.Context, s session, _ holdfast.NoInput) ([]string, error) {
		return []string{"sword of " + s.user}, nil
	}
	holdfast.Get(app, "/items/", holdfast.Security(caller, items), readItems)

	fmt.Println(call(app, "GET", "/items/", "alices-token"))
	fmt.Println(call(app, "GET", "/items/", "bobs-token"))
	fmt.Println(call(app, "GET", "/items/", ""))
	// Output:
	// 200 ["sword of alice"]
	// 403 {"detail":"Not enough permissions"}
	// 401 {"detail":"Not authenticated"}
}
