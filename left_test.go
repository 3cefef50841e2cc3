package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// A caller who leaves before the answer is there is no failure of the server's:
// neither in the log nor in what is counted.
func TestACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]func(context.Context) error{
		"the handler gives up":               func(ctx context.Context) error { return ctx.Err() },
		"what it asks gives up":              func(ctx context.Context) error { return fmt.Errorf("ask: %w", ctx.Err()) },
		"it takes that for a store's outage": func(ctx context.Context) error { return &holdfast.Error{Status: 503, Cause: ctx.Err()} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			var seen holdfast.Observation
			app := holdfast.NewApp(holdfast.Config{
				Title: "Test", Version: "1", Logger: slog.New(slog.NewTextHandler(&log, nil)),
				Observe: func(string) func(holdfast.Observation) { return func(o holdfast.Observation) { seen = o } },
			})
			ctx, leave := context.WithCancel(t.Context())
			holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
				leave()
				<-ctx.Done()
				return "", failure(ctx)
			})
			w := httptest.NewRecorder()
			app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
			if w.Code != 499 || seen.Status != 499 || seen.Refusal != "left" || log.Len() > 0 {
				t.Errorf("status %d, observed %+v, logged %q; want 499, left, and nothing", w.Code, seen, &log)
			}
		})
	}
}

// What fails while its caller stays is a failure, also if something was given up.
func TestACallerWhoStays(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		return "", errors.Join(errors.New("disk on fire"), context.Canceled)
	})
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(log.String(), "disk on fire") {
		t.Errorf("status %d, logged %q; want 500 and the reason", w.Code, &log)
	}
}
