package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// mistaken wants an application whose error names the mistake and this file,
// and which refuses every request.
func mistaken(t *testing.T, app *holdfast.App, want string) {
	t.Helper()
	err := app.Err()
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "policy_mistakes_test.go:") {
		t.Errorf("Err() = %v, want %q and the place", err, want)
	}
	for _, token := range []string{"", "amy:items:admin"} {
		if w := ask(t, app, "GET", "/", token); w.Code != http.StatusInternalServerError {
			t.Errorf("GET / with token %q = %d, want 500", token, w.Code)
		}
	}
}

func TestAZeroPolicyIsAMistakeWhereverItStands(t *testing.T) {
	t.Parallel()
	s := newShop()
	var zero holdfast.Policy[user]
	good := holdfast.Security(s.user)
	itself := func(u user) user { return u }
	tests := map[string]holdfast.Policy[user]{
		"a route's":                  zero,
		"first in AnyOf":             holdfast.AnyOf(zero, good),
		"later in AnyOf":             holdfast.AnyOf(good, zero),
		"last of three in AnyOf":     holdfast.AnyOf(good, good, zero),
		"alone in AnyOf":             holdfast.AnyOf(zero),
		"first in All":               holdfast.All(zero, good),
		"later in All":               holdfast.All(good, zero),
		"last of three in All":       holdfast.All(good, good, zero),
		"alone in All":               holdfast.All(zero),
		"nil in All":                 holdfast.All(good, nil),
		"converted by As":            holdfast.As(zero, itself),
		"in an AnyOf in an All":      holdfast.All(good, holdfast.AnyOf(good, zero)),
		"in an All in an AnyOf":      holdfast.AnyOf(good, holdfast.All(good, zero)),
		"in an Optional in an All":   holdfast.All(good, holdfast.Optional(zero)),
		"in an Optional in an AnyOf": holdfast.AnyOf(good, holdfast.As(holdfast.Optional(zero), func(holdfast.Maybe[user]) user { return user{} })),
	}
	for name, policy := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", policy, nothing)
			mistaken(t, app, "zero Policy")
		})
	}
}

func TestAZeroPolicyOfAGroupIsAMistake(t *testing.T) {
	t.Parallel()
	s := newShop()
	var zero holdfast.Policy[user]
	good := holdfast.Security(s.user)
	tests := map[string]func(*holdfast.App) *holdfast.Group{
		"a group's":           func(a *holdfast.App) *holdfast.Group { return a.Group("/g", zero) },
		"a group's second":    func(a *holdfast.App) *holdfast.Group { return a.Group("/g", good, zero) },
		"nil":                 func(a *holdfast.App) *holdfast.Group { return a.Group("/g", nil) },
		"a group's AnyOf":     func(a *holdfast.App) *holdfast.Group { return a.Group("/g", holdfast.AnyOf(good, zero)) },
		"of a group in one":   func(a *holdfast.App) *holdfast.Group { return a.Group("/g", good).Group("/h", zero) },
		"of a group around":   func(a *holdfast.App) *holdfast.Group { return a.Group("/g", zero).Group("/h", good) },
		"optional in a group": func(a *holdfast.App) *holdfast.Group { return a.Group("/g", holdfast.Optional(zero)) },
	}
	for name, group := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(group(app), "/", good, nothing)
			mistaken(t, app, "zero Policy")
			empty := quiet()
			group(empty)
			mistaken(t, empty, "zero Policy")
		})
	}
}

