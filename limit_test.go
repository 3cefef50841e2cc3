package holdfast_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

// named is a principal that is its credential.
type named string

func (named) HasScope(string) bool { return true }

func (n named) HasRole(string) bool { return n == "admin" }

type wanted struct {
	N int `query:"n"`
}

// bounded is an application with one route that has bounds. The handler does
// what the test says.
func bounded(t *testing.T, do func(context.Context) error, options ...holdfast.RouteOption) *holdfast.App {
	t.Helper()
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Logger: slog.New(slog.DiscardHandler)})
	caller := holdfast.Verify(holdfast.HTTPBearer(), func(_ context.Context, token string) (named, error) {
		if token == "full" {
			return "", work.ErrBusy
		}
		return named(token), nil
	})
	handler := func(ctx context.Context, _ named, _ wanted) (string, error) { return "done", do(ctx) }
	holdfast.Get(app, "/work", holdfast.AnyRole(caller, holdfast.NewRole("admin", "")), handler, options...)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	return app
}

func askWork(ctx context.Context, app http.Handler, token, query string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/work"+query, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

func doNothing(context.Context) error { return nil }

// With the only slot taken, those who may not call are told so, those who may
// are told to come again, and only a caller takes a slot.
func TestALimitIsForThoseWhoMayCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		app := bounded(t, func(context.Context) error { <-release; return nil }, holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: 1}))
		answers := make(chan int, 2)
		for range 2 { // one works, one waits
			go func() { answers <- askWork(t.Context(), app, "admin", "").Code }()
		}
		synctest.Wait()
		for name, test := range map[string]struct {
			token, query string
			want         int
		}{
			"nobody":                      {"", "", 401},
			"a caller without the role":   {"bob", "", 403},
			"a caller with bad input":     {"admin", "?n=x", 422},
			"a caller who may":            {"admin", "", 503},
			"a caller nobody can look at": {"full", "", 503},
		} {
			w := askWork(t.Context(), app, test.token, test.query)
			if w.Code != test.want || (w.Code == 503) != (w.Header().Get("Retry-After") == "1") {
				t.Errorf("%s: %d %v, want %d", name, w.Code, w.Header(), test.want)
			}
		}
		close(release)
		if a, b := <-answers, <-answers; a != 200 || b != 200 {
			t.Errorf("who worked and who waited got %d and %d, want 200", a, b)
		}
	})
}

// However a request ends, its slot is free for the next.
func TestASlotComesBack(t *testing.T) {
	t.Parallel()
	lane := work.NewLane(work.Config{Workers: 1, Queue: -1})
	for name, do := range map[string]func(context.Context) error{
		"an error": func(context.Context) error { return errors.New("no") },
		"a panic":  func(context.Context) error { panic("no") },
		"an abort": func(context.Context) error { panic(http.ErrAbortHandler) },
		"an exit":  func(context.Context) error { runtime.Goexit(); return nil },
		"a deferred panic": func(ctx context.Context) error {
			holdfast.Defer(ctx, func(context.Context, error) error { panic("no") })
			return nil
		},
	} {
		ended := false
		app := bounded(t, func(ctx context.Context) error {
			if ended {
				return nil
			}
			return do(ctx)
		}, holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: 0}), holdfast.InLane(lane))
		gone := make(chan any)
		go func() {
			defer func() { gone <- recover() }()
			askWork(t.Context(), app, "admin", "")
		}()
		if cause := <-gone; (cause == http.ErrAbortHandler) != (name == "an abort") { //nolint:errorlint // a panic's value
			t.Errorf("%s: the request panicked with %v", name, cause)
		}
		ended = true
		if w := askWork(t.Context(), app, "admin", ""); w.Code != 200 {
			t.Errorf("after %s: %d %s, want 200", name, w.Code, w.Body)
		}
	}
}

// What the handler deferred, such as the commit of a transaction, belongs to
// its work and has the slot.
func TestASlotIsHeldUntilWhatWasDeferredIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		committing := make(chan struct{})
		app := bounded(t, func(ctx context.Context) error {
			holdfast.Defer(ctx, func(context.Context, error) error { <-committing; return nil })
			return nil
		}, holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: 0}))
		first := make(chan int)
		go func() { first <- askWork(t.Context(), app, "admin", "").Code }()
		synctest.Wait()
		if w := askWork(t.Context(), app, "admin", ""); w.Code != 503 {
			t.Errorf("while the first commits: %d, want 503", w.Code)
		}
		close(committing)
		if got := <-first; got != 200 {
			t.Errorf("the first got %d, want 200", got)
		}
	})
}

func TestAHandlerRunsInItsLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lane := work.NewLane(work.Config{Workers: 1, Queue: -1})
		app := bounded(t, func(context.Context) error { time.Sleep(time.Second); return nil }, holdfast.InLane(lane)) //nolint:forbidigo // inside testing/synctest
		first := make(chan int)
		go func() { first <- askWork(t.Context(), app, "admin", "").Code }()
		synctest.Wait()
		if s := lane.Stats(); s.Running != 1 {
			t.Errorf("%d run in the lane, want 1", s.Running)
		}
		if w := askWork(t.Context(), app, "admin", ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("with the lane full: %d %v, want 503 with Retry-After", w.Code, w.Header())
		}
		if w := askWork(t.Context(), app, "bob", ""); w.Code != 403 {
			t.Errorf("a caller who may not, with the lane full: %d, want 403", w.Code)
		}
		if got := <-first; got != 200 {
			t.Errorf("the first got %d, want 200", got)
		}
	})
}

// A timeout holds for the work and for the waiting before it.
func TestATimeoutHoldsForWaitingToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := bounded(t, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			holdfast.Timeout(time.Second), holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: 1}))
		answers := make(chan int)
		start := time.Now()
		for range 2 {
			go func() { answers <- askWork(t.Context(), app, "admin", "").Code }()
		}
		if a, b := <-answers, <-answers; a != 503 || b != 503 || time.Since(start) != time.Second {
			t.Errorf("%d and %d after %v, want 503 after a second", a, b, time.Since(start))
		}
		quick := bounded(t, doNothing, holdfast.Timeout(time.Second))
		if w := askWork(t.Context(), quick, "admin", ""); w.Code != 200 {
			t.Errorf("a quick handler: %d, want 200", w.Code)
		}
	})
}

func TestBoundsAreDocumented(t *testing.T) {
	t.Parallel()
	lane := work.NewLane(work.Config{})
	for name, test := range map[string]struct {
		options []holdfast.RouteOption
		want    bool
	}{
		"none":    {nil, false},
		"Limit":   {[]holdfast.RouteOption{holdfast.Limit(holdfast.AtOnce{Requests: 2, Queue: 3})}, true},
		"InLane":  {[]holdfast.RouteOption{holdfast.InLane(lane)}, true},
		"Timeout": {[]holdfast.RouteOption{holdfast.Timeout(time.Second)}, true},
	} {
		app := bounded(t, doNothing, test.options...)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
		if got := strings.Contains(w.Body.String(), `"503"`); got != test.want {
			t.Errorf("%s: the document has a 503: %v, want %v", name, got, test.want)
		}
		if got := strings.Contains(w.Body.String(), `"Retry-After"`); got != (test.want && name != "Timeout") {
			t.Errorf("%s: the document has Retry-After: %v", name, got)
		}
	}
}

func TestBoundsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]holdfast.RouteOption{
		"Limit wants at least one":   holdfast.Limit(holdfast.AtOnce{Requests: 0, Queue: 1}),
		"no negative queue":          holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: -1}),
		"InLane wants a lane":        holdfast.InLane(nil),
		"Timeout wants more than no": holdfast.Timeout(0),
	} {
		app := holdfast.New("Test", "1")
		holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil }, option)
		if err := app.Err(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "limit_test.go:") {
			t.Errorf("Err() = %v, want it to say where, and %q", err, name)
		}
	}
}

