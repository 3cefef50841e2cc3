package conns_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/internal/conns"
)

// Over HTTP/2 one connection has many requests at once, and a peer no more of them
// than it may have connections.
func TestRequestsOverHTTP2AreBounded(t *testing.T) {
	t.Parallel()
	const each = 3
	working, let := make(chan struct{}), make(chan struct{})
	b := conns.New(conns.Config{Most: 10, Each: each})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		working <- struct{}{}
		<-let
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.Listener = b.Listen(s.Listener)
	b.Attach(s.Config)
	s.StartTLS()
	t.Cleanup(s.Close)
	var all sync.WaitGroup
	get := func() (int, string, http.Header) {
		resp, err := s.Client().Get(s.URL) //nolint:noctx // of a test
		if err != nil {
			t.Error(err)
			return 0, "", nil
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text), resp.Header
	}
	for range each {
		all.Go(func() {
			if status, text, _ := get(); status != http.StatusOK || text != "HTTP/2.0" {
				t.Errorf("GET = %d %s", status, text)
			}
		})
		<-working
	}
	status, text, header := get()
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "1" || !strings.Contains(text, `"detail"`) {
		t.Errorf("one more = %d %s, %v, want 503 with Retry-After", status, text, header)
	}
	close(let)
	all.Wait()
	all.Go(func() {
		if status, _, _ := get(); status != http.StatusOK {
			t.Errorf("afterwards = %d", status)
		}
	})
	<-working
	all.Wait()
	if got := b.Stats(); got.Open != 1 {
		t.Errorf("Stats = %+v, want one connection", got)
	}
}
