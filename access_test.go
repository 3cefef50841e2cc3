package holdfast_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

var lineNumber = regexp.MustCompile(`[\w-]+/access_test\.go:\d+`)

// grantee is a principal with the scopes and roles that its token spells:
// "items me/admin".
type grantee struct{ scopes, roles string }

func (h grantee) HasScope(name string) bool { return hasWord(h.scopes, name) }
func (h grantee) HasRole(name string) bool  { return hasWord(h.roles, name) }

func hasWord(list, name string) bool {
	for _, word := range strings.Fields(list) {
		if word == name {
			return true
		}
	}
	return false
}

func spell(_ context.Context, token string) (grantee, error) {
	scopes, roles, ok := strings.Cut(token, "/")
	if !ok {
		return grantee{}, http.ErrNoCookie // any error
	}
	return grantee{scopes, roles}, nil
}

func asks(_ context.Context, h grantee, _ holdfast.Scopes) (grantee, error) { return h, nil }

func spellKey(ctx context.Context, key string) (grantee, error) { return spell(ctx, key) }

func done(context.Context, grantee, holdfast.NoInput) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, nil
}

func doneFor[P any](context.Context, P, holdfast.NoInput) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, nil
}

// TestAccessSaysEveryWay reads what a route says of itself.
func TestAccessSaysEveryWay(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	key := holdfast.APIKeyHeader("X-Key")
	items, me, use := oauth.Scope("items", "Read items"), oauth.Scope("me", ""), key.Scope("use", "")
	admin, manager := holdfast.NewRole("admin", ""), holdfast.NewRole("manager", "")
	user := holdfast.Verify(oauth, spell)
	program := holdfast.Verify(key, spellKey)
	active := holdfast.Depends1(user.Require(items), accept)
	byHand := holdfast.Depends2(oauth.Credential(), holdfast.SecurityScopes(), byScopes)

	app := holdfast.New("Test", "1")
	holdfast.Get(app, "/open", holdfast.Public(), doneFor)
	holdfast.Get(app, "/roles", holdfast.AnyRole(active, admin, manager), done)
	holdfast.Get(app, "/both", holdfast.All(holdfast.Security(user), holdfast.Security(program)), done)
	holdfast.Get(app, "/scopes-of-both", holdfast.All(holdfast.Security(user, items), holdfast.Security(program, use)), done)
	holdfast.Get(app, "/either", holdfast.AnyOf(holdfast.Security(user, items), holdfast.Security(program)), done)
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(user)), doneFor)
	holdfast.Get(app, "/by-hand", holdfast.Security(byHand, items), done)
	holdfast.Get(app, "/by-hand-fresh", holdfast.Security(holdfast.Depends2(oauth.Credential().Fresh(), holdfast.SecurityScopes(), byScopes), items), done)
	holdfast.Get(app, "/asks", holdfast.Security(holdfast.Depends2(user, holdfast.SecurityScopes(), asks), items), done)
	holdfast.Get(app, "/by-hand-below", holdfast.Security(holdfast.Depends1(byHand, accept), items), done)
	holdfast.Get(app, "/by-hand-plain", holdfast.Security(byHand), done)
	holdfast.Get(app, "/by-hand-again", holdfast.All(holdfast.Security(byHand, items), holdfast.Security(byHand, me)), done)
	holdfast.Get(app, "/by-hand-both", holdfast.All(holdfast.Security(holdfast.Depends1(oauth.Credential(), spell)), holdfast.Security(holdfast.Depends1(key.Credential(), spellKey))), done)
	holdfast.Get(app, "/besides", holdfast.All(holdfast.Security(user), holdfast.Security(holdfast.Depends1(oauth.Credential(), spellKey))), done)
	holdfast.Get(app, "/converted", holdfast.As(holdfast.Security(oauth.Credential()), func(string) grantee { return grantee{} }), done)
	holdfast.Get(app, "/passed", holdfast.Security(oauth.Credential()), doneFor)
	holdfast.Get(app, "/twice", holdfast.All(holdfast.Security(holdfast.Depends1(user, accept)), holdfast.Security(holdfast.Depends1(user, accept))), done)
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]holdfast.Access{}
	for _, row := range rows {
		by[row.Path] = row
	}
	none := []string{}
	here := reflect.TypeFor[grantee]().PkgPath() + "."
	bearer := func(scopes ...string) holdfast.Credential {
		return holdfast.Credential{Scheme: "OAuth2PasswordBearer", Scopes: append([]string{}, scopes...), VerifiedBy: []string{here + "spell"}}
	}
	apiKey := holdfast.Credential{Scheme: "APIKeyHeader", Scopes: none, VerifiedBy: []string{here + "spellKey"}}
	checked := holdfast.Credential{Scheme: "OAuth2PasswordBearer", Scopes: []string{"items"}, CheckedBy: here + "byScopes", VerifiedBy: []string{here + "byScopes"}}
	byItself, checkedTwice := checked, checked
	byItself.Scopes, byItself.CheckedBy = none, ""
	checkedTwice.Scopes = []string{"items", "me"}
	passed := holdfast.Credential{Scheme: "OAuth2PasswordBearer", Scopes: none, Unverified: true}
	for path, want := range map[string]struct {
		policy string
		ways   []holdfast.Way
	}{
		"/open":           {"anyone", []holdfast.Way{{[]holdfast.Credential{}, [][]string{}, none, none}}},
		"/roles":          {"role admin or manager, scope items", []holdfast.Way{{[]holdfast.Credential{bearer("items")}, [][]string{{"admin", "manager"}}, none, []string{here + "accept"}}}},
		"/both":           {"signed in, credential APIKeyHeader", []holdfast.Way{{[]holdfast.Credential{bearer(), apiKey}, [][]string{}, none, none}}},
		"/scopes-of-both": {"scope items, scope use", []holdfast.Way{{[]holdfast.Credential{bearer("items"), {Scheme: "APIKeyHeader", Scopes: []string{"use"}, VerifiedBy: []string{here + "spellKey"}}}, [][]string{}, none, none}}},
		"/either":         {"scope items, or credential APIKeyHeader", []holdfast.Way{{[]holdfast.Credential{bearer("items")}, [][]string{}, none, none}, {[]holdfast.Credential{apiKey}, [][]string{}, none, none}}},
		"/maybe":          {"signed in, or anyone without a credential", []holdfast.Way{{[]holdfast.Credential{bearer()}, [][]string{}, none, none}, {[]holdfast.Credential{}, [][]string{}, []string{"OAuth2PasswordBearer"}, none}}},
		"/by-hand":        {"scope items (checked by byScopes)", []holdfast.Way{{[]holdfast.Credential{checked}, [][]string{}, none, []string{here + "byScopes"}}}},
		"/by-hand-fresh":  {"scope items (checked by byScopes)", []holdfast.Way{{[]holdfast.Credential{checked}, [][]string{}, none, []string{here + "byScopes"}}}},
		"/asks":           {"scope items", []holdfast.Way{{[]holdfast.Credential{bearer("items")}, [][]string{}, none, []string{here + "asks"}}}},
		"/by-hand-below":  {"scope items (checked by byScopes)", []holdfast.Way{{[]holdfast.Credential{checked}, [][]string{}, none, []string{here + "byScopes", here + "accept"}}}},
		"/by-hand-plain":  {"signed in", []holdfast.Way{{[]holdfast.Credential{byItself}, [][]string{}, none, []string{here + "byScopes"}}}},
		"/by-hand-again":  {"scopes items me (checked by byScopes)", []holdfast.Way{{[]holdfast.Credential{checkedTwice}, [][]string{}, none, []string{here + "byScopes"}}}},
		"/by-hand-both":   {"signed in, credential APIKeyHeader", []holdfast.Way{{[]holdfast.Credential{bearer(), apiKey}, [][]string{}, none, []string{here + "spell", here + "spellKey"}}}},
		"/besides":        {"signed in", []holdfast.Way{{[]holdfast.Credential{bearer()}, [][]string{}, none, []string{here + "spellKey"}}}},
		"/converted":      {"any credential OAuth2PasswordBearer, unverified", []holdfast.Way{{[]holdfast.Credential{passed}, [][]string{}, none, none}}},
		"/passed":         {"any credential OAuth2PasswordBearer, unverified", []holdfast.Way{{[]holdfast.Credential{passed}, [][]string{}, none, none}}},
		"/twice":          {"signed in", []holdfast.Way{{[]holdfast.Credential{bearer()}, [][]string{}, none, []string{here + "accept", here + "accept"}}}},
	} {
		got := by[path]
		if got.Policy != want.policy || !reflect.DeepEqual(got.Ways, want.ways) {
			t.Errorf("%s:\n%s %+v, want\n%s %+v", path, got.Policy, got.Ways, want.policy, want.ways)
		}
		if !strings.Contains(got.Declared, "access_test.go:") {
			t.Errorf("%s is declared at %s", path, got.Declared)
		}
	}
	yes, no := func(string) bool { return true }, func(string) bool { return false }
	if !by["/open"].Allows(no, no) || by["/roles"].Allows(yes, no) || by["/roles"].Allows(no, yes) || !by["/roles"].Allows(yes, yes) || !by["/either"].Allows(no, no) {
		t.Error("Allows disagrees with the policy")
	}
}

