package apidoc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

// reader is what a token proves.
type reader struct{}

func (reader) HasScope(name string) bool { return name == "notes:read" }

// A client that knows nothing but the address of the API finds out by one refused
// request where to ask for a token, and with which scopes.
func ExampleResource() {
	bearer := holdfast.HTTPBearer()
	read, write := bearer.Scope("notes:read", "Read notes"), bearer.Scope("notes:write", "Write notes")
	caller := holdfast.Verify(bearer, func(_ context.Context, token string) (reader, error) {
		if token != "good" {
			return reader{}, errors.New("no such token") // package issuer verifies real ones
		}
		return reader{}, nil
	})
	app := holdfast.NewApp(holdfast.Config{Title: "Notes", Version: "1.0.0", API: apidoc.API{
		Resource: apidoc.Resource{URL: "https://notes.example.org", AuthorizationServers: []string{"https://auth.example.org"}},
	}})
	notes := func(context.Context, reader, holdfast.NoInput) (string, error) { return "buy milk", nil }
	holdfast.Get(app, "/notes", holdfast.Security(caller, read), notes)
	holdfast.Post(app, "/notes", holdfast.Security(caller, read, write), notes)

	for _, request := range []struct{ method, path, token string }{
		{"GET", "/notes", ""}, {"POST", "/notes", "good"}, {"GET", "/.well-known/oauth-protected-resource", ""},
	} {
		r, w := httptest.NewRequest(request.method, request.path, nil), httptest.NewRecorder()
		if request.token != "" {
			r.Header.Set("Authorization", "Bearer "+request.token)
		}
		app.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("WWW-Authenticate"))))
		fmt.Println(w.Body)
	}
	// Output:
	// 401 Bearer scope="notes:read", resource_metadata="https://notes.example.org/.well-known/oauth-protected-resource"
	// {"detail":"Not authenticated"}
	// 403 Bearer error="insufficient_scope", scope="notes:read notes:write", resource_metadata="https://notes.example.org/.well-known/oauth-protected-resource"
	// {"detail":"Not enough permissions"}
	// 200
	// {"resource":"https://notes.example.org","authorization_servers":["https://auth.example.org"],"scopes_supported":["notes:read","notes:write"],"bearer_methods_supported":["header"],"resource_name":"Notes"}
}
