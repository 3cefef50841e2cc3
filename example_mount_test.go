package holdfast_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// What is mounted is behind its policy, for every method and path below.
func ExampleApp_Mount() {
	oauth := holdfast.OAuth2PasswordBearer("token")
	user := holdfast.Verify(oauth, func(_ context.Context, token string) (holder, error) {
		if token != "good" {
			return holder{}, fmt.Errorf("unknown token")
		}
		return holder{}, nil
	})

	old := http.NewServeMux()
	old.HandleFunc("/orders/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "order ", r.PathValue("id")) })

	app := holdfast.New("Shop", "2.0.0")
	app.Mount("/v1", holdfast.Security(user), old)

	fmt.Println(call(app, "GET", "/v1/orders/7", "good"))
	fmt.Println(call(app, "DELETE", "/v1/orders/7", ""))
	// Output:
	// 200 order 7
	// 401 {"detail":"Not authenticated"}
}

// A link to a route is made of the route and its input, so that it moves when
// the route does, and does not compile with what the route does not take.
func ExampleRoute_URL() {
	type itemInput struct {
		Name string `path:"name"`
		Full bool   `query:"full"`
	}
	app := holdfast.New("Shop", "1.0.0")
	readItem := holdfast.Get(app.Group("/shop"), "/items/{name}", holdfast.Public(), func(context.Context, holdfast.Anyone, itemInput) (string, error) {
		return "", nil
	})

	fmt.Println(readItem.URL(itemInput{Name: "salt & pepper"}))
	fmt.Println(readItem.URL(itemInput{Name: "a/b", Full: true}))
	_, err := readItem.TryURL(itemInput{Name: ".."}) // a browser would go to /shop
	fmt.Println(err != nil)
	// Output:
	// /shop/items/salt%20&%20pepper
	// /shop/items/a%2Fb?full=true
	// true
}
