package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
)

// lender is a caller whose right may end.
type lender struct {
	name    string
	scopes  string
	ends    time.Time
	changes func() uint64
}

func (h lender) HasScope(scope string) bool         { return strings.Contains(h.scopes, scope) }
func (h lender) HasRole(role string) bool           { return strings.Contains(h.scopes, role) }
func (h lender) Expires() (at time.Time, ends bool) { return h.ends, !h.ends.IsZero() }
func (h lender) Changes() func() uint64             { return h.changes }

// lenders know who may call now. verified counts how often they were asked.
type lenders struct {
	mu       sync.Mutex
	callers  map[string]lender
	err      error
	verified int
	number   atomic.Uint64
}

func (h *lenders) verify(_ context.Context, token string) (lender, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.verified++
	found, ok := h.callers[token]
	switch {
	case h.err != nil:
		return found, h.err
	case !ok || !found.ends.IsZero() && !time.Now().Before(found.ends):
		return found, errors.New("no such token")
	}
	return found, nil
}

func (h *lenders) change(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
	h.number.Add(1)
}

func (h *lenders) asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.verified
}

// ended is how a stream was seen to end by its handler.
type ended struct {
	after  time.Duration
	status int // of the context's cause
	err    error
}

// waiting is a handler that lives until its context ends, and says how.
func waiting(out chan<- ended) func(http.ResponseWriter, *http.Request) error {
	return func(_ http.ResponseWriter, r *http.Request) error {
		began := time.Now()
		<-r.Context().Done()
		cause := context.Cause(r.Context())
		answer, ok := cause.(*holdfast.Error) //nolint:errorlint // it is one itself, as the documentation says
		if !ok {
			answer = &holdfast.Error{}
		}
		out <- ended{time.Since(began), answer.Status, cause}
		return cause
	}
}

