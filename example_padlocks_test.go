package holdfast_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// reader is who presents a token in the example below: a name, and after a dot the
// scopes that it carries.
type reader struct {
	Name   string
	scopes []string
}

// HasScope implements holdfast.Scoped.
func (r reader) HasScope(name string) bool { return slices.Contains(r.scopes, name) }

// mayCall is a route, and what the caller lacks for it.
type mayCall struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Missing string `json:"missing,omitempty"`
}

// The docs page closes a padlock where there is any token at all. With Mine it also says
// at each operation whether it is open to this caller, and with Granted its dialog says,
// and ticks, which scopes the caller can have. Both are routes of the application's own, off until they are named; package identity has both.
func ExampleDocs() {
	bearer := holdfast.OAuth2PasswordBearer("token")
	books := bearer.Scope("books", "Read books")
	stock := bearer.Scope("stock", "Change the stock")
	caller := holdfast.Verify(bearer, func(_ context.Context, token string) (reader, error) {
		name, scopes, _ := strings.Cut(token, ".")
		return reader{name, strings.Split(scopes, ".")}, nil
	})
	session := holdfast.Check(holdfast.APIKeyCookie("session"), func(_ context.Context, name string) (string, error) { return name, nil })

	app := holdfast.NewApp(holdfast.Config{Title: "Library", Version: "1.0.0", Docs: holdfast.Docs{
		Mine:    "/me/routes",
		Granted: "/me/scopes",
		OAuth:   holdfast.DocsOAuth{ClientID: "docs", Scopes: []holdfast.Scope{books}},
	}})
	read := func(context.Context, reader, holdfast.NoInput) ([]string, error) { return nil, nil }
	holdfast.Get(app, "/books", holdfast.Security(caller, books), read)
	holdfast.Put(app, "/stock", holdfast.Security(caller, stock), read)

	holdfast.Get(app, "/me/routes", holdfast.Security(caller), func(_ context.Context, c reader, _ holdfast.NoInput) (out []mayCall, err error) {
		table, err := app.Access()
		for _, row := range table {
			one := mayCall{Method: row.Method, Path: row.Path}
			if !row.Allows(c.HasScope, func(string) bool { return false }) {
				one.Missing = row.Policy
			}
			out = append(out, one)
		}
		return out, err
	})
	holdfast.Get(app, "/me/scopes", holdfast.Optional(holdfast.Security(session)), func(_ context.Context, who holdfast.Maybe[string], _ holdfast.NoInput) (map[string]any, error) {
		name, _ := who.Get()
		if name == "" {
			return map[string]any{"user": "", "scopes": []string{}}, nil
		}
		return map[string]any{"user": name, "scopes": []string{"books"}}, nil // what the roles of the person grant
	})

	fmt.Println(app.Err())
	fmt.Println(call(app, "GET", "/me/routes?all=true", "ann.books"))
	fmt.Println(call(app, "GET", "/me/scopes", ""))
	// Output:
	// <nil>
	// 200 [{"method":"GET","path":"/books"},{"method":"PUT","path":"/stock","missing":"scope stock"},{"method":"GET","path":"/me/routes"},{"method":"GET","path":"/me/scopes"},{"method":"GET","path":"/openapi.json"},{"method":"GET","path":"/docs"},{"method":"GET","path":"/docs/{asset}"}]
	// 200 {"scopes":[],"user":""}
}
