package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	app := routes()
	tests := map[string]struct {
		method, path, token string
		status              int
		body                string
	}{
		"health is open":              {"GET", "/health", "", 200, `"ok"`},
		"items ask for a token":       {"GET", "/items/", "", 401, `{"detail":"Not authenticated"}`},
		"items ask for their scope":   {"GET", "/items/", "carol", 403, `{"detail":"Not enough permissions"}`},
		"bob reads items":             {"GET", "/items/", "bob", 200, `["sword of bob"]`},
		"bob deletes nobody":          {"DELETE", "/users/7", "bob", 403, `{"detail":"Operation not permitted"}`},
		"alice deletes":               {"DELETE", "/users/7", "alice", 200, `"alice deleted user 7"`},
		"an unknown token is refused": {"GET", "/items/", "mallory", 401, `{"detail":"Could not validate credentials"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.path, nil)
			if test.token != "" {
				r.Header.Set("Authorization", "Bearer "+test.token)
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("%s %s = %d %s, want %d %s", test.method, test.path, w.Code, w.Body, test.status, test.body)
			}
		})
	}
}

func TestTheTableSaysTheSame(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	if err := routes().WriteAccess(&table); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"GET     /items/        scope items", "DELETE  /users/{id}    role admin"} {
		if !strings.Contains(table.String(), row) {
			t.Errorf("WriteAccess wrote\n%s\nwithout %q", table.String(), row)
		}
	}
}