// TestAStreamEndsWithTheRightToIt opens a stream, changes something five minutes
// later, and sees when the context ends and with which cause.
func TestAStreamEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	errAway := &holdfast.Error{Status: 503, Cause: errors.New("the store is away")}
	bearer := holdfast.HTTPBearer()
	items, editor := bearer.Scope("items", "Items"), holdfast.NewRole("editor", "Edits")
	for name, test := range map[string]struct {
		policy  func(h *lenders, who holdfast.Dep[lender]) holdfast.Policy[lender]
		changes bool // what verifies says when it changes
		change  func(h *lenders)
		status  int
		within  time.Duration // after the change
		most    int           // decisions in five quiet minutes
	}{
		"log-out": {
			change: func(h *lenders) { delete(h.callers, "amy") }, status: 401, within: time.Second, most: 500,
		},
		"log-out where changes are known": {
			changes: true, change: func(h *lenders) { delete(h.callers, "amy") }, status: 401, within: 500 * time.Millisecond, most: 2,
		},
		"a scope is taken away": {
			changes: true, change: func(h *lenders) { h.callers["amy"] = lender{name: "amy", scopes: "editor"} }, status: 403, within: time.Second, most: 2,
			policy: func(_ *lenders, who holdfast.Dep[lender]) holdfast.Policy[lender] {
				return holdfast.Security(who, items)
			},
		},
		"a role is taken away": {
			changes: true, change: func(h *lenders) { h.callers["amy"] = lender{name: "amy", scopes: "items"} }, status: 403, within: time.Second, most: 2,
			policy: func(_ *lenders, who holdfast.Dep[lender]) holdfast.Policy[lender] {
				return holdfast.AnyRole(who, editor)
			},
		},
		"a dependency refuses": {
			change: func(h *lenders) { h.callers["amy"] = lender{name: "gone", scopes: "items"} }, status: 400, within: time.Second, most: 500,
			policy: func(h *lenders, who holdfast.Dep[lender]) holdfast.Policy[lender] {
				return holdfast.Security(holdfast.Depends1(who, func(_ context.Context, who lender) (lender, error) {
					if who.name == "gone" {
						return who, holdfast.Errorf(400, "Inactive user")
					}
					return who, nil
				}))
			},
		},
		"the store cannot be asked": {
			changes: true, change: func(h *lenders) { h.err = errAway }, status: 503, within: 2 * time.Second, most: 2,
		},
		"verifying panics": {
			changes: true, change: func(h *lenders) { h.callers = nil; h.err = panicking{} }, status: 500, within: time.Second, most: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &lenders{callers: map[string]lender{}}
				first := lender{name: "amy", scopes: "items editor"}
				if test.changes {
					first.changes = h.number.Load
				}
				h.callers["amy"] = first
				who := holdfast.Verify(bearer, func(ctx context.Context, token string) (lender, error) {
					got, err := h.verify(ctx, token)
					if _, ok := err.(panicking); ok { //nolint:errorlint // of this test
						panic("at the disco")
					}
					return got, err
				})
				policy := holdfast.Security(who)
				if test.policy != nil {
					policy = test.policy(h, who)
				}
				app, out := quiet(), make(chan ended, 1)
				wait := waiting(out)
				app.Handle("GET /", holdfast.Raw(policy, func(w http.ResponseWriter, r *http.Request, _ lender) error { return wait(w, r) }))
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("Authorization", "Bearer amy")
				w := httptest.NewRecorder()
				done := make(chan struct{})
				go func() { app.ServeHTTP(w, r); close(done) }()
				const quietTime = 5 * time.Minute
				<-time.After(quietTime)
				if n := h.asked(); n > test.most {
					t.Errorf("the policy was decided %d times in five quiet minutes, want at most %d", n, test.most)
				}
				h.change(func() { test.change(h) })
				got := <-out
				<-done
				if late := got.after - quietTime; got.status != test.status || late < 0 || late > test.within {
					t.Errorf("the context ended %v after the change with %v, want %d within %v", late, got.err, test.status, test.within)
				}
				if w.Code != test.status { // nothing was sent, so that the caller is told
					t.Errorf("the answer is %d %s, want %d", w.Code, w.Body, test.status)
				}
			})
		})
	}
}

// panicking has the verifier panic.
type panicking struct{}

func (panicking) Error() string { return "panicking" }

// TestAStreamEndsWhenItsCredentialDoes needs no change: the time has come.
func TestAStreamEndsWhenItsCredentialDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{}}
		h.callers["amy"] = lender{name: "amy", ends: time.Now().Add(time.Hour), changes: h.number.Load}
		app, out := quiet(), make(chan ended, 1)
		wait := waiting(out)
		app.Handle("GET /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, r *http.Request, _ lender) error { return wait(w, r) }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer amy")
		app.ServeHTTP(httptest.NewRecorder(), r)
		if got := <-out; got.status != 401 || got.after < time.Hour || got.after > time.Hour+time.Second {
			t.Errorf("the context ended after %v with %v, want 401 after an hour", got.after, got.err)
		}
		if n := h.asked(); n != 3 {
			t.Errorf("the policy was decided %d times, want once at the start, once soon after, and once at the end", n)
		}
	})
}

// TestAStreamGoesOnWhereTheStoreComesBack was away for less than a second.
func TestAStreamGoesOnWhereTheStoreComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
		app, out := quiet(), make(chan ended, 1)
		wait := waiting(out)
		app.Handle("GET /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, r *http.Request, _ lender) error { return wait(w, r) }))
		ctx, hangUp := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer amy")
		go app.ServeHTTP(httptest.NewRecorder(), r)
		<-time.After(time.Minute)
		before := h.asked()
		h.change(func() { h.err = &holdfast.Error{Status: 503} })
		<-time.After(900 * time.Millisecond)
		h.change(func() { h.err = nil })
		if n := h.asked() - before; n < 1 {
			t.Errorf("a store that is away is asked %d times in 900 ms, want at least once", n)
		}
		<-time.After(time.Minute)
		select {
		case got := <-out:
			t.Errorf("the context ended after %v with %v", got.after, got.err)
		default:
		}
		hangUp()
		if got := <-out; !errors.Is(got.err, context.Canceled) || got.status != 0 {
			t.Errorf("the caller hangs up: the cause is %v", got.err)
		}
		before = h.asked()
		<-time.After(time.Minute)
		if n := h.asked() - before; n != 0 {
			t.Errorf("the policy of a request that is over was decided %d times", n)
		}
	})
}

