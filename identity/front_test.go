package identity

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, app := opened(t, Config{Store: store})
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for path, want := range map[string]string{"/healthz": `{"status":"ok"}`, "/readyz": `{"status":"ready"}`} {
		if w := ask(path); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("GET %s = %d %s, want 200 %s", path, w.Code, w.Body, want)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if w := ask("/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz without a store = %d %s, want 503", w.Code, w.Body)
	}
	if w := ask("/healthz"); w.Code != http.StatusOK {
		t.Errorf("GET /healthz without a store = %d %s, want 200", w.Code, w.Body)
	}
}

// A server that cannot hear of changes decides from the store, and says so.
func TestReadyAndDeaf(t *testing.T) {
	t.Parallel()
	day := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	var later atomic.Int64 // keys are maintained in the background, by the same clock
	store, seen := &mute{Store: memory.New()}, metrics.New()
	_, app := opened(t, Config{Store: store, Metrics: seen, Now: func() time.Time { return day.Add(time.Duration(later.Load())) }})
	for _, test := range []struct {
		deaf          bool
		ready, metric string
	}{
		{false, `{"status":"ready"}`, `holdfast_changes_deaf{of="callers"} 0`},
		{true, `{"status":"ready","changes":"not heard, so every request asks the store"}`, `holdfast_changes_deaf{of="callers"} 1`},
		{false, `{"status":"ready"}`, `holdfast_changes_deaf{of="callers"} 0`},
	} {
		store.on.Store(test.deaf)
		later.Add(int64(time.Second))
		ask := func(h http.Handler, path, want string) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("deaf is %v: GET %s = %d %s, want 200 with %s", test.deaf, path, w.Code, w.Body, want)
			}
		}
		ask(app, "/readyz", test.ready)
		ask(seen.Handler(), "/metrics", test.metric)
	}
}

// mute is a store whose log of changes cannot be read while it is on.
type mute struct {
	*memory.Store
	on atomic.Bool
}

func (m *mute) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	if m.on.Load() {
		return account.ChangePage{}, errAway
	}
	return m.Store.Changes(ctx, after)
}

func TestWhoSentARequest(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"10.0.0.0/8", "192.0.2.7", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		peer, forwarded, want string
	}{
		"nobody forwarded":                    {"203.0.113.9:1", "", "203.0.113.9"},
		"a stranger's word":                   {"203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
		"a proxy's word":                      {"10.1.1.1:1", "203.0.113.9", "203.0.113.9"},
		"a proxy without a word":              {"10.1.1.1:1", "", "10.1.1.1"},
		"two proxies":                         {"10.1.1.1:1", "203.0.113.9, 192.0.2.7", "203.0.113.9"},
		"a stranger's word through a proxy":   {"10.1.1.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		"a proxy's word that is none":         {"10.1.1.1:1", "<script>", ""},
		"a proxy that does not know":          {"10.1.1.1:1", "203.0.113.9, unknown", ""},
		"a stranger's word that is none":      {"10.1.1.1:1", "<script>, 203.0.113.9", "203.0.113.9"},
		"a stranger's quotation mark":         {"10.1.1.1:1", `", 203.0.113.9`, "203.0.113.9"},
		"a proxy that writes ports":           {"10.1.1.1:1", "203.0.113.9:40123", "203.0.113.9"},
		"two proxies that write ports":        {"10.1.1.1:1", "203.0.113.9:1, 10.2.2.2:443", "203.0.113.9"},
		"a proxy that writes brackets":        {"10.1.1.1:1", "[2001:db8::5]:4711", "2001:db8::5"},
		"only proxies":                        {"10.1.1.1:1", "10.2.2.2", "10.2.2.2"},
		"a proxy on IPv6":                     {"[fd00::1]:1", "2001:db8::5", "2001:db8::5"},
		"a proxy on IPv6 that speaks of IPv4": {"[::ffff:10.1.1.1]:1", "203.0.113.9", "203.0.113.9"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := trusted.peerOf(r).source; got != test.want {
			t.Errorf("%s: client = %s, want %s", name, got, test.want)
		}
	}
}

// Guesses are counted for the address that a trusted proxy names, and for no other's
// word.
func TestWhoGuesses(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{TrustedProxies: []string{"10.0.0.1"}})
	handler := id.Handler(app)
	guess := func(peer, forwarded string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/setup", strings.NewReader("secret=x&name=anna&password=correct+horse+battery"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for i := range 100 {
		peer, forwarded := "10.0.0.1:1", "203.0.113.9"
		if i%2 == 0 {
			peer, forwarded = "203.0.113.9:1", fmt.Sprintf("192.0.2.%d", i) // its own word
		}
		if w := guess(peer, forwarded); w.Code != http.StatusForbidden {
			t.Fatalf("guess %d = %d", i, w.Code)
		}
	}
	w := guess("10.0.0.1:1", "203.0.113.9")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "too many attempts from your address") {
		t.Errorf("one more = %d, Retry-After %q, want 429", w.Code, w.Header().Get("Retry-After"))
	}
	if w := guess("10.0.0.1:1", "203.0.113.10"); w.Code != http.StatusForbidden {
		t.Errorf("from another address = %d, want 403", w.Code)
	}
}

// However a proxy writes its callers, each is counted alone; where it cannot be
// read who they are, they are not taken for one, and the log says so once.
func TestCallersAsProxiesWriteThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header, form string
		warnings     int
	}{
		"an address and a port":      {"X-Forwarded-For", "198.51.100.%d:40123", 0},
		"an address in brackets":     {"X-Forwarded-For", "[2001:db8:0:%x::1]:4711", 0},
		"RFC 7239":                   {"Forwarded", `for="[2001:db8:0:%x::1]:4711";proto=https`, 0},
		"something that is no name":  {"X-Forwarded-For", "caller-%d", 1},
		"a name that hides them all": {"Forwarded", "for=unknown;by=_%d", 1},
	} {
		var log bytes.Buffer
		id, app := opened(t, Config{TrustedProxies: []string{"10.0.0.1"}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		handler := id.Handler(app)
		for i := range 120 { // one address has 100
			r := httptest.NewRequest(http.MethodPost, "/setup", strings.NewReader("secret=x&name=anna&password=correct+horse+battery"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(test.header, fmt.Sprintf(test.form, i))
			r.RemoteAddr = "10.0.0.1:1"
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden {
				t.Errorf("%s: caller %d = %d, want 403", name, i, w.Code)
				break
			}
		}
		if got := strings.Count(log.String(), "level=WARN"); got != test.warnings {
			t.Errorf("%s: %d warnings, want %d:\n%s", name, got, test.warnings, &log)
		}
	}
}

func TestPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{CORSOrigins: []string{"https://app.example.org"}})
	closed, _ := opened(t, Config{})
	handler := id.Handler(app)
	for name, test := range map[string]struct {
		handler http.Handler
		origin  string
		want    string
	}{
		"none are allowed by default": {closed.Handler(app), "https://app.example.org", ""},
		"the one that was given":      {handler, "https://app.example.org", "https://app.example.org"},
		"another":                     {handler, "https://evil.example.org", ""},
		"one that looks like it":      {handler, "https://app.example.org.evil.example", ""},
	} {
		r := httptest.NewRequest(http.MethodOptions, "/users/me", nil)
		r.Header.Set("Origin", test.origin)
		r.Header.Set("Access-Control-Request-Method", http.MethodGet)
		r.Header.Set("Access-Control-Request-Headers", "authorization")
		w := httptest.NewRecorder()
		test.handler.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.want || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: Access-Control-Allow-Origin = %q, want %q", name, got, test.want)
		}
	}
}
