package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// collector is where OTLP is sent to.
type collector struct {
	mu   sync.Mutex
	sent map[string]string // by path
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	text, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[r.URL.Path] += string(text)
}

// The server serves, and when it is told to stop everything has arrived at the
// collector that OpenTelemetry's variable names.
func TestTheServerTellsACollector(t *testing.T) {
	seen := &collector{sent: map[string]string{}}
	at := httptest.NewServer(seen)
	t.Cleanup(at.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", at.URL)
	out, said := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var log bytes.Buffer
	go func() {
		args := []string{"-addr", "127.0.0.1:0", "-db", filepath.Join(t.TempDir(), "test.db"), "-log-json"}
		done <- run(ctx, args, func(string) string { return "" }, said, &log)
		_ = said.Close()
	}()
	url := listens(t, out)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string][]string{
		"/v1/traces":  {"GET /users/me", "policy", "no credential"},
		"/v1/metrics": {"http.server.request.duration", "holdfast.decisions", "/users/me"},
	} {
		for _, word := range words {
			if !strings.Contains(seen.sent[path], word) {
				t.Errorf("%s was not told of %q", path, word)
			}
		}
	}
	if !strings.Contains(log.String(), `"msg":"request"`) {
		t.Errorf("the log is no JSON:\n%s", &log)
	}
}

// listens reads where the server is, and goes on reading.
func listens(t *testing.T, out io.Reader) string {
	t.Helper()
	var text []byte
	for wanted := regexp.MustCompile(`(?m)^  Listens (\S+)\n`); ; {
		more := make([]byte, 1024)
		n, err := out.Read(more)
		text = append(text, more[:n]...)
		if m := wanted.FindSubmatch(text); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }() // to its end
			return "http://" + string(m[1])
		}
		if err != nil {
			t.Fatalf("the server has ended: %v\n%s", err, text)
		}
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"a duration that is none":           {"-drain", "soon"},
		"a flag that is none":               {"-nonsense"},
		"a master key that is not there":    {"-master-key-file", filepath.Join(t.TempDir(), "none")},
		"an address that is none":           {"-addr", "nonsense"},
		"a database that cannot be reached": {"-addr", "127.0.0.1:0", "-db", "postgres://127.0.0.1:1/none"},
	} {
		if err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
