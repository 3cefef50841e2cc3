package identity

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// What a caller may not call is listed if it is asked for, with what is missing.
func TestWhatIsMissingOfRoutes(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	ask := func(name, scope, query string) map[string]string {
		t.Helper()
		granted := tokens(t, l.Identity, l.app, credentials(name, secret)+"&scope="+scope)
		a := l.browser().do("GET", "/me/routes"+query, "", "Authorization: Bearer "+granted.AccessToken)
		var rows []myRoute
		if err := json.Unmarshal([]byte(a.body), &rows); err != nil || a.status != http.StatusOK {
			t.Fatalf("GET /me/routes%s = %d %s", query, a.status, a.body)
		}
		out := map[string]string{}
		for _, row := range rows {
			out[row.Method+" "+row.Path] = row.Missing
		}
		return out
	}
	table, err := l.app.Access()
	if err != nil {
		t.Fatal(err)
	}
	all := ask("ann", "me", "?all=true")
	if len(all) != len(table) {
		t.Errorf("%d routes are listed, want all %d", len(all), len(table))
	}
	for route, missing := range ask("ann", "me", "") {
		if missing != "" || all[route] != "" {
			t.Errorf("%s is open, and lacks %q", route, missing+all[route])
		}
	}
	for route, want := range map[string]string{
		"GET /users/me": "", "POST /token": "", "GET /shelf": "scope books:read", "GET /desk": "role librarian", "GET /either": "scope books:read",
		"DELETE /users/{id}": "scope users:write, role admin", "GET /users": "scope users:read, role admin or manager",
	} {
		if got, there := all[route]; got != want || !there {
			t.Errorf("%s lacks %q (%v), want %q", route, got, there, want)
		}
	}
	if page := l.browser().do("GET", "/docs", ""); !strings.Contains(page.body, `const mine = "me/routes?all=true"`) {
		t.Errorf("the docs page does not ask:\n%s", page.body)
	}
}
