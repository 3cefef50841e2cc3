// Package mistakes does not compile: each function makes one mistake. The name of
// a function, its comment and what the compiler says are docs/reference/compiler.md.
package mistakes

import (
	"context"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/union"
)

type (
	User   struct{ Name string }
	Item   struct{ Name string }
	ItemID struct {
		ID int `path:"id"`
	}
	DB  struct{}
	Cat struct {
		Kind string `json:"kind" const:"cat"`
	}
	Dog struct {
		Kind string `json:"kind" const:"dog"`
	}
	Pet = union.Of2[Cat, Dog]
	Vet interface{ HasRole(role string) bool }
)

var (
	app    = holdfast.New("Shop", "1.0.0")
	oauth  = holdfast.OAuth2PasswordBearer("token")
	items  = oauth.Scope("items", "Read items.")
	admin  = holdfast.NewRole("admin", "May do everything.")
	caller = holdfast.Depends1(oauth.Credential(), findUser)
	db     = holdfast.Depends0(openDB)
	policy = holdfast.Security(caller, items)
	vet    = holdfast.Depends1(caller, findVet)
	legacy = http.NotFoundHandler()
)

func findUser(context.Context, string) (User, error)         { return User{}, nil }
func findVet(context.Context, User) (Vet, error)             { return nil, nil }
func anyError(error) error                                   { return nil }
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
func linksToItself(context.Context, User, ItemID) (Item, error) {
	return Item{Name: ARouteThatItsOwnHandlerLinksTo.URL(ItemID{7})}, nil
}
func withoutError(context.Context, User) User              { return User{} }
func ofPointer(context.Context, *User) (User, error)       { return User{}, nil }
func ofTwo(context.Context, User, *DB) (User, error)       { return User{}, nil }
func verifyUser(context.Context, string) (User, error)     { return User{}, nil }
func rawPlain(http.ResponseWriter, *http.Request, User)    {}
func optional(context.Context, User, ItemID) (Item, error) { return Item{}, nil }

// A group takes policies: holdfast.Security(caller) makes one of a dependency.
func ADependencyIsGivenToAGroup() {
	_ = app.Group("/x", caller)
}

// What is mounted is behind a policy: holdfast.Security(caller) makes one of a dependency.
func ADependencyIsGivenToAMount() {
	app.Mount("/x", caller, legacy)
}

// A union holds a pointer to one of its types: `Pet{A: &Cat{}}`.
func AUnionIsMadeOfAValue() {
	_ = Pet{A: Cat{}}
}

// A handler that answers with one type of a union returns the union: `Pet{A: &Cat{}}`.
func OneTypeOfAUnionIsReturned() (Pet, error) {
	return Cat{}, nil
}

// What has no value to tell its type by names it: `answer.NoContent[Item]()`. `NotModified`, `SeeOther` and `Redirect` are the same.
func AnAnswerWithoutAValueNamesNoType() (answer.Answer[Item], error) {
	return answer.NoContent(), nil
}

// A handler that chooses its status returns an `answer.Answer[Item]`, and its route has the option `holdfast.Status(200, 201)`.
func AnAnswerIsReturnedForItsValue() (Item, error) {
	return answer.Created(Item{}, "/items/7"), nil
}

// The handler links to its own route, with URL, so the variable needs the handler and the handler the variable. The route is set in a function that registers the routes: a package variable without a value, or a field of the struct whose method the handler is.
var ARouteThatItsOwnHandlerLinksTo = holdfast.Get(app, "/items/{id}", policy, linksToItself)

// The options of a group are those of its With: app.Group("/x").With(holdfast.Tags("x")).
func AnOptionIsGivenToAGroup() {
	_ = app.Group("/x", holdfast.Tags("x"))
}

// An application has no options; app.Group("").With(holdfast.Tags("x")) is a group of all its routes.
func AnApplicationIsGivenOptions() {
	_ = app.With(holdfast.Tags("x"))
}

// The policy stands before the handler, as the caller does before what it calls.
func TheHandlerStandsBeforeThePolicy() {
	holdfast.Get(app, "/items/{id}", readItem, policy)
}

// Roles are asked of a dependency, and what that makes is the policy: holdfast.AnyRole(vet, admin).
func RolesAreAskedOfAPolicy() {
	_ = holdfast.AnyRole(holdfast.Security(vet), admin)
}

// How many at once, and how many wait, are two numbers: `db.AtMost(holdfast.AtOnce{Requests: 2, Queue: 20})`.
func ABoundIsOneNumber() {
	_ = db.AtMost(2)
}

// A type is named in brackets: `apidoc.Type[Item]()`.
func AValueIsGivenForATypeOfTheDocument() {
	_ = apidoc.Type(Item{})
}

// A type is named in brackets: `holdfast.Params[ItemID]()`.
func AValueIsGivenForATypeOfParameters() {
	_ = holdfast.Params(ItemID{})
}

// Work for after the response takes a context, which ends when the application does, and returns an error for the log: `func(ctx context.Context) error`.
func BackgroundWorkTakesNothing() {
	holdfast.Background(context.Background(), func() {})
}

// An error of the program is answered with a `*holdfast.Error`: the function returns `holdfast.Errorf(404, "Not there")`, or nil for what it does not know.
func TheProgramsErrorsBecomeAnyError() {
	_ = holdfast.Errors{Own: anyError}
}

// Answers are part of an operation: `holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 404}}})`.
func AnAnswerIsGivenForAnOperation() {
	_ = holdfast.Document(apidoc.Answer{Status: 404})
}

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
