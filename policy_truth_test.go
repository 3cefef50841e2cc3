package holdfast_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// The library compares a scope, unless the access table says that a dependency
// does, "checked by" it.
func TestTheTableSaysWhoComparesScopes(t *testing.T) {
	t.Parallel()
	s := newShop()
	verified := holdfast.Verify(s.oauth, verify)
	careless := holdfast.Depends2(s.oauth.Credential(), holdfast.SecurityScopes(), takeWithoutLooking)
	both := holdfast.Depends2(verified, careless, func(_ context.Context, h, _ holder) (holder, error) { return h, nil })
	nested := holdfast.Depends2(verified, careless.Require(s.items), func(_ context.Context, h, _ holder) (holder, error) { return h, nil })
	tests := map[string]holdfast.Policy[holder]{
		"a dependency by itself":         holdfast.Security(careless, s.items),
		"after a verified one":           holdfast.All(holdfast.Security(verified), holdfast.Security(careless, s.items)),
		"before a verified one":          holdfast.All(holdfast.Security(careless, s.items), holdfast.Security(verified)),
		"beside a scope that is checked": holdfast.All(holdfast.Security(verified, s.me), holdfast.Security(careless, s.items)),
		"below one with a verified one":  holdfast.Security(both, s.items),
		"required beside a verified one": holdfast.Security(nested),
	}
	for name, policy := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", policy, nothing)
			rows, err := app.Access()
			if err != nil {
				t.Fatal(err)
			}
			credentials := rows[0].Ways[0].Credentials
			i := slices.IndexFunc(credentials, func(c holdfast.Credential) bool { return slices.Contains(c.Scopes, "items") })
			if i < 0 {
				t.Fatalf("the credentials of the table are %+v, want one with the scope items", credentials)
			}
			credential := credentials[i]
			w := ask(t, app, "GET", "/", "amy:me:")
			if w.Code != http.StatusForbidden && credential.CheckedBy == "" {
				t.Errorf("GET / without items = %d, and the table says %q: the library compares it, or it is checked by takeWithoutLooking", w.Code, rows[0].Policy)
			}
		})
	}
}

func takeWithoutLooking(ctx context.Context, token string, _ holdfast.Scopes) (holder, error) {
	return verify(ctx, token)
}

// A caller whose token is good is asked for what is missing, and is not told
// that the token is invalid.
func TestA401AsksForWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	user := text(holdfast.Security(s.user), "user")
	machine := text(holdfast.Security(holdfast.Verify(key, verify)), "machine")
	tests := map[string]struct {
		policy      holdfast.Policy[string]
		lines, want string // of the challenges, one
	}{
		"both are needed":                   {holdfast.All(user, machine), "Authorization: Bearer amy::", "APIKey"},
		"both or neither":                   {optional(holdfast.All(user, machine)), "Authorization: Bearer amy::", "APIKey"},
		"both or neither, with the key":     {optional(holdfast.All(user, machine)), "X-Key: m::", `Bearer realm="OAuth2PasswordBearer"`},
		"a key beside an optional token":    {holdfast.All(optional(user), machine), "Authorization: Bearer amy::", "APIKey"},
		"a token beside an optional key":    {holdfast.All(user, optional(machine)), "X-Key: m::", `Bearer realm="OAuth2PasswordBearer"`},
		"a token after an optional key":     {holdfast.All(optional(machine), user), "X-Key: m::", `Bearer realm="OAuth2PasswordBearer"`},
		"a token that is bad, and optional": {holdfast.All(optional(user), machine), "Authorization: Bearer bad\nX-Key: m::", `Bearer error="invalid_token"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", test.policy, shown[string])
			w := send(app, "/", test.lines)
			got := w.Header()["Www-Authenticate"]
			if w.Code != http.StatusUnauthorized || !slices.Contains(got, test.want) {
				t.Errorf("GET / with %q = %d with the challenges %q, want 401 and %q", test.lines, w.Code, got, test.want)
			}
			if !strings.Contains(test.lines, "Bearer bad") && strings.Contains(strings.Join(got, " "), "invalid_token") {
				t.Errorf("GET / with %q has the challenges %q: the token is good", test.lines, got)
			}
		})
	}
}
