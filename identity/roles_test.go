package identity

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
)

// TestRolesThatNobodyNeeds is what the server warns of at its start.
func TestRolesThatNobodyNeeds(t *testing.T) {
	t.Parallel()
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
	for _, want := range []string{"nor for a scope that it grants\" role=ghost", "nor for a scope that it grants\" role=user", "no role grants this scope, so no user may call the route\" scope=me route=\"GET /users/me\""} {
		if !strings.Contains(got, want) {
			t.Errorf("no warning %s:\n%s", want, got)
		}
	}
}

// A scheme of its own for each library: scopes are declared once.
func library() (auth *Scheme, reader, librarian holdfast.Role) {
	auth = NewScheme()
	read, write := auth.Scope("books:read", "Read books"), auth.Scope("books:write", "Write books")
	return auth, holdfast.NewRole("reader", "Reads books").Grants(auth.Me, read), holdfast.NewRole("librarian", "Keeps books").Grants(read, write)
}

func grantsOf(t *testing.T, id *Identity) map[string]string {
	t.Helper()
	roles, err := id.Accounts().Roles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, role := range roles {
		out[role.Name] = strings.Join(role.Scopes, " ")
	}
	return out
}

// A new store gets the roles as they are declared, and the administrator all
// that they grant.
func TestDeclaredRolesAreMade(t *testing.T) {
	t.Parallel()
	auth, reader, librarian := library()
	user := holdfast.NewRole("user", "Reads as well").Grants(auth.Me, reader.Scopes()[1])
	id, _ := opened(t, Config{Scheme: auth, Roles: []holdfast.Role{reader, librarian, user}})
	for name, want := range map[string]string{
		"reader": "books:read me", "librarian": "books:read books:write", "user": "books:read me", "manager": "keys:write me users:read",
		"admin": "audit:read books:read books:write clients:write keys:write me roles:write users:read users:write",
	} {
		if got := grantsOf(t, id)[name]; got != want {
			t.Errorf("the role %s grants %q, want %q", name, got, want)
		}
	}
	if list, err := id.Differences(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("Differences of a new store = %v, %v, want none", list, err)
	}
}

// A store that is there is never changed: what differs is said, and what is
// missing is made.
func TestRolesThatDifferAreSaid(t *testing.T) {
	t.Parallel()
	store := memory.New()
	first, _ := opened(t, Config{Store: store}) // without roles of its own
	for _, role := range []account.Role{
		{Name: "reader", Scopes: []string{"me", "castle"}},
		{Name: "manager", Scopes: []string{"me"}}, // no concern of the application
	} {
		if _, err := first.Accounts().PutRole(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	auth, reader, librarian := library()
	var out strings.Builder
	id, _ := opened(t, Config{Store: store, Scheme: auth, Roles: []holdfast.Role{reader, librarian}, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	for name, want := range map[string]string{"reader": "castle me", "librarian": "books:read books:write", "admin": "audit:read clients:write keys:write me roles:write users:read users:write"} {
		if got := grantsOf(t, id)[name]; got != want {
			t.Errorf("the role %s grants %q after Open, want %q", name, got, want)
		}
	}
	list, err := id.Differences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range list {
		got = append(got, one.String())
	}
	want := []string{
		"role admin is declared to grant books:read books:write, which the store does not; the store decides, and PUT /roles/admin changes it",
		"role reader is declared to grant books:read, which the store does not, and grants castle in the store, which is not declared; the store decides, and PUT /roles/reader changes it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Differences = %q, want %q", got, want)
	}
	for _, one := range want {
		if !strings.Contains(out.String(), one) {
			t.Errorf("the log does not say %q:\n%s", one, out.String())
		}
	}
}
