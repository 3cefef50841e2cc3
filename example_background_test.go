package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// The e-mail is sent after the answer, and only if there is an account. Close
// waits for it.
func ExampleBackground() {
	app := holdfast.New("Shop", "1.0.0")
	type newUser struct {
		Name string `query:"name"`
	}
	signUp := func(ctx context.Context, _ holdfast.Anyone, in newUser) (string, error) {
		err := holdfast.Background(ctx, func(context.Context) error {
			fmt.Println("welcome,", in.Name)
			return nil
		})
		if err != nil {
			return "", err // too much waits already: 503
		}
		if in.Name == "admin" {
			return "", holdfast.Errorf(http.StatusConflict, "That name is taken")
		}
		return "hello " + in.Name, nil
	}
	holdfast.Post(app, "/users", holdfast.Public(), signUp)

	fmt.Println(call(app, "POST", "/users?name=admin", ""))
	call(app, "POST", "/users?name=alice", "")
	fmt.Println(app.Close())
	// Output:
	// 409 {"detail":"That name is taken"}
	// welcome, alice
	// <nil>
}