// TestAHandlerThatDoesNotLookAtItsContext cannot write any more, and its
// connection is closed.
func TestAHandlerThatDoesNotLookAtItsContext(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(app *holdfast.App, who holdfast.Policy[lender], events http.HandlerFunc){
		"a raw handler": func(app *holdfast.App, who holdfast.Policy[lender], events http.HandlerFunc) {
			app.Handle("GET /", holdfast.Raw(who, func(w http.ResponseWriter, r *http.Request, _ lender) error { events(w, r); return nil }))
		},
		"a handler that returns one": func(app *holdfast.App, who holdfast.Policy[lender], events http.HandlerFunc) {
			app.Handle("GET /", holdfast.To(who, func(context.Context, lender, holdfast.NoInput) (http.Handler, error) { return events, nil }))
		},
		"one of an application in this one": func(app *holdfast.App, who holdfast.Policy[lender], events http.HandlerFunc) {
			inner := quiet()
			inner.Handle("GET /", holdfast.Raw(who, func(w http.ResponseWriter, r *http.Request, _ lender) error { events(w, r); return nil }))
			app.Mount("/", holdfast.Public(), inner)
		},
		"one of another router": func(app *holdfast.App, who holdfast.Policy[lender], events http.HandlerFunc) {
			app.Protect("GET /", who, events)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
			app := quiet()
			failed := make(chan error, 1)
			serve(app, holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, _ *http.Request) {
				for {
					_, err := fmt.Fprintln(w, "data: x")
					if err == nil {
						err = http.NewResponseController(w).Flush()
					}
					if err != nil {
						failed <- err
						return
					}
					<-time.After(time.Millisecond)
				}
			})
			server := httptest.NewServer(app)
			defer server.Close()
			body := stream(t, server, "amy")
			h.change(func() { delete(h.callers, "amy") })
			if _, err := io.Copy(io.Discard, body); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the stream ends with %v, want that it was cut off", err)
			}
			if answer, ok := errors.AsType[*holdfast.Error](<-failed); !ok || answer.Status != 401 {
				t.Errorf("writing fails with %v, want a 401", answer)
			}
		})
	}
}

// TestAStreamInAnotherApplication is ended while its handler writes: what keeps the
// time of the outer application's response is used by both (run with -race).
func TestAStreamInAnotherApplication(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
		inner, outer := quiet(), quiet()
		inner.Handle("GET /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, _ *http.Request, _ lender) error {
			for n := 0; ; n++ {
				if n == 1000 {
					h.change(func() { clear(h.callers) })
				}
				if _, err := w.Write([]byte("x")); err != nil {
					return err
				}
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
				<-time.After(time.Millisecond)
			}
		}))
		outer.Mount("/", holdfast.Public(), inner)
		defer func() {
			if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				t.Errorf("the stream ends with %v, want that it is aborted", cause)
			}
		}()
		at(t, outer, "GET", "/", "amy")
	})
}

