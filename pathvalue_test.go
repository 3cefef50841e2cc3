package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// look says what a request knows of its route.
func look(r *http.Request) string {
	return fmt.Sprintf("%s id=%s rest=%s", r.Pattern, r.PathValue("id"), r.PathValue("rest"))
}

// looker is an application whose routes say what everybody saw of the request
// who is given it: a scheme of one's own, a dependency of the policy, one of the
// handler, and the handler.
type looker struct {
	scheme *holdfast.Scheme[string]
	saw    holdfast.Dep[string]
	all    []string
}

func newLooker() *looker {
	l := &looker{}
	l.scheme = holdfast.NewScheme("Look", "Look", map[string]any{"type": "apiKey", "in": "header", "name": "X-Look"}, func(r *http.Request) (string, bool) {
		return look(r), true
	})
	l.saw = holdfast.FromRequest(func(r *http.Request) (string, error) { return look(r), nil })
	return l
}

func (l *looker) policy() holdfast.Policy[string] {
	return holdfast.Security(holdfast.Depends2(l.scheme.Credential(), l.saw, func(_ context.Context, scheme, policy string) (string, error) {
		l.all = []string{scheme, policy}
		return "", nil
	}))
}

func (l *looker) ServeHTTP(_ http.ResponseWriter, r *http.Request) { l.all = append(l.all, look(r)) }

// typed registers a handler that is not given the request.
func (l *looker) typed(on holdfast.Routes, pattern string) {
	own := holdfast.FromRequest(func(r *http.Request) (string, error) { return look(r), nil })
	on.Handle(pattern, holdfast.To1(l.policy(), own, func(_ context.Context, _, own string, _ holdfast.NoInput) (http.Handler, error) {
		l.all = append(l.all, own)
		return l, nil
	}))
}

// raw registers a handler that is given the request.
func (l *looker) raw(on holdfast.Routes, pattern string) {
	on.Handle(pattern, holdfast.Raw(l.policy(), func(w http.ResponseWriter, r *http.Request, _ string) error {
		l.ServeHTTP(w, r)
		return nil
	}))
}

// TestEverybodySeesTheRoute calls routes of every shape, and those of others in
// which handlers are mounted.
func TestEverybodySeesTheRoute(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		serve  func(l *looker, app *holdfast.App) http.Handler
		method string
		path   string
		want   string
	}{
		"a typed handler": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "GET /items/{id}")
			return app
		}, "GET", "/items/7", "GET /items/{id} id=7 rest="},
		"a raw handler": {func(l *looker, app *holdfast.App) http.Handler {
			l.raw(app, "GET /items/{id}")
			return app
		}, "GET", "/items/7", "GET /items/{id} id=7 rest="},
		"HEAD": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "GET /items/{id}")
			return app
		}, "HEAD", "/items/7", "GET /items/{id} id=7 rest="},
		"a route without values": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "POST /items/")
			return app
		}, "POST", "/items/", "POST /items/ id= rest="},
		"a group whose prefix has the value": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app.Group("/items/{id}"), "GET /details/{rest...}")
			return app
		}, "GET", "/items/7/details/a/b", "GET /items/{id}/details/{rest...} id=7 rest=a/b"},
		"nothing is left": {func(l *looker, app *holdfast.App) http.Handler {
			l.raw(app, "GET /files/{rest...}")
			return app
		}, "GET", "/files/", "GET /files/{rest...} id= rest="},
		"an encoded slash stays inside its segment": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "GET /items/{id}/{rest...}")
			return app
		}, "GET", "/items/a%2Fb/c%2Fd/e", "GET /items/{id}/{rest...} id=a/b rest=c/d/e"},
		"values are decoded once": {func(l *looker, app *holdfast.App) http.Handler {
			l.raw(app, "GET /items/{id}")
			return app
		}, "GET", "/items/a%2525+%C3%A9%20b", "GET /items/{id} id=a%25+é b rest="},
		"a route of the same path in another method": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "GET /items/{id}")
			l.typed(app, "PUT /items/{id}")
			return app
		}, "PUT", "/items/7", "PUT /items/{id} id=7 rest="},
		"the application below a prefix": {func(l *looker, app *holdfast.App) http.Handler {
			l.typed(app, "GET /items/{id}")
			return inMux("/{id}/", http.StripPrefix("/shop", app))
		}, "GET", "/shop/items/7", "GET /items/{id} id=7 rest="},
		"the application in a router with values of its own": {func(l *looker, app *holdfast.App) http.Handler {
			l.raw(app, "GET /shop/{rest...}")
			return inMux("/{id}/", app)
		}, "GET", "/shop/a/b", "GET /shop/{rest...} id=shop rest=a/b"},
		"a copy with replaced dependencies": {func(l *looker, app *holdfast.App) http.Handler {
			unused := holdfast.Depends0(func(context.Context) (int, error) { return 1, nil })
			holdfast.Get(app, "/other", holdfast.Security(unused), nothing)
			l.typed(app, "GET /items/{id}")
			return holdfasttest.With(app, holdfasttest.ReplaceValue(unused, 2))
		}, "GET", "/items/7", "GET /items/{id} id=7 rest="},
		"a guard in a ServeMux": {func(l *looker, app *holdfast.App) http.Handler {
			return inMux("GET /shop/{id}/x/{rest...}", app.Guard("GET /items/{id}", l.policy(), l))
		}, "GET", "/shop/a%2Fb/x/c/d", "GET /shop/{id}/x/{rest...} id=a/b rest=c/d"},
		"a guard behind a prefix": {func(l *looker, app *holdfast.App) http.Handler {
			return inMux("/shop/", http.StripPrefix("/shop", inMux("/{id}", app.Guard("GET /items/{id}", l.policy(), l))))
		}, "GET", "/shop/7", "/{id} id=7 rest="},
		"a guard in a router that says no pattern": {func(l *looker, app *holdfast.App) http.Handler {
			return small{"/shop/{id}", app.Guard("GET /items/{id}", l.policy(), l)}
		}, "GET", "/shop/7", "GET /items/{id} id=7 rest="},
		"a guard that nothing gave a value": {func(l *looker, app *holdfast.App) http.Handler {
			return app.Guard("GET /items/{id}", l.policy(), l)
		}, "GET", "/items/7", "GET /items/{id} id= rest="},
		"a protected handler in the application": {func(l *looker, app *holdfast.App) http.Handler {
			app.Protect("GET /items/{id}", l.policy(), l)
			return app
		}, "GET", "/items/7", "GET /items/{id} id=7 rest="},
		"a protected handler in another router": {func(l *looker, app *holdfast.App) http.Handler {
			return inMux("/x/{rest}/{id}", app.Protect("GET /items/{id}", l.policy(), l))
		}, "GET", "/x/y/8", "/x/{rest}/{id} id=8 rest=y"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, app := newLooker(), quiet()
			h := test.serve(l, app)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
			if w.Code != http.StatusOK || len(l.all) < 3 {
				t.Fatalf("%s %s = %d %s, seen by %d, want 200 and at least 3", test.method, test.path, w.Code, w.Body, len(l.all))
			}
			for i, got := range l.all {
				if got != test.want {
					t.Errorf("%s %s: number %d sees %s, want %s", test.method, test.path, i, got, test.want)
				}
			}
		})
	}
}

