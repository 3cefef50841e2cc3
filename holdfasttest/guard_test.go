package holdfasttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// library is an application that leaves its files to another router.
type library struct {
	app   *holdfast.App
	who   holdfast.Dep[person]
	guard http.Handler // of the files
	files http.Handler // without their guard
}

func newLibrary(scopes ...string) *library {
	oauth := holdfast.OAuth2PasswordBearer("token")
	l := &library{app: holdfast.New("Library", "1")}
	l.who = holdfast.Verify(oauth, func(_ context.Context, token string) (person, error) {
		parts := strings.Split(token, "/")
		if len(parts) != 4 || parts[3] != "" {
			return person{}, fmt.Errorf("not a good token")
		}
		return person{parts[0], strings.Fields(parts[1]), strings.Fields(parts[2]), false}, nil
	})
	l.files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "file ", r.PathValue("path")) })
	books, files := oauth.Scope("books", "Books"), oauth.Scope("files", "Files")
	needed := []holdfast.Scope{}
	for _, one := range scopes {
		needed = append(needed, map[string]holdfast.Scope{"books": books, "files": files}[one])
	}
	holdfast.Get(l.app, "/books", holdfast.Security(l.who, books), done[person, holdfast.NoInput])
	holdfast.Delete(l.app, "/books", holdfast.AnyRole(l.who.Require(books), holdfast.NewRole("keeper", "")), done[person, holdfast.NoInput])
	l.guard = l.app.Guard("GET /files/{path...}", holdfast.Security(l.who, needed...), l.files)
	return l
}

// in mounts handlers beside the application.
func in(handlers map[string]http.Handler) holdfasttest.Option {
	return holdfasttest.Served(func(app http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", app)
		for pattern, h := range handlers {
			mux.Handle(pattern, h)
		}
		return mux
	})
}

// TestGuardedRoutesAreTested calls a route that the application does not serve,
// by itself and where it is mounted.
func TestGuardedRoutesAreTested(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("UPDATE_GOLDEN", "")
	l := newLibrary("files")
	file := filepath.Join(t.TempDir(), "matrix.txt")
	holdfasttest.Matrix(t, l.app, file, callers)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"GET /files/{path...}\tscope files\n    passes           everything, role keeper, all scopes but books, scope files alone\n",
		"    403 scope        nothing but a credential, scope books alone, all scopes but files\n",
	} {
		if !strings.Contains(string(data), line) {
			t.Errorf("the table has no %q:\n%s", line, data)
		}
	}
	for name, served := range map[string][]holdfasttest.Option{
		"by itself":                      {},
		"mounted under its pattern":      {in(map[string]http.Handler{"GET /files/{path...}": l.guard})},
		"mounted under any method":       {in(map[string]http.Handler{"/files/{path...}": l.guard})},
		"mounted behind something":       {in(map[string]http.Handler{"/files/{path...}": http.StripPrefix("", l.guard)})},
		"mounted, in several ways":       {in(map[string]http.Handler{"/files/{path...}": l.guard, "GET /files/{path...}": l.guard})},
		"mounted without a path's value": {in(map[string]http.Handler{"/files/": l.guard})},
	} {
		t.Run(name, func(t *testing.T) {
			options := append([]holdfasttest.Option{callers}, served...)
			holdfasttest.Matrix(t, l.app, file, options...)
			holdfasttest.Attack(t, l.app, file, options...)
		})
	}
	holdfasttest.Prove(t, l.app, "nothing under /files without scope files")
}

