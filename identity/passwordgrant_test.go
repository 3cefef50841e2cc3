package identity

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Passwords are taken by clients where no one else can reach the program, or where
// it is said; and the endpoint, the metadata and the document agree about it.
func TestThePasswordGrant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url   string
		allow bool
		on    bool
	}{
		"this machine":               {"http://127.0.0.1:8000", false, true},
		"this machine by name":       {"http://localhost:8000", false, true},
		"this machine, version 6":    {"http://[::1]:8000", false, true},
		"a public URL":               {"https://library.example", false, false},
		"a public URL that it is on": {"https://library.example", true, true},
		"a name like localhost":      {"https://localhost.example", false, false},
	} {
		config := quick(t, Config{URL: test.url, AllowPasswordGrant: test.allow})
		id, err := Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: secret, Roles: []string{"user"}}); err != nil {
			t.Fatal(err)
		}
		app := id.NewApp(holdfast.Config{Title: "Test"})
		ask := func(method, path, form string) string {
			r := httptest.NewRequest(method, path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			return w.Body.String()
		}
		told := ask(http.MethodPost, "/token", "grant_type=password&username=ann&password=correct+horse+battery")
		if strings.HasPrefix(told, `{"access_token":`) != test.on || !test.on && !strings.HasPrefix(told, `{"error":"unsupported_grant_type"`) {
			t.Errorf("%s: POST /token = %s, want that the grant is on: %v", name, told, test.on)
		}
		for _, path := range []string{"/.well-known/oauth-authorization-server", "/openapi.json"} {
			word := map[bool]string{true: `"password":{"scopes":`, false: `"password"`}[path == "/openapi.json"]
			if told := ask(http.MethodGet, path, ""); strings.Contains(told, word) != test.on {
				t.Errorf("%s: GET %s offers the grant: %v, want %v", name, path, !test.on, test.on)
			}
		}
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	}
}
