// Package mistakes does not compile: each function makes one mistake. The name of
// a function, its comment and what the compiler says are docs/reference/compiler.md.
package mistakes

import (
	"context"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

type (
	User   struct{ Name string }
	Item   struct{ Name string }
	ItemID struct {
		ID int `path:"id"`
	}
	DB struct{}
)

var (
	app    = holdfast.New("Shop", "1.0.0")
	oauth  = holdfast.OAuth2PasswordBearer("token")
	items  = oauth.Scope("items", "Read items.")
	admin  = holdfast.NewRole("admin", "May do everything.")
	caller = holdfast.Depends1(oauth.Credential(), findUser)
	db     = holdfast.Depends0(openDB)
	policy = holdfast.Security(caller, items)
)

func findUser(context.Context, string) (User, error)         { return User{}, nil }
func openDB(context.Context) (*DB, error)                    { return nil, nil }
func readItem(context.Context, User, ItemID) (Item, error)   { return Item{}, nil }
func checkActive(context.Context, User) (User, error)        { return User{}, nil }
func noInput(context.Context, User) (Item, error)            { return Item{}, nil }
func noError(context.Context, User, ItemID) Item             { return Item{} }
func onlyError(context.Context, User, ItemID) error          { return nil }
func swapped(context.Context, ItemID, User) (Item, error)    { return Item{}, nil }
func byPointer(context.Context, *User, ItemID) (Item, error) { return Item{}, nil }
func noContext(User, ItemID) (Item, error)                   { return Item{}, nil }
func plain(http.ResponseWriter, *http.Request)               {}
func anyone(context.Context, ItemID) (Item, error)           { return Item{}, nil }
func withDB(context.Context, User, *DB, ItemID) (Item, error) {
	return Item{}, nil
}
func dbFirst(context.Context, *DB, User, ItemID) (Item, error) {
	return Item{}, nil
}
func withoutError(context.Context, User) User              { return User{} }
func ofPointer(context.Context, *User) (User, error)       { return User{}, nil }
func ofTwo(context.Context, User, *DB) (User, error)       { return User{}, nil }
func verifyUser(context.Context, string) (User, error)     { return User{}, nil }
func rawPlain(http.ResponseWriter, *http.Request, User)    {}
func optional(context.Context, User, ItemID) (Item, error) { return Item{}, nil }

// A handler that reads nothing from the request takes a holdfast.NoInput.
func TheInputIsMissing() {
	holdfast.Get(app, "/items", policy, noInput)
}

// A handler returns a value and an error.
func TheErrorIsMissing() {
	holdfast.Get(app, "/items/{id}", policy, noError)
}

// A handler that answers nothing returns a holdfast.NoContent beside its error: the answer is a 204.
func TheValueIsMissing() {
	holdfast.Delete(app, "/items/{id}", policy, onlyError)
}

// The principal comes first, then the input.
func PrincipalAndInputAreSwapped() {
	holdfast.Get(app, "/items/{id}", policy, swapped)
}

// The handler takes the very type that the policy proves: here User, and no pointer to it.
func APointerIsTakenForAValue() {
	holdfast.Get(app, "/items/{id}", policy, byPointer)
}

// The first parameter is the context, which ends when the caller leaves.
func TheContextIsMissing() {
	holdfast.Get(app, "/items/{id}", policy, noContext)
}

// A public route proves something too: holdfast.Anyone is its principal.
func APublicRouteHasNoPrincipal() {
	holdfast.Get(app, "/items/{id}", holdfast.Public(), anyone)
}

// What is optional may be missing: the handler takes a holdfast.Maybe[User], and asks it.
func TheCallerOfAnOptionalPolicyIsTakenForGranted() {
	holdfast.Get(app, "/items/{id}", holdfast.Optional(policy), optional)
}

// A handler of net/http goes under a policy with app.Protect, or with holdfast.Raw if it takes the principal.
func AHandlerOfNetHTTPIsGiven() {
	holdfast.Get(app, "/items/{id}", policy, plain)
}

// A raw handler returns an error, which is answered as everywhere else.
func ARawHandlerReturnsNoError() {
	app.Handle("GET /events", holdfast.Raw(policy, rawPlain))
}

// Every route has a policy; holdfast.Public() is that of a route for everybody.
func ThePolicyIsMissing() {
	holdfast.Get(app, "/items/{id}", readItem)
}

// A dependency becomes a policy with holdfast.Security(caller, items): that is where scopes are required.
func ADependencyIsGivenAsThePolicy() {
	holdfast.Get(app, "/items/{id}", caller, readItem)
}

// A scope is a value that its scheme has made, so that a misspelt one does not compile.
func AScopeIsGivenAsText() {
	holdfast.Get(app, "/items/{id}", holdfast.Security(caller, "items"), readItem)
}

// A handler with dependencies of its own is registered with app.Handle("GET /items/{id}", holdfast.To1(policy, db, withDB)).
func AHandlerWithADependencyIsGivenToGet() {
	holdfast.Get(app, "/items/{id}", policy, withDB)
}

// What holdfast.To1 returns is an endpoint, with its policy; app.Handle takes it.
func AnEndpointIsGivenToGet() {
	holdfast.Get(app, "/items/{id}", holdfast.To1(policy, db, withDB))
}

// The principal comes first, then the dependencies in the order in which they are named, then the input.
func PrincipalAndDependencyAreSwapped() {
	app.Handle("GET /items/{id}", holdfast.To1(policy, db, dbFirst))
}

// holdfast.Depends1 takes a dependency, such as another Depends makes, and then the function of it.
func AFunctionIsGivenInPlaceOfADependency() {
	_ = holdfast.Depends1(openDB, checkActive)
}

// The function of a dependency returns a value and an error.
func ADependencyReturnsNoError() {
	_ = holdfast.Depends1(caller, withoutError)
}

// The function takes the very type that the dependency below it yields.
func ADependencyTakesAnotherType() {
	_ = holdfast.Depends1(caller, ofPointer)
}

// The number in the name is that of the dependencies: here holdfast.Depends2(caller, db, ofTwo).
func TheNumberOfDependenciesIsWrong() {
	_ = holdfast.Depends1(caller, ofTwo)
}

// All ways in prove the same type; holdfast.As converts what one of them proves.
func WaysInThatProveDifferentThings() {
	_ = holdfast.AnyOf(policy, holdfast.Public())
}

// A type whose roles are asked has a method HasRole(role string) bool.
func TheTypeHasNoRoles() {
	_ = holdfast.AnyRole(caller, admin)
}

// What holdfast.Verify's function returns knows its scopes: it has a method HasScope(scope string) bool, as jwt.Claims does.
func TheTypeHasNoScopes() {
	_ = holdfast.Verify(oauth, verifyUser)
}

// A function is given, not called.
func TheHandlerIsCalled() {
	holdfast.Get(app, "/items/{id}", policy, readItem(nil, User{}, ItemID{}))
}

// A link is made of what the route's handler takes, whose type has all parameters.
func ALinkIsMadeOfAnotherInput() {
	_ = holdfast.Get(app, "/items/{id}", policy, readItem).URL("7")
}
