package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/static"
)

// echo answers with what a handler sees of a request.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s raw=%s rest=%s", r.Method, r.URL.Path, r.URL.RawPath, r.PathValue("rest"))
})

// at sends a request whose path is as it is written.
func at(t *testing.T, h http.Handler, method, target, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Nothing below a mount is reached without its policy, by no method and no way
// to write the path, and what is mounted sees paths of its own.
func TestAMountIsBehindItsPolicy(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	app.Mount("/legacy", holdfast.AnyRole(s.user, s.admin), echo)
	holdfast.Get(app, "/open", holdfast.Public(), nothing)
	const admin, amy = "amy::admin", "amy::"
	tests := map[string]struct {
		method, target, token string
		status                int
		body                  string
	}{
		"the prefix with a slash":         {"GET", "/legacy/", admin, 200, "GET / raw= rest="},
		"the prefix alone is sent on":     {"GET", "/legacy", admin, 307, ""},
		"a path below":                    {"POST", "/legacy/a/b", admin, 200, "POST /a/b raw= rest=a/b"},
		"a method that nobody knows":      {"PURGE", "/legacy/a", admin, 200, "PURGE /a raw= rest=a"},
		"an encoded slash stays encoded":  {"GET", "/legacy/a%2Fb", admin, 200, "GET /a/b raw=/a%2Fb rest=a/b"},
		"nobody":                          {"GET", "/legacy/a", "", 401, ""},
		"nobody, by another method":       {"DELETE", "/legacy/a", "", 401, ""},
		"nobody, by no method of HTTP":    {"PURGE", "/legacy/a", "", 401, ""},
		"OPTIONS is no exception":         {"OPTIONS", "/legacy/a", "", 401, ""},
		"a role is missing":               {"GET", "/legacy/a", amy, 403, ""},
		"dots":                            {"GET", "/legacy/../open", admin, 404, ""},
		"dots, encoded":                   {"GET", "/legacy/%2e%2e/open", admin, 404, ""},
		"dots before an encoded slash":    {"GET", "/legacy/..%2fopen", admin, 404, ""},
		"dots behind an encoded slash":    {"GET", "/legacy/a%2f..%2f..%2fopen", admin, 404, ""},
		"dots behind a backslash":         {"GET", `/legacy/a%5c..%5cb`, admin, 404, ""},
		"one dot, encoded":                {"GET", "/legacy/%2e/a", admin, 404, ""},
		"dots, encoded, nobody":           {"GET", "/legacy/%2e%2e/open", "", 401, ""},
		"the prefix in upper case":        {"GET", "/LEGACY/a", admin, 404, ""},
		"the prefix encoded":              {"GET", "/%6cegacy/a", amy, 403, ""},
		"a slash of the prefix, encoded":  {"GET", "/legacy%2fa", admin, 404, ""},
		"two slashes":                     {"GET", "/legacy//a", admin, 404, ""},
		"what only begins as the prefix":  {"GET", "/legacyx/a", admin, 404, ""},
		"a name with three dots is no ..": {"GET", "/legacy/...", admin, 200, "GET /... raw= rest=..."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := at(t, app, test.method, test.target, test.token)
			if w.Code != test.status || test.body != "" && w.Body.String() != test.body {
				t.Errorf("%s %s = %d %s, want %d %s", test.method, test.target, w.Code, w.Body, test.status, test.body)
			}
		})
	}
}

// A stricter mount below another one is not reached through that one, by no way
// to write its slash.
func TestAStricterMountBelowAnother(t *testing.T) {
	t.Parallel()
	s := newShop()
	files := fstest.MapFS{"secret/plan.txt": {Data: []byte("plan")}, "a/b.txt": {Data: []byte("open")}}
	for prefix, h := range map[string]http.Handler{"/ours": static.Files(files), "/std": http.FileServerFS(files)} {
		app := quiet()
		app.Mount(prefix, holdfast.Security(s.user), h)
		app.Mount(prefix+"/secret", holdfast.AnyRole(s.user, s.admin), http.NotFoundHandler())
		for target, want := range map[string]int{
			"/a/b.txt": 200, "/a%2Fb.txt": 200, "/secret/plan.txt": 403, "/secret%2Fplan.txt": 404, "/secret%2fplan.txt": 404, "/%2fsecret/plan.txt": 404,
		} {
			if w := at(t, app, "GET", prefix+target, "amy::"); w.Code != want {
				t.Errorf("GET %s%s = %d %s, want %d", prefix, target, w.Code, w.Body, want)
			}
		}
		if w := at(t, app, "CONNECT", prefix+"//secret/plan.txt", "amy::"); w.Code != 404 {
			t.Errorf("CONNECT = %d %s, want 404", w.Code, w.Body)
		}
	}
}

