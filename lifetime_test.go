package holdfast_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// pool is something that is opened once and closed at the end.
type pool struct{ open, closed int }

func (p *pool) dep(fail *error) holdfast.Dep[*pool] {
	return holdfast.Lifetime(func(ctx context.Context) (*pool, error) {
		p.open++
		holdfast.Defer(ctx, func(context.Context, error) error { p.closed++; return nil })
		if fail != nil && *fail != nil {
			return nil, *fail
		}
		return p, nil
	})
}

func pooled(dep holdfast.Dep[*pool]) *holdfast.App {
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(dep), func(_ context.Context, p *pool, _ holdfast.NoInput) (int, error) { return p.open, nil })
	holdfast.Get(app, "/other", holdfast.Security(dep), func(_ context.Context, p *pool, _ holdfast.NoInput) (int, error) { return p.open, nil })
	return app
}

func TestALifetimeDependencyIsMadeOnce(t *testing.T) {
	t.Parallel()
	var p pool
	app := pooled(p.dep(nil))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for _, path := range []string{"/", "/other"} {
				if w := send(app, path, ""); w.Code != http.StatusOK {
					t.Errorf("GET %s = %d", path, w.Code)
				}
			}
		})
	}
	all.Wait()
	if p.open != 1 || p.closed != 0 {
		t.Errorf("opened %d times, closed %d times, want once and not yet", p.open, p.closed)
	}
	for range 2 {
		if err := app.Close(); err != nil || p.closed != 1 {
			t.Errorf("Close() = %v after %d closes, want nil after one", err, p.closed)
		}
	}
}

func TestStartMakesWhatLasts(t *testing.T) {
	t.Parallel()
	var p pool
	app := pooled(p.dep(nil))
	if err := app.Start(t.Context()); err != nil || p.open != 1 {
		t.Errorf("Start() = %v, opened %d times, want nil, once", err, p.open)
	}
}

func TestWhatCannotBeMadeIsTriedAgain(t *testing.T) {
	t.Parallel()
	var p pool
	fail := errors.New("no database")
	app := pooled(p.dep(&fail))
	if err := app.Start(t.Context()); !errors.Is(err, fail) || p.closed != 1 {
		t.Errorf("Start() = %v, closed %d times, want the error, once", err, p.closed)
	}
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("GET / = %d, want 500", w.Code)
	}
	fail = nil
	if w := send(app, "/", ""); w.Code != http.StatusOK {
		t.Errorf("GET / = %d %s, want 200 once the database is there", w.Code, w.Body)
	}
	if p.open != 3 || p.closed != 2 {
		t.Errorf("opened %d times, closed %d times, want 3 and 2", p.open, p.closed)
	}
}

// What a request's end does to its context must not reach what outlives it.
func TestWhatLastsOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	var kept context.Context
	dep := holdfast.Lifetime(func(ctx context.Context) (*pool, error) { kept = ctx; return &pool{}, nil })
	app := pooled(dep)
	ctx, cancel := context.WithCancel(t.Context())
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	cancel()
	if w.Code != http.StatusOK || kept.Err() != nil {
		t.Errorf("GET / = %d, what lasts ended with the request: %v", w.Code, kept.Err())
	}
}

// What lasts knows what the start of the application knew, and keeps nothing of
// the request that first needed it.
func TestWhatLastsHasTheValuesOfTheStart(t *testing.T) {
	t.Parallel()
	type key struct{}
	for name, test := range map[string]struct {
		start bool
		want  any
	}{
		"made at the start":     {true, "start"},
		"made for some request": {false, nil},
	} {
		var kept context.Context
		app := pooled(holdfast.Lifetime(func(ctx context.Context) (*pool, error) { kept = ctx; return &pool{}, nil }))
		if test.start {
			if err := app.Start(context.WithValue(t.Context(), key{}, "start")); err != nil {
				t.Fatal(err)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		app.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithValue(r.Context(), key{}, "request")))
		if got := kept.Value(key{}); got != test.want {
			t.Errorf("%s: its context has %v, want %v", name, got, test.want)
		}
	}
}

func TestCloseSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	dep := holdfast.Lifetime(func(ctx context.Context) (*pool, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return errors.New("still busy") })
		holdfast.Defer(ctx, func(context.Context, error) error { panic("worse") })
		return &pool{}, nil
	})
	app := pooled(dep)
	send(app, "/", "")
	if err := app.Close(); err == nil || !strings.Contains(err.Error(), "still busy") || !strings.Contains(err.Error(), "worse") {
		t.Errorf("Close() = %v, want both", err)
	}
}

// Who waits for something that does not come leaves in time.
func TestWhoWaitsForALifetimeLeavesInTime(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	dep := holdfast.Lifetime(func(context.Context) (int, error) {
		close(entered)
		<-release
		return 1, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(dep), shown[int])
	first := make(chan int)
	go func() { first <- send(app, "/", "").Code }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET / = %d, want 503", w.Code)
	}
	close(release)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first GET / = %d, want 200", code)
	}
}