func TestAScopeThatNothingChecksIsAMistake(t *testing.T) {
	t.Parallel()
	s := newShop()
	loose := holdfast.NewScope("loose", "")
	asks := holdfast.Depends2(s.user, holdfast.SecurityScopes(), func(_ context.Context, u user, _ holdfast.Scopes) (user, error) { return u, nil })
	good := holdfast.Security(s.user)
	tests := map[string]struct {
		policy holdfast.Policy[user]
		ok     bool
	}{
		"of Security":                           {holdfast.Security(s.user, loose), false},
		"beside one that is checked":            {holdfast.Security(s.user, s.items, loose), false},
		"of Require":                            {holdfast.Security(s.user.Require(loose)), false},
		"under a role":                          {holdfast.AnyRole(s.user.Require(loose), s.admin), false},
		"first in AnyOf":                        {holdfast.AnyOf(holdfast.Security(s.user, loose), good), false},
		"later in AnyOf":                        {holdfast.AnyOf(good, holdfast.Security(s.user, loose)), false},
		"later in All":                          {holdfast.All(good, holdfast.Security(s.user, loose)), false},
		"beside a dependency that would see it": {holdfast.All(holdfast.Security(asks), holdfast.Security(s.user, loose)), false},
		"seen by the dependency":                {holdfast.Security(asks, loose), true},
		"seen by a dependency below":            {holdfast.Security(holdfast.Depends1(asks, accepted).Require(loose)), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", test.policy, nothing)
			if !test.ok {
				mistaken(t, app, `scope "loose"`)
			} else if err := app.Err(); err != nil {
				t.Errorf("Err() = %v, want nil", err)
			}
		})
	}
	t.Run("of a group", func(t *testing.T) {
		app := quiet()
		holdfast.Get(app.Group("/g", holdfast.Security(s.user, loose)), "/", good, nothing)
		mistaken(t, app, `scope "loose"`)
	})
}

func accepted(_ context.Context, u user) (user, error) { return u, nil }

func TestAScopeIsNamedByAScopeToken(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"items": true, "users:read": true, "https://example.org/x": true, "!": true, "~": true, "#[]": true, "a,b": true,
		"": false, " ": false, "two words": false, " items": false, "items ": false, "tab\t": false, "line\n": false,
		`quo"te`: false, `back\slash`: false, "ü": false, "del\x7f": false, "nul\x00": false,
	}
	for name, ok := range tests {
		t.Run(strconv.Quote(name), func(t *testing.T) {
			oauth := holdfast.OAuth2PasswordBearer("token")
			scope, dep := oauth.Scope(name, ""), holdfast.Verify(oauth, verify)
			for _, policy := range []holdfast.Policy[holder]{holdfast.Security(dep, scope), holdfast.Security(dep)} { // asked for or not
				app := quiet()
				holdfast.Get(app, "/", policy, nothing)
				if !ok {
					mistaken(t, app, "RFC 6749")
				} else if err := app.Err(); err != nil {
					t.Errorf("Err() = %v, want nil", err)
				}
			}
		})
	}
}

func TestAScopeIsDeclaredOnce(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	first, second := oauth.Scope("items", ""), oauth.Scope("items", "")
	for _, scope := range []holdfast.Scope{first, second} {
		app := quiet()
		holdfast.Get(app, "/", holdfast.Security(holdfast.Verify(oauth, verify), scope), nothing)
		mistaken(t, app, `scope "items" is declared already`)
	}
}

// A way in keeps its own roles and scopes, whichever place it has in AnyOf.
func TestEachAlternativeKeepsItsRoles(t *testing.T) {
	t.Parallel()
	s := newShop()
	admin, manager := holdfast.AnyRole(s.user, s.admin), holdfast.AnyRole(s.user, s.manager)
	reader := holdfast.Security(s.user, s.items)
	tests := map[string]struct {
		policy holdfast.Policy[user]
		in     []string // of the callers below
		roles  []string // of the access table
	}{
		"two roles":                {holdfast.AnyOf(admin, manager), []string{"amy::admin", "max::manager"}, []string{"admin", "manager"}},
		"a role after a scope":     {holdfast.AnyOf(reader, admin), []string{"amy::admin", "rob:items:"}, []string{"admin"}},
		"a scope after a role":     {holdfast.AnyOf(admin, reader), []string{"amy::admin", "rob:items:"}, []string{"admin"}},
		"three":                    {holdfast.AnyOf(reader, admin, manager), []string{"amy::admin", "max::manager", "rob:items:"}, []string{"admin", "manager"}},
		"a role in a second AnyOf": {holdfast.AnyOf(reader, holdfast.AnyOf(manager, admin)), []string{"amy::admin", "max::manager", "rob:items:"}, []string{"manager", "admin"}},
		"under another role":       {holdfast.All(admin, holdfast.AnyOf(reader, manager)), nil, []string{"admin", "manager"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", test.policy, nothing)
			for _, token := range []string{"amy::admin", "max::manager", "rob:items:", "zoe::", "eve:me:user"} {
				want := http.StatusForbidden
				if slices.Contains(test.in, token) {
					want = http.StatusOK
				}
				if w := ask(t, app, "GET", "/", token); w.Code != want {
					t.Errorf("GET / with %q = %d, want %d", token, w.Code, want)
				}
			}
			rows, err := app.Access()
			if err != nil || !slices.Equal(rows[0].Roles, test.roles) {
				t.Errorf("Access() says the roles %v, %v, want %v", rows[0].Roles, err, test.roles)
			}
		})
	}
}

