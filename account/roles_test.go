package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
)

// Roles of the configuration are made where they are missing, and change
// nothing that is there.
func TestRolesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := func(store account.Store, roles ...account.Role) map[string]string {
		t.Helper()
		config := w.config
		config.Store, config.Roles = store, roles
		s, err := account.NewService(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Roles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, role := range list {
			out[role.Name] = strings.Join(role.Scopes, " ")
		}
		return out
	}
	store := memory.New()
	got := open(store, account.Role{Name: "reader", Scopes: []string{"b", "a"}}, account.Role{Name: "user", Scopes: []string{"me", "a"}})
	if got["reader"] != "a b" || got["user"] != "a me" || got["manager"] != "keys:write me users:read" || !strings.Contains(got["admin"], "users:write") {
		t.Errorf("the roles of a new store are %v", got)
	}
	o := &outages{Store: store}
	if got = open(o, account.Role{Name: "reader", Scopes: []string{"c"}}); got["reader"] != "a b" || o.updates != 0 {
		t.Errorf("a role that is there was changed: %v", got)
	}
	if got = open(store, account.Role{Name: "late", Scopes: []string{"c"}}, account.Role{Name: "manager"}); got["late"] != "c" || got["manager"] != "keys:write me users:read" {
		t.Errorf("the roles after a new one are %v", got)
	}
	config := w.config
	config.Roles = []account.Role{{Name: "a b"}}
	_, err := account.NewService(t.Context(), config)
	var invalid *account.InvalidError
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), `role "a b"`) {
		t.Errorf("NewService with a malformed role = %v", err)
	}
}