// TestParametersOfAMountedHandler reads the same path by its own route and by
// another router's.
func TestParametersOfAMountedHandler(t *testing.T) {
	t.Parallel()
	type file struct {
		Owner string `path:"owner"`
		Path  string `path:"path"`
	}
	app := quiet()
	params := holdfast.Params[file]()
	check := holdfast.Depends1(params, func(_ context.Context, f file) (file, error) {
		if f.Owner != "amy" {
			return f, holdfast.Errorf(http.StatusForbidden, "Not yours")
		}
		return f, nil
	})
	say := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "file %q", r.PathValue("path")) })
	h := app.Protect("GET /{owner}/files/{path...}", holdfast.Security(check), say)
	for path, want := range map[string]string{
		"/amy/files/a/b": `200 file "a/b"`,
		"/amy/files/":    `200 file ""`,
		"/bob/files/a":   `403 {"detail":"Not yours"}`,
	} {
		for name, h := range map[string]http.Handler{
			"the application": app, "another router": inMux("/{owner}/files/{path...}", h),
		} {
			w := send(h, path, "")
			if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
				t.Errorf("GET %s by %s = %s, want %s", path, name, got, want)
			}
		}
	}
	missing := `422 {"detail":[{"type":"missing","loc":["path","owner"],"msg":"Field required","input":null},{"type":"missing","loc":["path","path"],"msg":"Field required","input":null}]}`
	for name, h := range map[string]http.Handler{"no router": h, "a router with other names": inMux("/{who}/files/{rest...}", h)} {
		if w := send(h, "/amy/files/a", ""); fmt.Sprint(w.Code, " ", w.Body) != missing {
			t.Errorf("GET by %s = %d %s, want %s", name, w.Code, w.Body, missing)
		}
	}
}

// TestAnOwnerCheckByPathValue is the check as it is written at first: with the
// request in hand.
func TestAnOwnerCheckByPathValue(t *testing.T) {
	t.Parallel()
	s := newShop()
	name := holdfast.FromRequest(func(r *http.Request) (string, error) { return r.PathValue("name"), nil })
	owner := holdfast.Depends2(s.user, name, func(_ context.Context, u user, name string) (user, error) {
		if u.Name != name {
			return user{}, holdfast.Errorf(http.StatusForbidden, "Not yours")
		}
		return u, nil
	})
	app := quiet()
	holdfast.Get(app, "/users/{name}/mail", holdfast.Security(owner), nothing)
	for path, want := range map[string]int{"/users/amy/mail": 200, "/users/bob/mail": 403, "/users/%61my/mail": 200, "/users/amy%2F/mail": 403} {
		if w := ask(t, app, "GET", path, "amy::"); w.Code != want {
			t.Errorf("GET %s by amy = %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}
