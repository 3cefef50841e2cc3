package holdfast_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// small is a router of somebody else: it knows one path, cuts it at its slashes,
// and says nothing but the values.
type small struct {
	path string
	h    http.Handler
}

func (s small) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want, have := strings.Split(s.path, "/"), strings.Split(r.URL.Path, "/")
	if len(want) != len(have) {
		http.NotFound(w, r)
		return
	}
	for i, segment := range want {
		switch {
		case strings.HasPrefix(segment, "{"):
			r.SetPathValue(strings.Trim(segment, "{}"), have[i])
		case segment != have[i]:
			http.NotFound(w, r)
			return
		}
	}
	s.h.ServeHTTP(w, r)
}

func inMux(pattern string, h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	return mux
}

// mounted are the ways in which a handler can be mounted for /items/7. None
// looks at the method.
var mounted = map[string]func(http.Handler) http.Handler{
	"in a ServeMux":              func(h http.Handler) http.Handler { return inMux("/items/{id}", h) },
	"in a ServeMux's subtree":    func(h http.Handler) http.Handler { return inMux("/items/", h) },
	"behind a prefix":            func(h http.Handler) http.Handler { return http.StripPrefix("/items", inMux("/{id}", h)) },
	"in a router of one's own":   func(h http.Handler) http.Handler { return small{"/items/{id}", h} },
	"by itself":                  func(h http.Handler) http.Handler { return h },
	"behind another application": behindAnApp,
}

// behindAnApp mounts a handler in an application that serves every method.
func behindAnApp(h http.Handler) http.Handler {
	app := quiet()
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		app.Handle(method+" /items/{id}", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
			h.ServeHTTP(w, r)
			return nil
		}))
	}
	return app
}

// everyMethod has methods that are known, that are not, and that only look it.
var everyMethod = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "BREW", "get", "GETS", "GE", ""}

// asMethod calls /items/7 with any method, also one that no client sends.
func asMethod(h http.Handler, method, lines string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/items/7", nil)
	for line := range strings.Lines(lines) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Add(key, value)
	}
	r.Method = method
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAMountedHandlerServesItsMethodAlone calls the handlers of Protect and
// Guard with every method, wherever they are mounted.
func TestAMountedHandlerServesItsMethodAlone(t *testing.T) {
	t.Parallel()
	for _, own := range []string{"GET", "POST", "DELETE"} {
		for how, mount := range mounted {
			t.Run(own+" "+how, func(t *testing.T) {
				t.Parallel()
				asked, served := 0, 0
				policy := holdfast.Security(holdfast.Depends0(func(context.Context) (int, error) { asked++; return 1, nil }))
				h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
				app := quiet()
				handlers := map[string]http.Handler{
					"Protect": app.Protect(own+" /items/{id}", policy, h),
					"Guard":   app.Guard(own+" /guarded/{id}", policy, h),
				}
				for from, h := range handlers {
					allowed := []string{own}
					if own == "GET" {
						allowed = append(allowed, "HEAD")
					}
					for _, method := range everyMethod {
						asked, served = 0, 0
						w := asMethod(mount(h), method, "")
						if slices.Contains(allowed, method) {
							if w.Code != http.StatusOK || asked != 1 || served != 1 {
								t.Errorf("%s of %s: %d, asked %d times, served %d times, want 200 and once", method, from, w.Code, asked, served)
							}
							continue
						}
						if how == "behind another application" && !slices.Contains(everyMethod[:7], method) {
							continue // it never comes to the handler
						}
						if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != strings.Join(allowed, ", ") || asked+served != 0 {
							t.Errorf("%s of %s: %d, Allow %q, asked %d times, served %d times, want 405, %q and never", method, from, w.Code, w.Header().Get("Allow"), asked, served, allowed)
						}
						if want := `{"detail":"Method Not Allowed"}`; method != "HEAD" && w.Body.String() != want {
							t.Errorf("%s of %s says %s, want %s", method, from, w.Body, want)
						}
					}
				}
			})
		}
	}
}

