package openapitest

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// Application serves requests, and has a document.
type Application interface {
	http.Handler
	OpenAPI() ([]byte, error)
}

// Handler is an application whose answers are compared with its document: a
// success must be in it, and what is in it as JSON must fit. Errors that it does
// not have are the handlers' own.
func Handler(t testing.TB, app Application) http.Handler {
	t.Helper()
	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	d := Parse(t, data)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := httptest.NewRecorder()
		app.ServeHTTP(seen, r)
		d.compare(t, r, seen)
		for name, values := range seen.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(seen.Code)
		_, _ = w.Write(seen.Body.Bytes()) // a recorder takes everything
	})
}

// compare compares an answer with the document.
func (d *Document) compare(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	path := d.pathOf(r.Method, r.URL.EscapedPath())
	if path == "" {
		return
	}
	at := append(d.operation(path, r.Method), "responses")
	status := strconv.Itoa(w.Code)
	switch {
	case d.Has(append(at, status)...):
	case d.Has(append(at, "default")...):
		status = "default"
	case w.Code < http.StatusBadRequest:
		t.Errorf("%s %s = %d, which the document does not have", r.Method, path, w.Code)
		return
	default:
		return
	}
	kind, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
	said, _ := d.At(append(at, status, "content")...).(map[string]any)
	switch content, ok := said[kind].(map[string]any); {
	case !ok && w.Body.Len() > 0 && status != "default":
		t.Errorf("%s %s = %d with %s, which the document does not have", r.Method, path, w.Code, kind)
	case ok && content["schema"] != nil:
		if err := d.Schema(t, append(at, status, "content", kind, "schema")...).Check(w.Body.Bytes()); err != nil {
			t.Errorf("%s %s = %d %s does not fit the document: %v", r.Method, path, w.Code, w.Body, err)
		}
	}
}

// operation is where a path has its operation for a method; nil for nowhere.
func (d *Document) operation(path, method string) []string {
	for _, at := range [][]string{{"paths", path, strings.ToLower(method)}, {"paths", path, otherMethods, method}} {
		if d.Has(at...) {
			return at
		}
	}
	return nil
}

// pathOf finds the path of the document for that of a request: the one with the
// fewest wildcards.
func (d *Document) pathOf(method, path string) string {
	best := ""
	paths, _ := d.At("paths").(map[string]any)
	for template := range paths {
		if d.operation(template, method) == nil || !matches(template, path) {
			continue
		}
		if best == "" || strings.Count(template, "{") < strings.Count(best, "{") {
			best = template
		}
	}
	return best
}

func matches(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (got[i] == "" || !strings.HasPrefix(want[i], "{")) {
			return false
		}
	}
	return true
}
