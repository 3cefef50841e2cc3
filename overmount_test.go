package holdfast_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/static"
)

// clinic is an application with a page for everything that it has no route for.
func clinic(config holdfast.Config) *holdfast.App {
	app := holdfast.NewApp(config)
	s := newShop()
	holdfast.Post(app, "/clinic/appointments", holdfast.Security(s.user), nothing)
	holdfast.Get(app, "/pets", holdfast.Public(), nothing)
	holdfast.Get(app, "/pets/{id}", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in itemID) (int, error) { return in.ID, nil })
	holdfast.Get(app, "/files/{path...}", holdfast.Public(), nothing)
	holdfast.Get(app, "/slashed/", holdfast.Public(), nothing)
	app.Mount("/legacy", holdfast.Security(s.user), echo)
	app.Mount("/", holdfast.Public(), static.SPA(fstest.MapFS{
		"index.html": {Data: []byte("<h1>clinic</h1>")}, "app.js": {Data: []byte("js")}, "pets": {Data: []byte("a file")},
	}))
	return app
}

// The pattern that says the most decides, whatever the method: what is mounted at
// the root takes neither the 405 nor the redirect of a route.
func TestRoutesKeepTheirMissesBesideAMount(t *testing.T) {
	t.Parallel()
	app := clinic(holdfast.Config{Title: "Clinic", Version: "1", Logger: slog.New(slog.DiscardHandler)})
	const page, json = "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"
	const missing, method = `{"detail":"Not Found"}`, `{"detail":"Method Not Allowed"}`
	for name, test := range map[string]struct {
		method, target, accept, token string
		status                        int
		body, allow, location         string
	}{
		"a route for another method":            {"DELETE", "/clinic/appointments", "*/*", "", 405, method, "POST", ""},
		"a page of a route for another method":  {"GET", "/clinic/appointments", page, "", 405, method, "POST", ""},
		"a route that is public":                {"POST", "/pets", "*/*", "", 405, method, "GET, HEAD", ""},
		"a route with a wildcard":               {"PUT", "/pets/7", "*/*", "", 405, method, "GET, HEAD", ""},
		"OPTIONS":                               {"OPTIONS", "/pets", "*/*", "", 405, method, "GET, HEAD", ""},
		"a method that nobody knows":            {"PURGE", "/pets", "*/*", "", 405, method, "GET, HEAD", ""},
		"a route that takes the rest":           {"POST", "/files/a/b", "*/*", "", 405, method, "GET, HEAD", ""},
		"the route itself":                      {"GET", "/pets", page, "", 200, `"ok"`, "", ""},
		"a slash too many":                      {"GET", "/pets/?q=1", page, "", 307, "", "", "/pets?q=1"},
		"a slash too many, for another method":  {"POST", "/pets/", "*/*", "", 307, "", "", "/pets"},
		"a slash too few":                       {"GET", "/slashed", page, "", 307, "", "", "/slashed/"},
		"the page of the documentation, too":    {"GET", "/docs/", page, "", 307, "", "", "/docs"},
		"the prefix of a mount that says more":  {"GET", "/legacy", page, "", 307, "", "", "/legacy/"},
		"a mount that says more":                {"PURGE", "/legacy/a", "*/*", "amy::", 200, "PURGE /a raw= rest=a", "", ""},
		"its policy":                            {"PURGE", "/legacy/a", "*/*", "", 401, "", "", ""},
		"its policy, by another writing":        {"GET", "/%6cegacy/a", page, "", 401, "", "", ""},
		"its policy, whatever lies behind":      {"GET", "/legacy/pets", page, "", 401, "", "", ""},
		"the policy of a route":                 {"POST", "/clinic/appointments", "*/*", "", 401, "", "", ""},
		"a page of the application":             {"GET", "/clinic/rooms", page, "", 200, "<h1>clinic</h1>", "", ""},
		"a page for curl is no page":            {"GET", "/clinic/rooms", "*/*", "", 404, missing, "", ""},
		"a page for a script is no page":        {"GET", "/clinic/rooms", json, "", 404, missing, "", ""},
		"a page for who says nothing is none":   {"GET", "/clinic/rooms", "", "", 404, missing, "", ""},
		"a misspelt path":                       {"POST", "/clinic/apointments", "*/*", "", 404, missing, "", ""},
		"the front page is a file":              {"GET", "/", "*/*", "", 200, "<h1>clinic</h1>", "", ""},
		"a method of a file":                    {"PUT", "/app.js", "*/*", "", 405, method, "GET, HEAD", ""},
		"a file":                                {"GET", "/app.js", "*/*", "", 200, "js", "", ""},
		"an encoded slash is not that of a way": {"GET", "/clinic%2fappointments", "*/*", "", 404, missing, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := asked(app, test.method, test.target, test.accept, test.token)
			if w.Code != test.status || test.body != "" && w.Body.String() != test.body ||
				w.Header().Get("Allow") != test.allow || w.Header().Get("Location") != test.location {
				t.Errorf("%s %s = %d %s %v, want %d %s, Allow %q, Location %q",
					test.method, test.target, w.Code, w.Body, w.Header(), test.status, test.body, test.allow, test.location)
			}
		})
	}
}