func accept(_ context.Context, h grantee) (grantee, error) { return h, nil }

func byScopes(_ context.Context, token string, wanted holdfast.Scopes) (grantee, error) {
	h, err := spell(context.Background(), token)
	for _, one := range wanted {
		if err == nil && !h.HasScope(one.Name()) {
			return h, holdfast.Errorf(http.StatusForbidden, "not for you")
		}
	}
	return h, err
}

func TestAccessAsJSONAndMarkdown(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "Read items")
	reader := holdfast.NewRole("reader", "Reads").Grants(items)
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Docs: holdfast.Docs{NoDocument: true}, Roles: []holdfast.Role{reader}})
	holdfast.Get(app, "/items/", holdfast.Security(holdfast.Verify(oauth, spell), items), done)
	var text strings.Builder
	if err := app.WriteAccessJSON(&text); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Routes []map[string]any
		Roles  []struct {
			Name   string
			Scopes []string
		}
	}
	if err := json.Unmarshal([]byte(text.String()), &doc); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"method", "path", "policy", "scopes", "roles", "declared", "deciders", "ways"} {
		if _, ok := doc.Routes[0][name]; !ok {
			t.Errorf("a route in JSON has no %q: %v", name, doc.Routes[0])
		}
	}
	if len(doc.Roles) != 1 || doc.Roles[0].Name != "reader" || doc.Roles[0].Scopes[0] != "items" {
		t.Errorf("roles in JSON = %v", doc.Roles)
	}
	text.Reset()
	if err := app.WriteAccessMarkdown(&text); err != nil || !strings.Contains(text.String(), "| GET | `/items/` | scope items |") {
		t.Errorf("markdown = %s, %v", &text, err)
	}
}

