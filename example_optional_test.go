package holdfast_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast"
)

// An optional policy lets in who presents no credential. One that is presented
// and refused is refused: it is never taken for none.
func ExampleOptional() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) {
		if token != "alice" {
			return "", errors.New("no such token")
		}
		return token, nil
	})

	app := holdfast.New("Feed", "1.0.0")
	feed := func(_ context.Context, caller holdfast.Maybe[string], _ holdfast.NoInput) (string, error) {
		if name, ok := caller.Get(); ok {
			return "news for " + name, nil
		}
		return "news for everybody", nil
	}
	holdfast.Get(app, "/feed", holdfast.Optional(holdfast.Security(caller)), feed)

	fmt.Println(call(app, "GET", "/feed", "alice"))
	fmt.Println(call(app, "GET", "/feed", ""))
	fmt.Println(call(app, "GET", "/feed", "mallory"))
	// Output:
	// 200 "news for alice"
	// 200 "news for everybody"
	// 401 {"detail":"Could not validate credentials"}
}