func asked(h http.Handler, method, target, accept, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A route for all paths below a mount says no more than the mount does: the
// methods that it has not are the mount's.
func TestARouteForAllPathsLeavesTheOtherMethodsToAMount(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/x/{rest...}", holdfast.Public(), nothing)
	holdfast.Delete(app, "/x/a", holdfast.Public(), nothing)
	app.Mount("/x", holdfast.Public(), echo)
	for target, want := range map[string]string{"GET /x/b": `"ok"`, "POST /x/b": "POST /b raw= rest=b", "PUT /x/a": `{"detail":"Method Not Allowed"}`, "GET /x/a": `"ok"`} {
		method, path, _ := strings.Cut(target, " ")
		if w := at(t, app, method, path, ""); w.Body.String() != want {
			t.Errorf("%s = %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
	if got := at(t, app, "PUT", "/x/a", "").Header().Get("Allow"); got != "DELETE, GET, HEAD" {
		t.Errorf("Allow = %q, want what the path answers", got)
	}
}

// What is mounted refuses in the shape that the application, or the mount, has
// chosen for errors.
func TestAMountedFolderRefusesAsItsApplicationDoes(t *testing.T) {
	t.Parallel()
	type failure struct {
		Code string `json:"code"`
		Path string `json:"path"`
	}
	house := answer.Shape("application/json", func(r *http.Request, f answer.Failure) failure { return failure{f.Reason, r.URL.Path} })
	files := fstest.MapFS{"a.txt": {Data: []byte("a")}}
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler), Errors: holdfast.Errors{Format: house}})
	app.Mount("/files", holdfast.Public(), static.Files(files))
	behind := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		static.SPA(files).ServeHTTP(w, r)
	})
	app.Mount("/wrapped", holdfast.Public(), behind)
	app.Mount("/problems", holdfast.Public(), static.Files(files), holdfast.AnswerErrors(holdfast.Errors{Format: answer.Problem()}))
	inner := quiet()
	inner.Mount("/files", holdfast.Public(), static.Files(files))
	app.Mount("/inner", holdfast.Public(), inner)
	for target, want := range map[string]struct {
		status      int
		kind, body  string
		allow, rule string
	}{
		"GET /files/b.txt":       {404, "application/json", `{"code":"no route","path":"/files/b.txt"}`, "", ""},
		"PUT /files/a.txt":       {405, "application/json", `{"code":"no route","path":"/files/a.txt"}`, "GET, HEAD", ""},
		"GET /wrapped/b.txt":     {404, "application/json", `{"code":"no route","path":"/wrapped/b.txt"}`, "", "default-src 'self'"},
		"GET /problems/b.txt":    {404, "application/problem+json", `{"detail":"Not Found","status":404,"title":"Not Found","type":"about:blank"}`, "", ""},
		"GET /inner/files/b.txt": {404, "application/json", `{"detail":"Not Found"}`, "", ""},
		"GET /files/a.txt":       {200, "text/plain; charset=utf-8", "a", "", ""},
	} {
		method, path, _ := strings.Cut(target, " ")
		w := at(t, app, method, path, "")
		h := w.Header()
		if w.Code != want.status || h.Get("Content-Type") != want.kind || w.Body.String() != want.body || h.Get("Allow") != want.allow || h.Get("Content-Security-Policy") != want.rule {
			t.Errorf("%s = %d %s %v, want %+v", target, w.Code, w.Body, h, want)
		}
	}
}