// TestShownTooLate has what a matrix would show, as errors at start.
func TestShownTooLate(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	items, me := oauth.Scope("items", "Read items"), oauth.Scope("me", "Read own data")
	admin, ghost := holdfast.NewRole("admin", ""), holdfast.NewRole("ghost", "")
	user := holdfast.Verify(oauth, spell)
	anyone := holdfast.Public()
	for name, test := range map[string]struct {
		config holdfast.Config
		routes func(*holdfast.App)
		want   string // "" for no error
	}{
		"a route that is easier to call than the one it shadows": {
			routes: func(app *holdfast.App) {
				holdfast.Get(app, "/users/{id}", holdfast.AnyRole(user, admin), done)
				holdfast.Get(app, "/users/me", holdfast.Security(user), done)
			},
			want: `FOLDER/access_test.go:N: GET /users/me takes paths of GET /users/{id} at FOLDER/access_test.go:N and admits somebody with a credential of OAuth2PasswordBearer, which GET /users/{id} refuses; if it is meant, add Shadows("/users/{id}") to the options of GET /users/me`,
		},
		"one that says so": {routes: func(app *holdfast.App) {
			holdfast.Get(app, "/users/{id}", holdfast.AnyRole(user, admin), done)
			holdfast.Get(app, "/users/me", holdfast.Security(user), done, holdfast.Shadows("/users/{id}"))
		}},
		"one in a group, that says so as the group does": {routes: func(app *holdfast.App) {
			group := app.Group("/auth")
			holdfast.Get(group, "/users/{id}", holdfast.AnyRole(user, admin), done)
			holdfast.Get(group, "/users/me", holdfast.Security(user), done, holdfast.Shadows("/users/{id}"))
		}},
		"one in a group, that says so in full": {routes: func(app *holdfast.App) {
			group := app.Group("/auth")
			holdfast.Get(group, "/users/{id}", holdfast.AnyRole(user, admin), done)
			holdfast.Get(group, "/users/me", holdfast.Security(user), done, holdfast.Shadows("/auth/users/{id}"))
		}},
		"one that is stricter": {routes: func(app *holdfast.App) {
			holdfast.Get(app, "/files/{rest...}", anyone, doneFor)
			holdfast.Get(app, "/files/secret/plans", holdfast.Security(user), done)
		}},
		"a public file below a protected tree": {
			routes: func(app *holdfast.App) {
				holdfast.Get(app, "/files/{rest...}", holdfast.Security(user), done)
				holdfast.Get(app, "/files/a/b", anyone, doneFor)
			},
			want: "admits somebody without any credential",
		},
		"one of another method": {routes: func(app *holdfast.App) {
			holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(user, admin), done)
			holdfast.Get(app, "/users/me", holdfast.Security(user), done)
		}},
		"an option that says so of nothing": {
			routes: func(app *holdfast.App) {
				holdfast.Get(app, "/users/me", holdfast.Security(user), done, holdfast.Shadows("/users/{id}"))
			},
			want: `Shadows("/users/{id}"): it takes no path of such a route`,
		},
		"a role that nothing needs": {
			config: holdfast.Config{Roles: []holdfast.Role{admin, ghost}},
			routes: func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.AnyRole(user, admin), done) },
			want:   "role ghost: no route asks for it, and none for a scope that it grants",
		},
		"a role that a scope needs": {
			config: holdfast.Config{Roles: []holdfast.Role{ghost.Grants(items)}},
			routes: func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.Security(user, items), done) },
		},
		"a role that nobody can have": {
			config: holdfast.Config{Roles: []holdfast.Role{ghost.Grants(items)}},
			routes: func(app *holdfast.App) {
				holdfast.Get(app, "/a", holdfast.AnyRole(user.Require(items), admin, ghost), done)
			},
			want: "GET /a asks for the role admin, which Config.Roles does not have",
		},
		"a scope that nobody can have": {
			config: holdfast.Config{Roles: []holdfast.Role{admin.Grants(items)}},
			routes: func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.Security(user, items, me), done) },
			want:   "GET /a asks for the scope me, which no role of Config.Roles grants; if it is meant, put it into Config.Ungranted",
		},
		"a scope that no role is to grant": {
			config: holdfast.Config{Roles: []holdfast.Role{admin.Grants(items)}, Ungranted: []holdfast.Scope{me}},
			routes: func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.Security(user, items, me), done) },
		},
	} {
		test.config.Docs.NoDocument = true
		app := holdfast.NewApp(test.config)
		test.routes(app)
		got := ""
		if err := app.Err(); err != nil {
			got = lineNumber.ReplaceAllString(err.Error(), "FOLDER/access_test.go:N")
		}
		if !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: Err = %s\nwant %s", name, got, test.want)
		}
	}
}

