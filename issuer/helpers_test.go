package issuer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

const (
	home     = "https://id.example"
	audience = "shop"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// keys of all tests, under ids of their own.
var (
	first  = must(jwt.GenerateKey(jwt.EdDSA)).WithID("first")
	second = must(jwt.GenerateKey(jwt.EdDSA)).WithID("second")
)

// server is an issuer that answers in this process, as a Transport. What it
// publishes may change at any time.
type server struct {
	issuer string // what its document names

	mu     sync.Mutex
	keys   []jwt.Key
	header http.Header // added to the answer with the key set
	down   error
	reads  map[string]int // requests for each path

	// answer, if not nil, is asked first, and answers if it returns true.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func newServer(keys ...jwt.Key) *server {
	return &server{issuer: home, keys: keys, header: http.Header{}, reads: map[string]int{}}
}

// RoundTrip answers without a network, so that a test can own the time.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if down != nil {
		s.count(r)
		return nil, down
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func (s *server) count(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads[r.URL.Path]++
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(r)
	s.mu.Lock()
	answer, keys := s.answer, s.keys
	s.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": s.issuer, "jwks_uri": s.issuer + "/keys", "scopes_supported": []string{"openid"}})
	case "/keys":
		s.mu.Lock()
		maps.Copy(w.Header(), s.header)
		s.mu.Unlock()
		_, _ = w.Write(must(jwt.MarshalPublicSet(keys...)))
	default:
		http.NotFound(w, r)
	}
}

// set changes the server.
func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// readsOf is how often a path was asked for.
func (s *server) readsOf(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[path]
}

// config is for this server.
func (s *server) config() issuer.Config {
	return issuer.Config{Audience: audience, HTTP: issuer.HTTP{Transport: s}}
}

// discover finds the server, and closes the verifier at the test's end.
func discover(t testing.TB, config issuer.Config) *issuer.Verifier {
	t.Helper()
	v, err := issuer.Discover(t.Context(), home, config)
	if err != nil {
		t.Fatalf("Discover = %v, want nil", err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// token is an access token of the key's, good for 15 minutes from now.
func token(key jwt.Key) string { return tokenAt(key, time.Now()) }

func tokenAt(key jwt.Key, at time.Time) string {
	s := must(jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: home, Audience: []string{audience}, Now: func() time.Time { return at }}))
	return must(s.Sign(jwt.Claims{Subject: "ann", Scope: "books:read"}))
}

// custom is a token with the typ and claims as they are. "iss", "aud", "sub",
// "exp" and "iat" are those of a good token unless they are given; nil leaves
// one out.
func custom(key jwt.Key, typ string, claims map[string]any) string {
	now := time.Now()
	all := map[string]any{"iss": home, "aud": audience, "sub": "ann", "exp": now.Add(time.Minute).Unix(), "iat": now.Unix()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return must(jwt.SignJWS(key, typ, must(json.Marshal(all))))
}

// outcome says in a word what became of a token.
func outcome(err error) string {
	unavailable, ok := errors.AsType[*issuer.UnavailableError](err)
	switch {
	case err == nil:
		return "good"
	case ok && unavailable.RetryAfter() >= time.Second:
		return "unavailable"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "stopped"
	}
	return "refused"
}

func verify(t testing.TB, v interface {
	Verify(context.Context, string) (issuer.Claims, error)
}, token string,
) (issuer.Claims, error) {
	t.Helper()
	c, err := v.Verify(t.Context(), token)
	if err != nil && (c.Subject != "" || len(c.Scopes) > 0) {
		t.Errorf("Verify = %+v, %v, want nothing with an error", c, err)
	}
	return c, err
}

// contains reports whether an error's text has all the parts.
func contains(err error, parts ...string) bool {
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			return false
		}
	}
	return true
}

// forged says that it was signed with a key of the id, and was signed with none.
func forged(kid string) string {
	now := time.Now()
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))) }
	return part(map[string]string{"alg": "EdDSA", "typ": "at+jwt", "kid": kid}) + "." +
		part(map[string]any{"iss": home, "aud": audience, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix()}) + "." + strings.Repeat("A", 86)
}

// lines is what was logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// has reports whether one line has all the parts.
func (l *lines) has(parts ...string) bool {
	for line := range strings.Lines(strings.ReplaceAll(l.String(), `\"`, `"`)) {
		if contains(errors.New(line), parts...) {
			return true
		}
	}
	return false
}

// sleep is for time that a test owns.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // inside testing/synctest
