package identity

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// TestRolesThatNobodyNeeds is what the server warns of at its start.
func TestRolesThatNobodyNeeds(t *testing.T) {
	id, app := opened(t, Config{})
	warnings := func() string {
		t.Helper()
		var out strings.Builder
		if err := warnOfRoles(t.Context(), app, id.accounts.Service, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := warnings(); got != "" {
		t.Errorf("a new store has warnings:\n%s", got)
	}
	for _, role := range []account.Role{
		{Name: "ghost", Scopes: []string{"castle"}},
		{Name: "admin", Scopes: []string{"users:read", "users:write", "roles:write"}},
		{Name: "manager", Scopes: []string{"users:read"}},
		{Name: "user"},
	} {
		if _, err := id.accounts.PutRole(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	got := warnings()
	for _, want := range []string{"nor for a scope that it grants\" role=ghost", "nor for a scope that it grants\" role=user", "no role grants this scope, so nobody may call the route\" scope=me route=\"GET /users/me\""} {
		if !strings.Contains(got, want) {
			t.Errorf("no warning %s:\n%s", want, got)
		}
	}
}