// An application in an application: the policies of both hold, and what the
// inner one sends the caller to is below the prefix.
func TestAnApplicationInAnother(t *testing.T) {
	t.Parallel()
	s := newShop()
	inner := quiet()
	holdfast.Get(inner, "/items/{id}", holdfast.Security(s.user, s.items), func(ctx context.Context, u user, in itemID) (string, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return nil })
		return fmt.Sprint(u.Name, in.ID), nil
	})
	holdfast.Get(inner, "/open/", holdfast.Public(), nothing)
	outer := quiet()
	outer.Group("/v1", holdfast.Security(s.user)).Mount("/{tenant}/shop", holdfast.AnyRole(s.user, s.admin), inner)
	for name, test := range map[string]struct {
		target, token string
		status        int
		body          string
	}{
		"both pass":                                {"/v1/acme/shop/items/7", "amy:items:admin", 200, `"amy7"`},
		"the outer one refuses":                    {"/v1/acme/shop/items/7", "amy:items:", 403, ""},
		"the inner one refuses":                    {"/v1/acme/shop/items/7", "amy::admin", 403, ""},
		"public inside is not out":                 {"/v1/acme/shop/open/", "", 401, ""},
		"public inside, for those who come so far": {"/v1/acme/shop/open/", "amy::admin", 200, `"ok"`},
		"the inner document":                       {"/v1/acme/shop/openapi.json", "amy::admin", 200, ""},
		"the inner document is behind the policy":  {"/v1/acme/shop/openapi.json", "amy::", 403, ""},
		"nothing there":                            {"/v1/acme/shop/nothing", "amy::admin", 404, `{"detail":"Not Found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if w := at(t, outer, "GET", test.target, test.token); w.Code != test.status || test.body != "" && w.Body.String() != test.body {
				t.Errorf("GET %s = %d %s, want %d %s", test.target, w.Code, w.Body, test.status, test.body)
			}
		})
	}
	if w := at(t, outer, "GET", "/v1/acme/shop/open", "amy::admin"); w.Header().Get("Location") != "/v1/acme/shop/open/" {
		t.Errorf("Location = %s, want it with the prefix", w.Header().Get("Location"))
	}
}

// A mounted handler is a row, and an operation of the document's that is of any
// method.
func TestAMountInTableAndDocument(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	app.Mount("/legacy", holdfast.AnyRole(s.user, s.admin), echo, holdfast.Tags("old"))
	app.Handle("QUERY /items", holdfast.To(holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in newItem) (string, error) {
		return in.Body.Name, nil
	}))
	rows, err := app.Access()
	if err != nil || len(rows) < 2 || rows[0].Method != "*" || rows[0].Path != "/legacy/{rest...}" || rows[0].Policy != "role admin" {
		t.Fatalf("Access() = %v, %v", rows, err)
	}
	d := parsed(t, app)
	for path, want := range map[string]string{
		"/legacy/{rest}": `"operationId":"any_legacy__rest____"`,
		"/items":         `"requestBody"`,
	} {
		if got := compact(t, d, "paths", path, "x-additionalOperations"); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s", path, got, want)
		}
	}
	r := httptest.NewRequest("QUERY", "/items", strings.NewReader(`{"name":"sword"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if app.ServeHTTP(w, r); w.Code != 200 || w.Body.String() != `"sword"` {
		t.Errorf("QUERY /items = %d %s", w.Code, w.Body)
	}
	if w := at(t, app, "GET", "/items", ""); w.Code != 405 || w.Header().Get("Allow") != "QUERY" {
		t.Errorf("GET /items = %d, Allow %q, want QUERY alone", w.Code, w.Header().Get("Allow"))
	}
}

// HEAD and OPTIONS of one's own go to their own routes, with their own policies.
func TestMethodsOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	own := func(name string) func(http.ResponseWriter, *http.Request, holdfast.Anyone) error {
		return func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
			w.Header().Set("X-By", name)
			return nil
		}
	}
	holdfast.Get(app, "/a", holdfast.Public(), nothing)
	app.Handle("HEAD /a", holdfast.Raw(holdfast.Security(s.user), func(w http.ResponseWriter, _ *http.Request, _ user) error {
		w.Header().Set("X-By", "head")
		return nil
	}))
	app.Handle("OPTIONS /a", holdfast.Raw(holdfast.Public(), own("options")))
	holdfast.Get(app, "/b", holdfast.Security(s.user), nothing)
	app.Handle("HEAD /b", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]), holdfast.Shadows("/b"))
	for name, test := range map[string]struct {
		method, path, token string
		status              int
		by                  string
	}{
		"GET is GET's":                       {"GET", "/a", "", 200, ""},
		"HEAD has its own policy":            {"HEAD", "/a", "", 401, ""},
		"HEAD has its own handler":           {"HEAD", "/a", "amy::", 200, "head"},
		"OPTIONS has its own handler":        {"OPTIONS", "/a", "", 200, "options"},
		"OPTIONS of nobody's own":            {"OPTIONS", "/b", "", 405, ""},
		"GET keeps its policy beside HEAD":   {"GET", "/b", "", 401, ""},
		"HEAD may be easier if that is said": {"HEAD", "/b", "", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := at(t, app, test.method, test.path, test.token)
			if w.Code != test.status || w.Header().Get("X-By") != test.by || test.method == "HEAD" && w.Body.Len() > 0 {
				t.Errorf("%s %s = %d by %q with %s, want %d by %q", test.method, test.path, w.Code, w.Header().Get("X-By"), w.Body, test.status, test.by)
			}
		})
	}
	if allow := at(t, app, "PUT", "/a", "").Header().Get("Allow"); allow != "GET, HEAD, OPTIONS" {
		t.Errorf("Allow = %q, want each once", allow)
	}
	if got := compact(t, parsed(t, app), "paths", "/b", "head", "responses"); got != `{"200":{"description":"Successful Response"}}` {
		t.Errorf("responses to HEAD = %s, want no content", got)
	}
}

