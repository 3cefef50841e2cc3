package holdfast_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// What a program finds wrong with its input looks as if the framework had found
// it, wherever it was found.
func TestAValidationErrorOfOnesOwnIsA422(t *testing.T) {
	t.Parallel()
	taken := &holdfast.ValidationError{Violations: []holdfast.Violation{
		{Type: "taken", Loc: []any{"query", "name"}, Msg: "Another user has this name"},
	}}
	type named struct {
		Size int `query:"size" maximum:"3"`
	}
	check := holdfast.Depends1(holdfast.Params[named](), func(context.Context, named) (int, error) { return 0, taken })
	ok := func(context.Context, int, holdfast.NoInput) (string, error) { return "", nil }
	app := holdfast.New("Shop", "1")
	holdfast.Get(app, "/handler", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", taken })
	holdfast.Get(app, "/policy", holdfast.Security(check), ok)
	const its = `{"detail":[{"type":"taken","loc":["query","name"],"msg":"Another user has this name"}]}`
	for target, want := range map[string]string{
		"/handler":       its,
		"/policy":        its,
		"/policy?size=3": its,
		"/policy?size=4": `{"detail":[{"type":"less_than_equal","loc":["query","size"],"msg":"Input should be less than or equal to 3","input":4,"ctx":{"le":3}}]}`,
	} {
		if w := send(app, target, ""); w.Code != http.StatusUnprocessableEntity || w.Body.String() != want {
			t.Errorf("GET %s = %d %s, want 422 %s", target, w.Code, w.Body, want)
		}
	}
}
