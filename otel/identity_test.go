package otel_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/otel"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var auth = identity.NewScheme()

// opened is a program with users, on a store of its own.
func opened(t *testing.T) (*identity.Identity, *holdfast.App) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.Open(t.Context(), identity.Config{Scheme: auth, Store: store, URL: "http://127.0.0.1:8000", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = id.Close(), store.Close() })
	return id, id.NewApp(holdfast.Config{Title: "Notes", Version: "1.0.0"})
}

// A sign-in shows its transactions and its hash; and a check of a token that is
// remembered shows that there is no transaction.
func TestASignInShowsTheStoreAndTheHash(t *testing.T) {
	t.Parallel()
	id, app := opened(t)
	seen := tracetest.NewInMemoryExporter()
	otel.Observe(app, otel.Config{Traces: trace.NewTracerProvider(trace.WithSyncer(seen)), Metrics: metric.NewMeterProvider()})
	if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: "correct horse battery", Roles: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	h := id.Handler(app)
	call := func(method, path, token, body string) (*httptest.ResponseRecorder, string) {
		r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		seen.Reset()
		h.ServeHTTP(w, r)
		return w, draw(seen.GetSpans())
	}
	w, tree := call(http.MethodPost, "/token", "", "username=ann&password=correct+horse+battery&scope=me")
	if w.Code != http.StatusOK {
		t.Fatalf("POST /token = %d %s", w.Code, w.Body)
	}
	for _, line := range []string{"\n  handler", "\n    store read", "\n    store count", "\n    lane hash lane.wait", "\n    store write"} {
		if !strings.Contains(tree, line) {
			t.Errorf("the spans of a sign-in have no %q:\n%s", strings.TrimSpace(line), tree)
		}
	}
	_, token, _ := strings.Cut(w.Body.String(), `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	_, _ = call(http.MethodGet, "/users/me", token, "")
	w, tree = call(http.MethodGet, "/users/me", token, "")
	if w.Code != http.StatusOK || !strings.Contains(tree, "\n    verify ") {
		t.Errorf("GET /users/me = %d %s, with the spans\n%s", w.Code, w.Body, tree)
	}
	decides, _, _ := strings.Cut(tree, "\n  handler")
	if strings.Contains(decides, "store") {
		t.Errorf("a token that was checked before is checked by a transaction:\n%s", tree)
	}
}