// TestExplain sees every decision with its steps, and the refusal with its
// reference.
func TestExplain(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "Read items")
	admin := holdfast.NewRole("admin", "")
	var seen []string
	app := holdfast.NewApp(holdfast.Config{Docs: holdfast.Docs{NoDocument: true}, OnDecision: func(d holdfast.Decision) string {
		text := d.Route().Path
		for _, s := range d.Steps() {
			text += ", " + s.Kind + " " + s.Name
			switch {
			case !s.Reached:
				text += "?"
			case s.Err != nil:
				text += " no"
			}
			if h, ok := s.Value.(grantee); ok {
				text += " " + h.roles
			}
			if s.Wanted != nil {
				text += " " + strings.Join(s.Wanted, "+") + " of " + strings.Join(s.Held, "+")
			}
		}
		if d.Allowed() {
			text += ", allowed"
		}
		seen = append(seen, text)
		return "R1"
	}})
	user := holdfast.Depends1(holdfast.Verify(oauth, spell), accept)
	holdfast.Get(app, "/a", holdfast.AnyRole(user.Require(items), admin), done)
	holdfast.Get(app, "/b", holdfast.Public(), doneFor)
	for _, test := range []struct {
		path, token string
		status      int
		body, steps string
	}{
		{"/b", "", 204, "", "/b, allowed"},
		{"/a", "", 401, `{"detail":"Not authenticated","request":"R1"}`, "/a, credential OAuth2PasswordBearer no, verify OAuth2PasswordBearer?, scopes OAuth2PasswordBearer? items of , dependency accept?, roles accept? admin of "},
		{"/a", "secret", 401, `{"detail":"Could not validate credentials","request":"R1"}`, "/a, credential OAuth2PasswordBearer, verify OAuth2PasswordBearer no, scopes OAuth2PasswordBearer? items of , dependency accept?, roles accept? admin of "},
		{"/a", "/admin", 403, `{"detail":"Not enough permissions","missing":{"scopes":["items"]},"request":"R1"}`, "/a, credential OAuth2PasswordBearer, verify OAuth2PasswordBearer admin, scopes OAuth2PasswordBearer no items of , dependency accept?, roles accept? admin of "},
		{"/a", "items/user", 403, `{"detail":"Operation not permitted","missing":{"any_role_of":["admin"]},"request":"R1"}`, "/a, credential OAuth2PasswordBearer, verify OAuth2PasswordBearer user, scopes OAuth2PasswordBearer items of items, dependency accept, roles accept no admin of "},
		{"/a", "items/admin", 204, "", "/a, credential OAuth2PasswordBearer, verify OAuth2PasswordBearer admin, scopes OAuth2PasswordBearer items of items, dependency accept, roles accept admin of admin, allowed"},
	} {
		seen = nil
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != test.status || strings.TrimSpace(w.Body.String()) != test.body {
			t.Errorf("GET %s by %q = %d %s, want %d %s", test.path, test.token, w.Code, w.Body, test.status, test.body)
		}
		if len(seen) != 1 || seen[0] != test.steps {
			t.Errorf("GET %s by %q: decisions %q,\nwant one: %q", test.path, test.token, seen, test.steps)
		}
	}
	if before := app.OnDecision(nil); before == nil {
		t.Error("Explain(nil) returns no function before it")
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/a", nil))
	if w.Body.String() != `{"detail":"Not authenticated"}` {
		t.Errorf("without Explain, the refusal is %s", w.Body)
	}
}