// TestWhatIsObservedOfAMountedHandler says which route is named: none where the
// method is not the route's, as for every other path that no route fits.
func TestWhatIsObservedOfAMountedHandler(t *testing.T) {
	t.Parallel()
	var seen []string
	app := holdfast.NewApp(holdfast.Config{
		Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler),
		Observe: func(route string) func(holdfast.Observation) {
			return func(o holdfast.Observation) {
				seen = append(seen, strings.TrimSpace(fmt.Sprintf("%q %d %s", route, o.Status, o.Refusal)))
			}
		},
	})
	policy := holdfast.Security(holdfast.HTTPBearer().Credential())
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	protected := app.Protect("GET /items/{id}", policy, nothing)
	guarded := app.Guard("POST /guarded/{id}", policy, nothing)
	for _, test := range []struct {
		h             http.Handler
		method, lines string
		want          string
	}{
		{protected, "GET", "Authorization: Bearer t", `"GET /items/{id}" 202`},
		{protected, "HEAD", "Authorization: Bearer t", `"GET /items/{id}" 202`},
		{protected, "GET", "", `"GET /items/{id}" 401 no credential`},
		{protected, "POST", "Authorization: Bearer t", `"" 405 no route`},
		{guarded, "POST", "Authorization: Bearer t", `"POST /guarded/{id}" 202`},
		{guarded, "POST", "", `"POST /guarded/{id}" 401 no credential`},
		{guarded, "BREW", "Authorization: Bearer t", `"" 405 no route`},
		{app, "POST", "Authorization: Bearer t", `"" 405 no route`},
	} {
		seen = nil
		asMethod(test.h, test.method, test.lines)
		if len(seen) != 1 || seen[0] != test.want {
			t.Errorf("%s with %q is observed as %q, want %q once", test.method, test.lines, seen, test.want)
		}
	}
}

// TestMountedHandlersBelongToTheOriginal says what a copy with replaced
// dependencies has: its own routes, and not the handlers that were returned.
func TestMountedHandlersBelongToTheOriginal(t *testing.T) {
	t.Parallel()
	who := holdfast.Depends0(func(context.Context) (string, error) { return "original", nil })
	say := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "served") })
	original := quiet()
	asked := []string{}
	note := func(name string) func(holdfast.Decision) string {
		return func(holdfast.Decision) string { asked = append(asked, name); return "" }
	}
	h := original.Protect("GET /items/{id}", holdfast.Security(who), say)
	copied := holdfasttest.With(original, holdfasttest.ReplaceValue(who, "copy"))
	original.OnDecision(note("original"))
	copied.OnDecision(note("copy"))
	for _, test := range []struct {
		name    string
		h       http.Handler
		decides string
	}{
		{"the original", original, "original"},
		{"the copy", copied, "copy"},
		{"what Protect returned", h, "original"},
	} {
		asked = nil
		if w := asMethod(test.h, "GET", ""); w.Code != http.StatusOK || fmt.Sprint(asked) != "["+test.decides+"]" {
			t.Errorf("GET of %s = %d, decided by %v, want 200 by the %s", test.name, w.Code, asked, test.decides)
		}
		asked = nil
		if w := asMethod(test.h, "DELETE", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" || len(asked) != 0 {
			t.Errorf("DELETE of %s = %d, Allow %q, decided by %v, want 405 by nothing", test.name, w.Code, w.Header().Get("Allow"), asked)
		}
	}
}

