package host_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast/internal/host"
)

func TestRefusalsWithoutAnApplication(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		why         host.Refusal
		status      int
		body, allow string
	}{
		"nothing there":   {host.Refusal{}, 404, `{"detail":"Not Found"}`, ""},
		"another method":  {host.Refusal{Allow: []string{"GET", "HEAD"}}, 405, `{"detail":"Method Not Allowed"}`, "GET, HEAD"},
		"something broke": {host.Refusal{Cause: errors.New("the disk of db-7 is full")}, 500, "Internal Server Error\n", ""},
	} {
		w := httptest.NewRecorder()
		host.Refuse(w, httptest.NewRequest("GET", "/", nil), test.why)
		if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("Allow") != test.allow || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %q %v", name, w.Code, w.Body, w.Header())
		}
	}
}

// The innermost application answers, through the writer of what is between.
func TestTheInnermostApplicationRefuses(t *testing.T) {
	t.Parallel()
	says := func(name string) host.Refuser {
		return func(w http.ResponseWriter, _ host.Refusal) { w.Header().Set("By", name) }
	}
	r := host.Inside(host.Inside(httptest.NewRequest("GET", "/", nil), says("outer")), says("inner"))
	w := httptest.NewRecorder()
	if host.Refuse(w, r, host.Refusal{}); w.Header().Get("By") != "inner" {
		t.Errorf("answered by %q, want the inner one", w.Header().Get("By"))
	}
}