// TestHolesInGuards makes holes in how a guard is used, and sees them found.
func TestHolesInGuards(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("UPDATE_GOLDEN", "")
	good, open := newLibrary("files"), newLibrary()
	file := filepath.Join(t.TempDir(), "matrix.txt")
	holdfasttest.Matrix(t, good.app, file, callers)
	byMethod := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			good.guard.ServeHTTP(w, r)
			return
		}
		good.files.ServeHTTP(w, r)
	})
	for name, test := range map[string]struct {
		app            *holdfast.App
		served         []holdfasttest.Option
		matrix, attack string
	}{
		"the handler is mounted without its guard": {
			good.app,
			[]holdfasttest.Option{in(map[string]http.Handler{"GET /files/{path...}": good.files})},
			"called by nobody: another handler answered (200), and the application was not asked",
			"GET /files/{path...} by nobody, path with .json behind it: answered 200, and no policy was asked",
		},
		"the guard is another application's": {
			good.app,
			[]holdfasttest.Option{in(map[string]http.Handler{"GET /files/{path...}": open.guard})},
			"called by nothing but a credential: another handler answered (200), and the application was not asked",
			`GET /files/{path...} by everything: the plain request is answered "not reached 200", and the file says "passes"`,
		},
		"the guard is asked for one method only": {
			good.app,
			[]holdfasttest.Option{in(map[string]http.Handler{"/files/{path...}": byMethod})},
			"/files/{path...} is served by a handler that is no route of the application",
			"GET /files/{path...} by nobody, OPTIONS: answered 200, and no policy was asked",
		},
		"nothing mounts the guard": {
			good.app,
			[]holdfasttest.Option{in(nil)},
			"it came to the application, which leaves it to another router and answered 404: Served must mount what Guard returned",
			`GET /files/{path...} by everything: the plain request is answered "no route 404", and the file says "passes"`,
		},
		"the policy of the guard forgets its scope": {
			open.app,
			nil,
			`! GET /files/{path...} by scope books alone: was "403 scope", is "passes"`,
			`GET /files/{path...} by scope books alone: the plain request is answered "passes", and the file says "403 scope"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			matrix, attack := &listener{TB: t}, &listener{TB: t}
			holdfasttest.Matrix(matrix, test.app, file, append(test.served, callers)...)
			matrix.want(t, test.matrix)
			holdfasttest.Attack(attack, test.app, file, append(test.served, callers)...)
			attack.want(t, test.attack)
		})
	}
	l := &listener{TB: t}
	holdfasttest.Prove(l, open.app, "nothing under /files without scope books")
	l.want(t, "nothing under /files without scope books", "GET /files/{path...}: somebody with a credential of OAuth2PasswordBearer: may call")
	holdfasttest.Only(l, good.app, "GET /files/*", holdfast.NewRole("keeper", ""))
	l.want(t, "only role keeper may call GET /files/*", "GET /files/{path...}: somebody with scope files: may call")
}

// TestGoldenShowsGuards writes the files of an application with a guard.
func TestGoldenShowsGuards(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("UPDATE_GOLDEN", "1")
	holdfasttest.Golden(t, newLibrary("files").app)
	for file, want := range map[string]string{
		"testdata/access.txt":   "GET     /files/{path...}             scope files; another router serves it\n",
		"testdata/openapi.json": `"/files/{path}": {`,
	} {
		if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s has no %q: %v\n%s", file, want, err, data)
		}
	}
}

// TestACopyHasGuardsOfItsOwn calls a guarded route of a copy, and the handler
// that the original returned.
func TestACopyHasGuardsOfItsOwn(t *testing.T) {
	t.Parallel()
	l := newLibrary("files")
	copied := holdfasttest.With(l.app, holdfasttest.ReplaceValue(l.who, person{}))
	if got := holdfasttest.As(t, copied).Get("/files/a/b"); got.Status != http.StatusOK || got.Body != "file a/b" {
		t.Errorf("GET /files/a/b of the copy = %d %s, want 200 and the file: nobody verifies there", got.Status, got.Body)
	}
	if got := holdfasttest.As(t, l.app).Get("/files/a/b"); got.Status != http.StatusUnauthorized {
		t.Errorf("GET /files/a/b of the original = %d, want 401", got.Status)
	}
	if got := holdfasttest.As(t, l.app, callers, holdfasttest.User("amy")).Get("/files/a/b"); got.Status != http.StatusOK || got.Body != "file a/b" {
		t.Errorf("GET /files/a/b of the original as amy = %d %s, want 200 and the file", got.Status, got.Body)
	}
	w := httptest.NewRecorder()
	l.guard.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/files/a", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("GET of what Guard returned = %d, want 401: it is the original's", w.Code)
	}
	for name, app := range map[string]*holdfast.App{"the copy": copied, "the original": l.app} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/files/a", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("GET /files/a of %s itself = %d, want 404", name, w.Code)
		}
	}
}