// TestAGuardOnlyGuards has a route that the application does not serve.
func TestAGuardOnlyGuards(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	value := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.PathValue("id"), " ", r.Pattern) })
	h := app.Guard("GET /items/{id}", holdfast.Security(s.user, s.items), value)
	special := app.Guard("GET /users/{id}/photo", holdfast.Security(s.user), value)
	holdfast.Get(app, "/users/{rest...}", holdfast.Public(), nothing)
	holdfast.Post(app, "/items/{id}", holdfast.Public(), nothing)
	app.Guard("GET /alone", holdfast.Public(), value)
	outer := http.NewServeMux()
	outer.Handle("/", app)
	outer.Handle("GET /a/{id}/details", h)
	outer.Handle("/photos/{id}", special)
	for _, test := range []struct {
		h                   http.Handler
		method, path, token string
		status              int
		body                string
	}{
		{app, "GET", "/alone", "", 404, `{"detail":"Not Found"}`},
		{app, "GET", "/items/7", "amy:items:", 405, `{"detail":"Method Not Allowed"}`},
		{app, "POST", "/items/7", "", 200, `"ok"`},
		{app, "GET", "/users/7/photo", "", 200, `"ok"`}, // of another route
		{app, "GET", "/a/7/details", "amy:items:", 404, `{"detail":"Not Found"}`},
		{outer, "GET", "/a/7/details", "amy:items:", 200, "7 GET /a/{id}/details"},
		{outer, "GET", "/a/7/details", "amy::", 403, `{"detail":"Not enough permissions"}`},
		{outer, "GET", "/a/7/details", "", 401, `{"detail":"Not authenticated"}`},
		{outer, "GET", "/photos/8", "amy::", 200, "8 /photos/{id}"},
		{outer, "DELETE", "/photos/8", "amy::", 405, `{"detail":"Method Not Allowed"}`},
	} {
		if w := ask(t, test.h, test.method, test.path, test.token); w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s %s with %q = %d %s, want %d %s", test.method, test.path, test.token, w.Code, w.Body, test.status, test.body)
		}
	}
	if allow := ask(t, app, "GET", "/items/7", "").Header().Get("Allow"); allow != "POST" {
		t.Errorf("GET /items/7 allows %q, want POST alone: another router serves GET", allow)
	}
}

