package metrics_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/metrics"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Serve answers until its context ends, and then closes the listener.
func TestServe(t *testing.T) {
	t.Parallel()
	m, l := metrics.New(), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(ctx, l) }()
	for path, status := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != status || status == http.StatusOK && !strings.Contains(string(body), "holdfast_scheduling_delay_seconds") {
			t.Errorf("GET %s = %d, %v\n%.300s", path, resp.StatusCode, err, body)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v at the end of its context, want nil", err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("the listener is still open")
	}
	if err := m.Serve(ctx, listen(t)); err != nil {
		t.Errorf("Serve when it is over = %v, want nil", err)
	}
}

// A listener that breaks is an error: metrics are missing from then on.
func TestServeOnABrokenListener(t *testing.T) {
	t.Parallel()
	l := listen(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := metrics.New().Serve(t.Context(), l); err == nil {
		t.Error("Serve on a closed listener = nil")
	}
}
