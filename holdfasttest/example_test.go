package holdfasttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/jwt"
)

// A shop whose tokens say what a caller may do.
var (
	shopTokens = holdfast.OAuth2PasswordBearer("token")
	readBooks  = shopTokens.Scope("books", "Read books")
	shopKey, _ = jwt.SecretKey(jwt.HS256, []byte(strings.Repeat("k", 32)))
	shopBuyer  = holdfast.Depends1(holdfast.Verify(shopTokens, verifyShopToken), func(_ context.Context, claims jwt.Claims) (string, error) {
		return claims.Subject, nil
	})
)

func verifyShopToken(ctx context.Context, token string) (jwt.Claims, error) {
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(shopKey), Algorithms: []jwt.Algorithm{jwt.HS256}, Issuer: "https://shop.example", Audience: "shop",
	})
	if err != nil {
		return jwt.Claims{}, err
	}
	return verifier.Verify(ctx, token)
}

func bookShop() *holdfast.App {
	app := holdfast.New("Shop", "1.0.0")
	holdfast.Get(app, "/books", holdfast.Security(shopBuyer, readBooks), func(_ context.Context, buyer string, _ holdfast.NoInput) (string, error) {
		return "books for " + buyer, nil
	})
	return app
}

// With replaces a dependency in a copy of the application: the test needs no
// token, and the original stays as it is.
func ExampleWith() {
	app := bookShop()
	test := holdfasttest.With(app, holdfasttest.ReplaceValue(shopBuyer, "anna"))
	for _, handler := range []http.Handler{test, app} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/books", nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 "books for anna"
	// 401 {"detail":"Not authenticated"}
}

// One line is a caller, in a test. Tokens are made by package mint.
func ExampleAs() {
	t := new(testing.T) // the test's
	app := bookShop()
	callers := mint.Tokens{Key: shopKey, Issuer: "https://shop.example", Audience: "shop"}.Callers()

	anna := holdfasttest.As(t, app, callers, holdfasttest.User("anna"), holdfasttest.Scopes(readBooks))
	if got := anna.Get("/books"); got.Status != http.StatusOK {
		t.Errorf("GET /books by anna = %v", got)
	}
	late := holdfasttest.As(t, app, callers, holdfasttest.Of(holdfasttest.Expired), holdfasttest.Scopes(readBooks))
	if got := late.Get("/books"); got.Status != http.StatusUnauthorized {
		t.Errorf("GET /books with a token that has expired = %v", got)
	}
}

// Three tests say who may do what: Matrix by a request for every route and kind
// of caller, whose answers are kept in a file; Attack by requests that try to
// open what the file says is closed; Prove by deciding a claim for every
// combination of scopes, roles and credentials.
func ExampleMatrix() {
	t := new(testing.T) // of a test each
	callers := mint.Tokens{Key: shopKey, Issuer: "https://shop.example", Audience: "shop"}.Callers()

	holdfasttest.Matrix(t, bookShop(), "testdata/matrix.txt", callers)
	holdfasttest.Attack(t, bookShop(), "testdata/matrix.txt", callers)
	holdfasttest.Prove(t, bookShop(), "nothing under /books without scope books")
}
