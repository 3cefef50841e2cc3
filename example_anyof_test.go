package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/holdfast-go/holdfast"
)

// A route may have several ways in: people with a token, machines with a key.
// As brings what they prove to one type.
func ExampleAnyOf() {
	type machine struct{ id int }
	person := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	robot := holdfast.Check(holdfast.APIKeyHeader("X-Key"), func(_ context.Context, key string) (machine, error) {
		if key != "secret" {
			return machine{}, errors.New("no such key")
		}
		return machine{7}, nil
	})

	app := holdfast.New("Stock", "1.0.0")
	stock := func(_ context.Context, who string, _ holdfast.NoInput) (string, error) {
		return "12 swords for " + who, nil
	}
	holdfast.Get(app, "/stock", holdfast.AnyOf(
		holdfast.Security(person),
		holdfast.As(holdfast.Security(robot), func(m machine) string { return fmt.Sprint("machine ", m.id) }),
	), stock)

	fmt.Println(call(app, "GET", "/stock", "alice"))
	r := httptest.NewRequest(http.MethodGet, "/stock", nil)
	r.Header.Set("X-Key", "secret")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	fmt.Println(call(app, "GET", "/stock", ""))
	// Output:
	// 200 "12 swords for alice"
	// 200 "12 swords for machine 7"
	// 401 {"detail":"Not authenticated"}
}