// Every request that begins is seen to end, with its status and the reason of
// its refusal.
func TestObserve(t *testing.T) {
	t.Parallel()
	type seen struct {
		route string
		holdfast.Observation
	}
	var got []seen
	var begun int
	app := holdfast.NewApp(holdfast.Config{
		Title: "Test", Version: "1", Logger: slog.New(slog.DiscardHandler),
		Observe: func(route string) func(holdfast.Observation) {
			begun++
			return func(o holdfast.Observation) { got = append(got, seen{route, o}) }
		},
	})
	caller := holdfast.Verify(holdfast.HTTPBearer(), func(_ context.Context, token string) (named, error) {
		switch token {
		case "bad":
			return "", errors.New("bad")
		case "full":
			return "", work.ErrBusy
		}
		return named(token), nil
	})
	admin := holdfast.AnyRole(caller, holdfast.NewRole("admin", ""))
	handler := func(_ context.Context, _ named, in wanted) (string, error) {
		switch in.N {
		case 1:
			return "", holdfast.Errorf(404, "none")
		case 2:
			panic("no")
		case 3:
			return "", context.DeadlineExceeded
		case 4:
			return "", errors.New("broken")
		}
		return "fine", nil
	}
	holdfast.Get(app, "/work", admin, handler)
	app.Handle("GET /raw/{x}", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		if r.PathValue("x") == "text" {
			_, _ = io.WriteString(w, "text")
		}
		return nil
	}))
	outside := app.Protect("GET /outside", admin, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for _, test := range []struct {
		token, path string
		want        seen
	}{
		{"admin", "/work", seen{"GET /work", holdfast.Observation{Status: 200}}},
		{"", "/work", seen{"GET /work", holdfast.Observation{Status: 401, Refusal: "no credential"}}},
		{"bad", "/work", seen{"GET /work", holdfast.Observation{Status: 401, Refusal: "credential"}}},
		{"bob", "/work", seen{"GET /work", holdfast.Observation{Status: 403, Refusal: "role"}}},
		{"full", "/work", seen{"GET /work", holdfast.Observation{Status: 503, Refusal: "busy"}}},
		{"admin", "/work?n=x", seen{"GET /work", holdfast.Observation{Status: 422, Refusal: "input"}}},
		{"admin", "/work?n=1", seen{"GET /work", holdfast.Observation{Status: 404, Refusal: "handler"}}},
		{"admin", "/work?n=2", seen{"GET /work", holdfast.Observation{Status: 500, Refusal: "panic"}}},
		{"admin", "/work?n=3", seen{"GET /work", holdfast.Observation{Status: 503, Refusal: "timeout"}}},
		{"admin", "/work?n=4", seen{"GET /work", holdfast.Observation{Status: 500, Refusal: "failed"}}},
		{"", "/raw/text", seen{"GET /raw/{x}", holdfast.Observation{Status: 200}}},
		{"", "/raw/nothing", seen{"GET /raw/{x}", holdfast.Observation{Status: 200}}},
		{"", "/nowhere", seen{"", holdfast.Observation{Status: 404, Refusal: "no route"}}},
		{"admin", "/outside", seen{"GET /outside", holdfast.Observation{Status: 204}}},
		{"bob", "/outside", seen{"GET /outside", holdfast.Observation{Status: 403, Refusal: "role"}}},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		h := http.Handler(app)
		if test.path == "/outside" {
			h = outside
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		last := got[len(got)-1]
		last.Took = 0
		if last != test.want || begun != len(got) {
			t.Errorf("%s by %q: seen %+v, want %+v", test.path, test.token, last, test.want)
		}
	}
}

// impatient is no lane of ours: it returns when the caller leaves, while what it
// runs goes on.
type impatient struct{ entered chan struct{} }

func (l impatient) Do(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	<-l.entered
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type idle struct{}

func (idle) Do(context.Context, func() error) error { return nil }

// Whatever stands in the place of a lane, the handler is over when the request
// is: its memory belongs to the next one.
func TestAHandlerIsOverWhenItsRequestIs(t *testing.T) {
	t.Parallel()
	over := false
	lane := impatient{make(chan struct{})}
	app := quiet()
	holdfast.Get(app, "/impatient", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		close(lane.entered)
		<-ctx.Done()
		for range 100 {
			runtime.Gosched()
		}
		over = true
		return "late", nil
	}, holdfast.InLane(lane), holdfast.Timeout(5*time.Millisecond))
	holdfast.Get(app, "/idle", holdfast.Public(), nothing, holdfast.InLane(idle{}))
	if w := send(app, "/impatient", ""); w.Code != http.StatusServiceUnavailable || !over {
		t.Errorf("GET /impatient = %d, the handler is over: %v", w.Code, over)
	}
	if w := send(app, "/idle", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("GET /idle = %d %s, want 500: nothing ran", w.Code, w.Body)
	}
}

// held is a writer whose caller takes the answer slowly.
type held struct {
	*httptest.ResponseRecorder
	writing, taken chan struct{}
}

func (h held) Write(data []byte) (int, error) {
	close(h.writing)
	<-h.taken
	return h.ResponseRecorder.Write(data)
}

// A place is free again when the work is over, however slowly its caller takes
// the answer.
func TestASlowCallerHoldsNoPlace(t *testing.T) {
	t.Parallel()
	app := bounded(t, doNothing, holdfast.Limit(holdfast.AtOnce{Requests: 1}))
	slow := held{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	over := make(chan struct{})
	go func() {
		defer close(over)
		r := httptest.NewRequest(http.MethodGet, "/work", nil)
		r.Header.Set("Authorization", "Bearer admin")
		app.ServeHTTP(slow, r)
	}()
	<-slow.writing
	if w := askWork(t.Context(), app, "admin", ""); w.Code != http.StatusOK {
		t.Errorf("GET /work beside a slow caller = %d, want 200", w.Code)
	}
	close(slow.taken)
	<-over
	if slow.Code != http.StatusOK {
		t.Errorf("GET /work of the slow caller = %d, want 200", slow.Code)
	}
}