// TestAStreamThatHasEndedGetsNoMoreTime: a handler that sets its own deadlines
// reads no more of what the caller sends.
func TestAStreamThatHasEndedGetsNoMoreTime(t *testing.T) {
	t.Parallel()
	h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
	app := quiet()
	begun, over, read := make(chan struct{}), make(chan struct{}), make(chan string, 1)
	app.Handle("POST /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, r *http.Request, _ lender) error {
		close(begun)
		<-r.Context().Done()
		control := http.NewResponseController(w)
		set, set2 := control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})
		close(over)
		n, err := r.Body.Read(make([]byte, 1))
		read <- fmt.Sprint(set != nil, set2 != nil, n, err != nil)
		return nil
	}))
	server := httptest.NewServer(app)
	defer server.Close()
	body, more := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer amy")
	go func() {
		<-begun
		h.change(func() { clear(h.callers) })
		<-over
		_, _ = more.Write([]byte("more")) // the connection may be closed
		_ = more.Close()
	}()
	if response, err := server.Client().Do(r); err == nil {
		_ = response.Body.Close()
	}
	if got := <-read; got != "true true 0 true" {
		t.Errorf("setting deadlines fails, bytes read, reading fails: %s", got)
	}
}

// stream opens the stream at / and reads its first line.
func stream(t *testing.T, server *httptest.Server, token string) io.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	first := make([]byte, 8)
	if _, err := io.ReadFull(response.Body, first); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the stream begins with %d, %v", response.StatusCode, err)
	}
	return response.Body
}

// TestWhatBeganIsNotBegunAgain counts what the policy's dependencies do while a
// stream lives for ten seconds.
func TestWhatBeganIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// endpoint makes one of a beginner, a dependency that registers its end, and
		// of the caller.
		endpoint func(begin holdfast.Dep[string], who holdfast.Dep[lender], wait http.HandlerFunc) holdfast.Endpoint
		again    bool
	}{
		"nothing takes it": {func(begin holdfast.Dep[string], who holdfast.Dep[lender], wait http.HandlerFunc) holdfast.Endpoint {
			return holdfast.Raw(holdfast.All(holdfast.Security(who), holdfast.Security(begin)), func(w http.ResponseWriter, r *http.Request, _ lender) error { wait(w, r); return nil })
		}, false},
		"what decides takes it": {func(begin holdfast.Dep[string], who holdfast.Dep[lender], wait http.HandlerFunc) holdfast.Endpoint {
			user := holdfast.Depends2(who, begin, func(_ context.Context, who lender, _ string) (lender, error) { return who, nil })
			return holdfast.Raw(holdfast.Security(user), func(w http.ResponseWriter, r *http.Request, _ lender) error { wait(w, r); return nil })
		}, true},
		"only the handler takes what takes it": {func(begin holdfast.Dep[string], who holdfast.Dep[lender], wait http.HandlerFunc) holdfast.Endpoint {
			rows := holdfast.Depends2(who, begin, func(_ context.Context, _ lender, tx string) (string, error) { return tx, nil })
			return holdfast.To1(holdfast.Security(who), rows, func(context.Context, lender, string, holdfast.NoInput) (http.Handler, error) { return wait, nil })
		}, false},
		"only the handler takes it": {func(begin holdfast.Dep[string], who holdfast.Dep[lender], wait http.HandlerFunc) holdfast.Endpoint {
			return holdfast.To1(holdfast.Security(who), begin, func(context.Context, lender, string, holdfast.NoInput) (http.Handler, error) { return wait, nil })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
				var begun, ended atomic.Int32
				begin := holdfast.Depends0(func(ctx context.Context) (string, error) {
					begun.Add(1)
					holdfast.ResponseHeader(ctx).Set("X-Begun", "yes")
					holdfast.Defer(ctx, func(_ context.Context, err error) error { ended.Add(1); return err })
					holdfast.AfterResponse(ctx, func(context.Context, error) { ended.Add(1) })
					return "tx", nil
				})
				app := quiet()
				app.Handle("GET /", test.endpoint(begin, holdfast.Verify(holdfast.HTTPBearer(), h.verify), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
				ctx, hangUp := context.WithCancel(t.Context())
				r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
				r.Header.Set("Authorization", "Bearer amy")
				done := make(chan struct{})
				go func() { app.ServeHTTP(httptest.NewRecorder(), r); close(done) }()
				<-time.After(10 * time.Second)
				hangUp()
				<-done
				if n := h.asked(); n < 10 {
					t.Errorf("the caller was verified %d times, want at least 10", n)
				}
				if n := begun.Load(); (n > 1) != test.again || ended.Load() != 2*n {
					t.Errorf("begun %d times and ended %d times in two ways, want each begun one ended, and more than one is %v", n, ended.Load(), test.again)
				}
			})
		})
	}
}

