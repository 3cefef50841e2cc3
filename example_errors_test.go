package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
)

var errSoldOut = errors.New("the item is sold out")

// houseError is how a company wants its errors.
type houseError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Errors of the domain get a status in one place, and all errors the shape of the
// house. A refusal keeps its status and its challenge.
func ExampleErrors() {
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1.0.0", Errors: holdfast.Errors{
		Own: func(err error) *holdfast.Error {
			if errors.Is(err, errSoldOut) {
				return holdfast.Errorf(http.StatusConflict, "Sold out")
			}
			return nil
		},
		Format: answer.Shape("application/json", func(_ *http.Request, f answer.Failure) houseError {
			return houseError{Code: f.Status, Message: f.Text()}
		}),
	}})
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	buy := func(context.Context, string, holdfast.NoInput) (string, error) {
		return "", fmt.Errorf("buy a sword: %w", errSoldOut)
	}
	holdfast.Post(app, "/swords", holdfast.Security(caller), buy)

	fmt.Println(call(app, "POST", "/swords", "alice"))
	fmt.Println(call(app, "POST", "/swords", ""))
	fmt.Println(call(app, "GET", "/nowhere", ""))
	// Output:
	// 409 {"code":409,"message":"Sold out"}
	// 401 {"code":401,"message":"Not authenticated"}
	// 404 {"code":404,"message":"Not Found"}
}

// A part of the application may speak in another shape.
func ExampleAnswerErrors() {
	app := holdfast.New("Shop", "1.0.0")
	missing := func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		return "", holdfast.Errorf(http.StatusNotFound, "No such item")
	}
	problems := holdfast.AnswerErrors(holdfast.Errors{Format: answer.Problem()})
	holdfast.Get(app, "/v1/items", holdfast.Public(), missing)
	holdfast.Get(app, "/v2/items", holdfast.Public(), missing, problems)

	fmt.Println(call(app, "GET", "/v1/items", ""))
	fmt.Println(call(app, "GET", "/v2/items", ""))
	// Output:
	// 404 {"detail":"No such item"}
	// 404 {"detail":"No such item","status":404,"title":"Not Found","type":"about:blank"}
}
