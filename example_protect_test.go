package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"testing/fstest"

	"github.com/holdfast-go/holdfast"
)

// A handler of another package gets a policy, and is a route like any other: in
// the table, in the document, in tests. What Protect returns can be mounted in
// another router, too, with the same policy.
func ExampleApp_Protect() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	folder := fstest.MapFS{"letter.txt": {Data: []byte("Dear Bob")}}

	app := holdfast.New("Files", "1.0.0")
	protected := app.Protect("GET /{file}", holdfast.Security(caller), http.FileServerFS(folder))

	mux := http.NewServeMux()
	mux.Handle("/", app)
	mux.Handle("/archive/", http.StripPrefix("/archive", protected))

	fmt.Println(call(mux, "GET", "/letter.txt", "alice"))
	fmt.Println(call(mux, "GET", "/archive/letter.txt", "alice"))
	fmt.Println(call(mux, "GET", "/archive/letter.txt", ""))
	// Output:
	// 200 Dear Bob
	// 200 Dear Bob
	// 401 {"detail":"Not authenticated"}
}

// Where another router serves a handler, and knows its path values, Guard only
// guards: mount what it returns.
func ExampleApp_Guard() {
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	report := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "report %s", r.PathValue("name"))
	})

	app := holdfast.New("Reports", "1.0.0")
	guarded := app.Guard("GET /reports/{name}", holdfast.Security(caller), report)

	mux := http.NewServeMux()
	mux.Handle("/reports/{name}", guarded) // any method but GET is a 405

	fmt.Println(call(mux, "GET", "/reports/sales", "alice"))
	fmt.Println(call(mux, "GET", "/reports/sales", ""))
	fmt.Println(call(mux, "DELETE", "/reports/sales", "alice"))
	fmt.Println(call(app, "GET", "/reports/sales", "alice"))
	rows, err := app.Access()
	fmt.Println(rows[0].Path, rows[0].Policy, rows[0].Guarded, err)
	// Output:
	// 200 report sales
	// 401 {"detail":"Not authenticated"}
	// 405 {"detail":"Method Not Allowed"}
	// 404 {"detail":"Not Found"}
	// /reports/{name} signed in true <nil>
}