// badge is a credential that knows roles by itself.
type badge struct{ role string }

func (b badge) HasRole(role string) bool { return b.role == role }

// The table says "anyone" of no route that somebody guards.
func TestTheTableSaysWhoGuards(t *testing.T) {
	t.Parallel()
	guard := holdfast.FromRequest(func(r *http.Request) (string, error) { return "", holdfast.Errorf(http.StatusForbidden, "no") })
	badges := holdfast.NewScheme("Badge", "Badge", map[string]any{"type": "apiKey", "in": "header", "name": "X-Badge"}, func(r *http.Request) (badge, bool) {
		return badge{r.Header.Get("X-Badge")}, r.Header.Get("X-Badge") != ""
	})
	key := holdfast.APIKeyHeader("X-Key")
	app := quiet()
	holdfast.Get(app, "/guarded", holdfast.Security(guard), nothing)
	holdfast.Get(app, "/open", holdfast.As(holdfast.Public(), func(holdfast.Anyone) string { return "" }), nothing)
	holdfast.Get(app, "/badge", holdfast.AnyRole(badges.Credential(), holdfast.NewRole("guest", "")), nothing)
	holdfast.Get(app, "/key", holdfast.Security(key.Credential()), nothing)
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"callers that the dependencies accept", "anyone", "role guest", "any credential APIKeyHeader, unverified"} {
		if !strings.HasPrefix(rows[i].Policy, want) || len(rows[i].Ways[0].Absent) != 0 {
			t.Errorf("%s: %s, absent %v, want %s", rows[i].Path, rows[i].Policy, rows[i].Ways[0].Absent, want)
		}
	}
	if w := send(app, "/badge", "X-Badge: guest"); w.Code != http.StatusOK {
		t.Errorf("GET /badge = %d, want 200", w.Code)
	}
}
