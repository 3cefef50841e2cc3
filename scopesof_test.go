package holdfast_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// sessions is a cookie of the shop's users, which carries the scopes of its
// tokens.
func sessions(s *shop) (*holdfast.Scheme[string], holdfast.Dep[holder]) {
	cookie := holdfast.APIKeyCookie("session", holdfast.ScopesOf(s.oauth))
	return cookie, holdfast.Verify(cookie, verify)
}

// One scope is asked of a token and of a cookie alike, and compared with what
// each carries.
func TestTwoSchemesCarryTheSameScopes(t *testing.T) {
	t.Parallel()
	s := newShop()
	cookie, session := sessions(s)
	own := cookie.Scope("own", "Only cookies have it")
	app := quiet()
	holdfast.Get(app, "/cookie", holdfast.Security(session, s.items), nothing)
	holdfast.Get(app, "/own", holdfast.Security(session, own), nothing)
	holdfast.Get(app, "/both", holdfast.AnyOf(
		holdfast.As(holdfast.Security(s.user, s.items), func(u user) string { return u.Name }),
		holdfast.As(holdfast.Security(session, s.items), func(h holder) string { return h.user.Name })), nothing)
	for _, test := range []struct {
		path, lines string
		want        int
	}{
		{"/cookie", "", http.StatusUnauthorized},
		{"/cookie", "Cookie: session=bad", http.StatusUnauthorized},
		{"/cookie", "Cookie: session=amy:me:", http.StatusForbidden},
		{"/cookie", "Cookie: session=amy:items:", http.StatusOK},
		{"/cookie", "Authorization: Bearer amy:items:", http.StatusUnauthorized},
		{"/own", "Cookie: session=amy:items:", http.StatusForbidden},
		{"/own", "Cookie: session=amy:own:", http.StatusOK},
		{"/both", "Cookie: session=amy:me:", http.StatusForbidden},
		{"/both", "Cookie: session=amy:items:", http.StatusOK},
		{"/both", "Authorization: Bearer amy:items:", http.StatusOK},
		{"/both", "Cookie: session=amy:me:\nAuthorization: Bearer amy:items:", http.StatusOK},
	} {
		if w := send(app, test.path, test.lines); w.Code != test.want {
			t.Errorf("GET %s with %q = %d %s, want %d", test.path, test.lines, w.Code, w.Body, test.want)
		}
	}
}

// The table and the document say of which credential the scope is wanted.
func TestCarriedScopesAreSaid(t *testing.T) {
	t.Parallel()
	s := newShop()
	_, session := sessions(s)
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(session, s.items), nothing)
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(rows[0].Ways)
	if err != nil || rows[0].Policy != "scope items" || !strings.Contains(string(data), `"scheme":"APIKeyCookie","scopes":["items"],"verified_by"`) {
		t.Errorf("the row says %q, %s (%v)", rows[0].Policy, data, err)
	}
	document, err := app.OpenAPI()
	if err != nil || !strings.Contains(string(document), `"security":[{"APIKeyCookie":["items"]}]`) {
		t.Errorf("the document (%v) does not say the scope:\n%s", err, document)
	}
}

// What is wrong with a scheme is said, also where only its scopes are used.
func TestMistakesInSharedScopes(t *testing.T) {
	t.Parallel()
	s := newShop()
	cookie, session := sessions(s)
	own := cookie.Scope("own", "Only cookies have it")
	s.oauth.Scope("items", "Again")
	lone := newShop()
	for name, test := range map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"a scope is declared twice": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(session, s.items), nothing)
		}, `scope "items" is declared already`},
		"a token does not carry what is the cookie's own": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(s.user, own), nothing)
		}, `scope "own" belongs to scheme APIKeyCookie, which func literal does not reach`},
		"a cookie does not carry those of a third": {func(a *holdfast.App) {
			_, session := sessions(lone)
			holdfast.Get(a, "/", holdfast.Security(session, holdfast.HTTPBearer().Scope("foreign", "Another's")), nothing)
		}, `scope "foreign" belongs to scheme HTTPBearer, which APIKeyCookie does not reach`},
		"a credential that is not verified carries nothing": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.APIKeyCookie("x", holdfast.ScopesOf(lone.oauth)).Credential(), lone.items), nothing)
		}, "nothing would check it"},
		"a token that nothing verifies, beside a session": {func(a *holdfast.App) {
			shop := newShop()
			_, session := sessions(shop)
			pair := holdfast.Depends2(shop.oauth.Credential(), session, func(_ context.Context, token string, _ holder) (string, error) { return token, nil })
			holdfast.Get(a, "/", holdfast.Security(pair, shop.items), nothing)
		}, `scope "items": func literal reads the credential of OAuth2PasswordBearer but neither verifies it`},
		"a scope of a name that is carried": {func(a *holdfast.App) {
			shop := newShop()
			cookie, session := sessions(shop)
			holdfast.Get(a, "/", holdfast.Security(session, cookie.Scope("items", "Another thing")), nothing)
		}, `scope "items" of scheme APIKeyCookie: there is one of this name among the scopes of OAuth2PasswordBearer`},
		"a scheme that is nil": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.APIKeyCookie("x", holdfast.ScopesOf[string](nil)).Credential()), nothing)
		}, "ScopesOf a nil or zero Scheme"},
	} {
		app := quiet()
		test.declare(app)
		if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "scopesof_test.go:") && !strings.Contains(err.Error(), "app_test.go:") {
			t.Errorf("%s: Err() = %v, want %q and the place", name, err, test.want)
		}
	}
	// An application has begun to compare what the scheme declared.
	started := newShop()
	_, other := sessions(started)
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(other, started.items), nothing)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a scope was declared after an application that compares the scheme's scopes was started")
		}
	}()
	started.oauth.Scope("late", "Too late")
}