func TestMistakesOfMethodsAndMounts(t *testing.T) {
	t.Parallel()
	s := newShop()
	admin := holdfast.AnyRole(s.user, s.admin)
	for name, test := range map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"every method of one path": {func(a *holdfast.App) { a.Handle("* /x", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone])) }, "a route has one method; Mount is for all of them"},
		"a method in lower case":   {func(a *holdfast.App) { a.Handle("query /x", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone])) }, "methods are case-sensitive; write QUERY"},
		"TRACE":                    {func(a *holdfast.App) { a.Handle("TRACE /x", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone])) }, "about the connection"},
		"a nil handler":            {func(a *holdfast.App) { a.Mount("/x", holdfast.Public(), nil) }, "* /x/{rest...}: the handler is nil"},
		"a nil handler in a group": {func(a *holdfast.App) { a.Group("/g").Mount("/x", holdfast.Public(), http.HandlerFunc(nil)) }, "* /g/x/{rest...}: the handler is nil"},
		"a prefix without a slash": {func(a *holdfast.App) { a.Mount("x", holdfast.Public(), echo) }, "a path begins with a slash"},
		"no policy":                {func(a *holdfast.App) { a.Mount("/x", nil, echo) }, "the zero Policy"},
		"two at one prefix": {func(a *holdfast.App) {
			a.Mount("/x", holdfast.Public(), echo)
			a.Mount("/x/", holdfast.Public(), echo)
		}, "is registered already"},
		"an easier route below a mount": {func(a *holdfast.App) {
			a.Mount("/x", admin, echo)
			holdfast.Get(a, "/x/open", holdfast.Public(), nothing)
		}, `GET /x/open takes paths of * /x/{rest...}`},
		"an easier mount below a mount": {func(a *holdfast.App) {
			a.Mount("/x", admin, echo)
			a.Mount("/x/open", holdfast.Public(), echo)
		}, `takes paths of * /x/{rest...}`},
		"HEAD that is easier than GET": {func(a *holdfast.App) {
			holdfast.Get(a, "/x", admin, nothing)
			a.Handle("HEAD /x", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]))
		}, `HEAD /x takes paths of GET /x`},
		"HEAD that is easier, below a wildcard": {func(a *holdfast.App) {
			holdfast.Get(a, "/x/{id}", admin, nothing)
			a.Handle("HEAD /x/me", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]))
		}, `HEAD /x/me takes paths of GET /x/{id}`},
		"a mount below a route of more paths": {func(a *holdfast.App) {
			a.Mount("/x", holdfast.Public(), echo)
			a.Protect("GET /{path...}", holdfast.Public(), echo)
		}, `conflicts with`},
	} {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			test.declare(app)
			if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "mount_test.go:") {
				t.Errorf("Err() = %v, want %s and a place", err, test.want)
			}
		})
	}
	meant := quiet()
	meant.Mount("/x", admin, echo)
	holdfast.Get(meant, "/x/open", holdfast.Public(), nothing, holdfast.Shadows("/x/{rest...}"))
	holdfast.Get(meant, "/x/stricter", admin, nothing)
	if err := meant.Err(); err != nil {
		t.Errorf("Err() = %v, want none where it is meant", err)
	}
	if w := at(t, meant, "GET", "/x/open", ""); w.Code != 200 {
		t.Errorf("GET /x/open = %d, want the route", w.Code)
	}
	if w := at(t, meant, "POST", "/x/open", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /x/open = %d, Allow %q, want the route's", w.Code, w.Header().Get("Allow"))
	}
	if w := at(t, meant, "POST", "/x/opened", ""); w.Code != 401 {
		t.Errorf("POST /x/opened = %d, want the mount's policy", w.Code)
	}
}