// TestAGuardIsListedLikeAnyRoute reads the table and the document.
func TestAGuardIsListedLikeAnyRoute(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	holdfast.Get(app, "/items/", holdfast.Security(s.user, s.items), nothing)
	app.Guard("GET /files/{path...}", holdfast.All(holdfast.Security(s.user, s.items), holdfast.AnyRole(s.user, s.admin)), http.NotFoundHandler(),
		holdfast.Summary("A file"), holdfast.Answers("text/plain"))
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for i, guarded := range []bool{false, true, false} {
		if rows[i].Guarded != guarded {
			t.Errorf("%s %s is guarded: %v, want %v", rows[i].Method, rows[i].Path, rows[i].Guarded, guarded)
		}
	}
	if row := rows[1]; row.Policy != "role admin, scope items" || !strings.Contains(row.Declared, "guard_test.go:") ||
		!row.Allows(func(string) bool { return true }, func(string) bool { return true }) ||
		row.Allows(func(string) bool { return true }, func(string) bool { return false }) {
		t.Errorf("the row is %+v, want role admin and scope items", row)
	}
	for name, write := range map[string]func(io.Writer) error{
		"role admin, scope items; decided also by func1; another router serves it  ":               app.WriteAccess,
		"| GET | `/files/{path...}` | role admin, scope items; another router serves it | func1 |": app.WriteAccessMarkdown,
		`"guarded": true`: app.WriteAccessJSON,
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil || strings.Count(out.String(), name) != 1 {
			t.Errorf("%q is %d times, want once, in\n%s", name, strings.Count(out.String(), name), &out)
		}
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Summary  string
			Security []map[string][]string
		}
	}
	if err := json.Unmarshal(ask(t, app, "GET", "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	op := doc.Paths["/files/{path}"]["get"]
	if op.Summary != "A file" || fmt.Sprint(op.Security) != "[map[OAuth2PasswordBearer:[items]]]" {
		t.Errorf("the operation is %+v, want its summary and the scope items", op)
	}
}

// TestAGuardIsCheckedLikeAnyRoute has mistakes that concern more than one route.
func TestAGuardIsCheckedLikeAnyRoute(t *testing.T) {
	t.Parallel()
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "")
	who := holdfast.Verify(oauth, verify)
	h := http.NotFoundHandler()
	keeper := holdfast.NewRole("keeper", "")
	someone := holdfast.Depends1(who, func(_ context.Context, c holder) (user, error) { return c.user, nil })
	for name, test := range map[string]struct {
		declare func(*holdfast.App)
		wrong   int      // how many errors
		want    []string // in them, each once
	}{
		"a role that only a guard asks for": {func(a *holdfast.App) {
			a.Guard("GET /a", holdfast.AnyRole(someone, keeper), h)
		}, 0, nil},
		"a guard and a route that serves the same": {func(a *holdfast.App) {
			holdfast.Get(a, "/a", holdfast.AnyRole(someone, keeper), nothing)
			a.Guard("GET /a", holdfast.AnyRole(someone, keeper), h)
		}, 1, []string{"GET /a is registered already at"}},
		"a guard and a protected handler": {func(a *holdfast.App) {
			a.Guard("GET /a", holdfast.AnyRole(someone, keeper), h)
			a.Protect("GET /a", holdfast.AnyRole(someone, keeper), h)
		}, 1, []string{"GET /a is registered already at"}},
		"two guards, one of them hidden": {func(a *holdfast.App) {
			a.Guard("GET /a", holdfast.AnyRole(someone, keeper), h, holdfast.Hidden())
			a.Guard("GET /a", holdfast.AnyRole(someone, keeper), h)
		}, 1, []string{"GET /a is registered already at"}},
		"a guard whose paths are also another's": {func(a *holdfast.App) {
			holdfast.Get(a, "/a/{x}/c", holdfast.AnyRole(someone, keeper), nothing)
			a.Guard("GET /a/b/{y}", holdfast.AnyRole(someone, keeper), h)
		}, 1, []string{"GET /a/b/{y} conflicts with GET /a/{x}/c at", "some path would match both"}},
		"a guard that takes paths of a stricter route": {func(a *holdfast.App) {
			holdfast.Get(a, "/a/{id}", holdfast.AnyRole(someone, keeper), nothing)
			a.Guard("GET /a/b", holdfast.Security(someone), h)
		}, 1, []string{"GET /a/b takes paths of GET /a/{id} at", `add Shadows("/a/{id}") to the options of GET /a/b`}},
		"a route that takes paths of a stricter guard": {func(a *holdfast.App) {
			a.Guard("GET /a/{path...}", holdfast.AnyRole(someone, keeper), h)
			holdfast.Get(a, "/a/b", holdfast.Public(), nothing)
		}, 1, []string{"GET /a/b takes paths of GET /a/{path...} at"}},
		"it is meant": {func(a *holdfast.App) {
			a.Guard("GET /a/{path...}", holdfast.AnyRole(someone, keeper), h)
			holdfast.Get(a, "/a/b", holdfast.Public(), nothing, holdfast.Shadows("/a/{path...}"))
		}, 0, nil},
		"the zero Policy": {func(a *holdfast.App) {
			a.Guard("GET /a", holdfast.Policy[user]{}, h)
			a.Guard("GET /b", nil, h)
			a.Guard("GET /c", holdfast.AnyRole(someone, keeper), nil)
		}, 3, []string{"GET /a: the zero Policy", "GET /b: the zero Policy", "GET /c: the handler is nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", Logger: slog.New(slog.DiscardHandler), Roles: []holdfast.Role{keeper.Grants(items)}})
			test.declare(app)
			holdfast.Get(app, "/items", holdfast.All(holdfast.Security(someone, items), holdfast.AnyRole(someone, keeper)), nothing)
			text := ""
			if err := app.Err(); err != nil {
				text = err.Error() + "\n"
			}
			if got := strings.Count(text, "\n"); got != test.wrong {
				t.Errorf("Err() = %s; %d errors, want %d", text, got, test.wrong)
			}
			for _, want := range test.want {
				if strings.Count(text, want) != 1 {
					t.Errorf("Err() = %s; want %q once", text, want)
				}
			}
		})
	}
}
