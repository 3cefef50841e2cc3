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

// Administrators see what another may call, with all that their roles grant; others
// do not.
func TestRoutesAsAnother(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	l.user("root", "admin")
	ask := func(by, scope, user string) (answer, map[string]string) {
		t.Helper()
		granted := tokens(t, l.Identity, l.app, credentials(by, secret)+"&scope="+scope)
		a := l.browser().do("GET", "/me/routes/as?user="+user, "", "Authorization: Bearer "+granted.AccessToken)
		var rows []myRoute
		out := map[string]string{}
		if a.status == http.StatusOK {
			if err := json.Unmarshal([]byte(a.body), &rows); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range rows {
			out[row.Method+" "+row.Path] = row.Missing
		}
		return a, out
	}
	a, rows := ask("root", "users:read", "ANN")
	if a.status != http.StatusOK || rows["GET /users/me"] != "" || rows["DELETE /users/{id}"] != "scope users:write, role admin" {
		t.Errorf("GET /me/routes/as by an administrator = %d %v", a.status, rows)
	}
	for name, test := range map[string]struct {
		by, scope, user string
		status          int
	}{
		"no user of that name":   {"root", "users:read", "nobody", http.StatusNotFound},
		"without the scope":      {"root", "me", "ann", http.StatusForbidden},
		"by who is nothing more": {"ann", "me", "ann", http.StatusForbidden},
	} {
		if a, _ := ask(test.by, test.scope, test.user); a.status != test.status {
			t.Errorf("%s = %d %s, want %d", name, a.status, a.body, test.status)
		}
	}
}

// The docs page learns who has signed in, and what they can be granted.
func TestScopesOfWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	if a := l.browser().do("GET", "/me/scopes", ""); a.status != http.StatusOK || !strings.Contains(a.body, `"user":""`) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("GET /me/scopes by nobody = %d %q", a.status, a.body)
	}
	if a := l.signedIn("ann").do("GET", "/me/scopes", ""); a.status != http.StatusOK || !strings.Contains(a.body, `"user":"ann"`) || !strings.Contains(a.body, `"me"`) || strings.Contains(a.body, "users:write") {
		t.Errorf("GET /me/scopes by a user = %d %s", a.status, a.body)
	}
	if page := l.browser().do("GET", "/docs", ""); !strings.Contains(page.body, `const granted = "me/scopes"`) {
		t.Errorf("the docs page does not ask:\n%s", page.body)
	}
}
