package identity

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheLogSaysWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve  http.HandlerFunc
		status int
	}{
		"nothing is 200":                 {func(http.ResponseWriter, *http.Request) {}, 200},
		"a body alone is 200":            {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, 200},
		"a status":                       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 404},
		"a status after early hints":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404},
		"the first of two":               {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(500) }, 404},
		"a status that comes in a panic": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); panic(http.ErrAbortHandler) }, 500},
	} {
		var out strings.Builder
		handler := logged(slog.New(slog.NewTextHandler(&out, nil)), 0, proxies{}, func(v *visit, r *http.Request) { test.serve(v, r) })
		w := httptest.NewRecorder()
		func() {
			defer func() { _ = recover() }()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/path?secret=x", nil))
		}()
		line := out.String()
		for _, want := range []string{
			"id=" + w.Header().Get("X-Request-Id") + " ", "method=GET ", "path=/path ", fmt.Sprintf("status=%d ", test.status), "from=192.0.2.1\n",
		} {
			if !strings.Contains(line, want) || w.Header().Get("X-Request-Id") == "" {
				t.Errorf("%s: the log has no %q: %s", name, want, line)
			}
		}
	}
}

// Of requests that succeed one of so many has a line; of those that do not, each has.
func TestALogOfSamplesHasEveryFailure(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	handler := logged(slog.New(slog.NewTextHandler(&out, nil)), 10, proxies{}, func(w *visit, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	for i := range 25 {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/good", nil))
		if i%5 == 0 {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/bad", nil))
		}
	}
	good, bad := strings.Count(out.String(), "path=/good"), strings.Count(out.String(), "path=/bad")
	if good != 3 || bad != 5 {
		t.Errorf("of 25 requests that succeed %d have a line, and of 5 that do not %d; want 3 and 5:\n%s", good, bad, &out)
	}
}

// Each request has an id of its own.
func TestIdsOfRequestsAreTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		id := newID()
		if seen[id] || len(id) != 26 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
			t.Fatalf("the id of a request is %q; had it before: %v", id, seen[id])
		}
		seen[id] = true
	}
}