// A scope without a scheme has a name as the others do, and each mistake in a
// name is one error.
func TestAScopesNameIsAToken(t *testing.T) {
	t.Parallel()
	s := newShop()
	asks := holdfast.Depends1(holdfast.SecurityScopes(), func(context.Context, holdfast.Scopes) (string, error) { return "", nil })
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(asks, holdfast.NewScope("two words", "")), nothing)
	holdfast.Get(app, "/scheme", holdfast.Security(s.user, s.oauth.Scope("three more words", "")), nothing)
	err := fmt.Sprint(app.Err())
	for _, name := range []string{"two words", "three more words"} {
		if got := strings.Count(err, fmt.Sprintf("scope %q: a scope is printable ASCII", name)); got != 1 {
			t.Errorf("Err() = %s, says %d times what is wrong with the name %q, want once", err, got, name)
		}
	}
	if got := strings.Count(err, "policy_mistakes_test.go:"); got != 2 {
		t.Errorf("Err() = %s, names %d places, want that of each scope", err, got)
	}
}

// With leaves the group as it is, so what it returns must be used.
func TestAGroupThatWithReturnsIsUsed(t *testing.T) {
	t.Parallel()
	const unused = "With returns another group, which has no route, group or mount; the group it is called on stays as it is"
	for name, test := range map[string]struct {
		declare func(*holdfast.Group)
		faults  int
	}{
		"not at all":              {func(g *holdfast.Group) { g.With(holdfast.Tags("x")); holdfast.Get(g, "/a", holdfast.Public(), nothing) }, 1},
		"kept, and left":          {func(g *holdfast.Group) { _ = g.With(holdfast.Tags("x")).With(holdfast.Hidden()) }, 1},
		"two":                     {func(g *holdfast.Group) { _, _ = g.With(holdfast.Tags("x")), g.With(holdfast.Hidden()) }, 2},
		"a group without a route": {func(g *holdfast.Group) { g.With(holdfast.Tags("x")).Group("/y") }, 0},
		"by a route":              {func(g *holdfast.Group) { holdfast.Get(g.With(holdfast.Tags("x")), "/a", holdfast.Public(), nothing) }, 0},
		"by Handle": {func(g *holdfast.Group) {
			g.With(holdfast.Tags("x")).Handle("GET /a", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]))
		}, 0},
		"by a mount": {func(g *holdfast.Group) { g.With(holdfast.Tags("x")).Mount("/a", holdfast.Public(), echo) }, 0},
		"by a group of it": {func(g *holdfast.Group) {
			holdfast.Get(g.With(holdfast.Tags("x")).Group("/y"), "/a", holdfast.Public(), nothing)
		}, 0},
		"by a group that adds": {func(g *holdfast.Group) {
			holdfast.Get(g.With(holdfast.Tags("x")).With(holdfast.Hidden()), "/a", holdfast.Public(), nothing)
		}, 0},
	} {
		app := quiet()
		test.declare(app.Group("/x"))
		text := fmt.Sprint(app.Err())
		if got := strings.Count(text, unused); got != test.faults || got > 0 && !strings.Contains(text, "policy_mistakes_test.go:") {
			t.Errorf("%s: %s, want %d such mistakes with a place", name, text, test.faults)
		}
	}
}