// TestTheWayThatLetTheCallerIn is the one that is decided again: another way may
// stand for somebody else.
func TestTheWayThatLetTheCallerIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tokens, keys := &lenders{callers: map[string]lender{"t": {name: "amy"}}}, &lenders{callers: map[string]lender{"k": {name: "bob"}}}
		token := holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), tokens.verify))
		key := holdfast.Security(holdfast.Verify(holdfast.APIKeyHeader("X-Key"), keys.verify))
		app, out := quiet(), make(chan ended, 1)
		wait := waiting(out)
		app.Handle("GET /", holdfast.Raw(holdfast.AnyOf(token, key), func(w http.ResponseWriter, r *http.Request, _ lender) error { return wait(w, r) }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = http.Header{"Authorization": {"Bearer t"}, "X-Key": {"k"}}
		go app.ServeHTTP(httptest.NewRecorder(), r)
		<-time.After(time.Minute)
		tokens.change(func() { clear(tokens.callers) })
		if got := <-out; got.status != 401 || keys.asked() != 0 {
			t.Errorf("the context ended with %v, and the key was verified %d times, want 401 and never", got.err, keys.asked())
		}
	})
}

// TestWhoPresentsNothing keeps a stream that is for everybody.
func TestWhoPresentsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{}}
		app, out := quiet(), make(chan ended, 1)
		wait := waiting(out)
		app.Handle("GET /", holdfast.Raw(holdfast.Optional(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify))), func(w http.ResponseWriter, r *http.Request, _ holdfast.Maybe[lender]) error { return wait(w, r) }))
		ctx, hangUp := context.WithTimeout(t.Context(), time.Hour)
		defer hangUp()
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		if got := <-out; got.after != time.Hour || got.status != 0 {
			t.Errorf("the context ended after %v with %v, want an hour", got.after, got.err)
		}
	})
}

// brokenLog is a log that fails.
type brokenLog struct{ slog.Handler }

func (brokenLog) Handle(context.Context, slog.Record) error { panic("the log is broken") }

// A log that panics ends neither the program nor the watching of streams.
func TestALogThatPanicsWhenAStreamEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
		app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", Logger: slog.New(brokenLog{slog.NewTextHandler(io.Discard, nil)})})
		out := make(chan ended, 1)
		wait := waiting(out)
		app.Handle("GET /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, r *http.Request, _ lender) error { return wait(w, r) }))
		for range 2 {
			h.change(func() { h.callers["amy"] = lender{name: "amy"} })
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Bearer amy")
			go app.ServeHTTP(httptest.NewRecorder(), r)
			synctest.Wait()
			h.change(func() { delete(h.callers, "amy") })
			if got := <-out; got.status != http.StatusUnauthorized {
				t.Errorf("the stream ended with %v, want a 401", got.err)
			}
		}
	})
}

// TestAVerifierThatHangs ends its streams, and no others.
func TestAVerifierThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
		var first atomic.Bool
		release := make(chan struct{})
		hanging := holdfast.Verify(holdfast.HTTPBearer(), func(context.Context, string) (lender, error) {
			if first.Swap(true) {
				<-release // whatever becomes of its context
			}
			return lender{}, nil
		})
		app, hung, well := quiet(), make(chan ended, 1), make(chan ended, 1)
		waitHung, waitWell := waiting(hung), waiting(well)
		app.Handle("GET /hung", holdfast.Raw(holdfast.Security(hanging), func(w http.ResponseWriter, r *http.Request, _ lender) error { return waitHung(w, r) }))
		app.Handle("GET /well", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(holdfast.Named("Other")), h.verify)), func(w http.ResponseWriter, r *http.Request, _ lender) error { return waitWell(w, r) }))
		ctx, hangUp := context.WithCancel(t.Context())
		for _, path := range []string{"/hung", "/well"} {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer amy")
			go app.ServeHTTP(httptest.NewRecorder(), r)
		}
		if got := <-hung; got.status != 503 || got.after > 2*time.Second {
			t.Errorf("a decision that hangs ends the context after %v with %v, want 503 within two seconds", got.after, got.err)
		}
		<-time.After(time.Minute)
		if n := h.asked(); n < 60 {
			t.Errorf("the other stream's policy was decided %d times in a minute, want at least 60", n)
		}
		hangUp()
		<-well
		close(release)
	})
}

// TestADependencySeesTheRequestAsItWas while the handler changes its own.
func TestADependencySeesTheRequestAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen atomic.Int32
		who := holdfast.FromRequest(func(r *http.Request) (string, error) {
			if r.Header.Get("X-Name") != "amy" || r.PathValue("id") != "7" {
				return "", holdfast.Errorf(403, "Not amy")
			}
			seen.Add(1)
			return "amy", nil
		})
		app := quiet()
		app.Handle("GET /{id}", holdfast.Raw(holdfast.Security(who), func(_ http.ResponseWriter, r *http.Request, _ string) error {
			for range 60 {
				r.Header.Set("X-Name", "bob")
				r.Header.Del("X-Name")
				<-time.After(time.Second / 10)
			}
			return context.Cause(r.Context())
		}))
		r := httptest.NewRequest(http.MethodGet, "/7", nil)
		r.Header.Set("X-Name", "amy")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != http.StatusOK || seen.Load() < 6 {
			t.Errorf("GET /7 = %d %s, and the dependency was asked %d times, want 200 and at least 6", w.Code, w.Body, seen.Load())
		}
	})
}

// TestAConnectionThatWasTakenOverIsClosed although the handler only reads it. The
// end is a decision and an observation.
func TestAConnectionThatWasTakenOverIsClosed(t *testing.T) {
	t.Parallel()
	h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
	decisions, observations := make(chan string, 10), make(chan holdfast.Observation, 10)
	app := holdfast.NewApp(holdfast.Config{
		Title: "x", Version: "1", Logger: slog.New(slog.DiscardHandler),
		OnDecision: func(d holdfast.Decision) string {
			decisions <- fmt.Sprint(d.Status(), " ", d.Request().URL.Path, " ", d.Header().Get("X-Request-Id"))
			return "ref"
		},
		Observe: func(string) func(holdfast.Observation) { return func(o holdfast.Observation) { observations <- o } },
	})
	failed := make(chan error, 1)
	app.Handle("GET /", holdfast.Raw(holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), h.verify)), func(w http.ResponseWriter, _ *http.Request, _ lender) error {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return err
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n12345678")
		_, err = conn.Read(make([]byte, 1))
		failed <- err
		return nil
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "r7")
		app.ServeHTTP(w, r)
	}))
	defer server.Close()
	body := stream(t, server, "amy")
	if got := <-decisions; got != "0 / r7" {
		t.Errorf("the first decision is %q", got)
	}
	h.change(func() { clear(h.callers) })
	if got := <-decisions; got != "401 / r7" {
		t.Errorf("the last decision is %q, want a refusal", got)
	}
	if err := <-failed; err == nil {
		t.Error("the handler read something")
	}
	_, _ = io.Copy(io.Discard, body) // ends
	if got := <-observations; got.Refusal != "credential" {
		t.Errorf("observed %+v, want that the credential ended it", got)
	}
}
