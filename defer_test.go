package holdfast_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// trace is the order in which things happened.
type trace []string

func (tr *trace) add(what string) { *tr = append(*tr, what) }

func (tr *trace) want(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(*tr, " "); got != want {
		t.Errorf("order = %s, want %s", got, want)
	}
}

// traced is a dependency that says when it is made and cleaned up.
func (tr *trace) traced(name string, deps ...holdfast.Dep[string]) holdfast.Dep[string] {
	make := func(ctx context.Context) (string, error) {
		tr.add("+" + name)
		holdfast.Defer(ctx, func(context.Context, error) error { tr.add("-" + name); return nil })
		holdfast.AfterResponse(ctx, func(context.Context, error) { tr.add("." + name) })
		return name, nil
	}
	if len(deps) == 1 {
		return holdfast.Depends1(deps[0], func(ctx context.Context, _ string) (string, error) { return make(ctx) })
	}
	return holdfast.Depends0(make)
}

// said is an answer that writes itself.
func (tr *trace) said(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tr.add("write")
		_, _ = io.WriteString(w, text)
	})
}

func TestOrderOfARequest(t *testing.T) {
	t.Parallel()
	var tr trace
	sub := tr.traced("sub")
	top := tr.traced("top", sub)
	app := quiet()
	outer := app.Group("", holdfast.Security(tr.traced("app")))
	inner := outer.Group("/inner", holdfast.Security(tr.traced("group")))
	route := holdfast.All(holdfast.Security(tr.traced("route")), holdfast.Security(tr.traced("other")))
	inner.Handle("GET /", holdfast.To2(route, top, sub, func(context.Context, string, string, string, holdfast.NoInput) (http.Handler, error) {
		tr.add("handler")
		return tr.said("done"), nil
	}))
	if w := send(app, "/inner/", ""); w.Code != http.StatusOK || w.Body.String() != "done" {
		t.Fatalf("GET /inner/ = %d %s", w.Code, w.Body)
	}
	tr.want(t, "+app +group +route +other +sub +top handler -top -sub -other -route -group -app write .top .sub .other .route .group .app")
}

func TestARefusalStopsWhatComesLater(t *testing.T) {
	t.Parallel()
	var tr trace
	no := holdfast.Depends0(func(context.Context) (string, error) { return "", holdfast.Errorf(http.StatusTeapot, "no") })
	app := quiet()
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(tr.traced("first")), holdfast.Security(no), holdfast.Security(tr.traced("never"))), nothing)
	if w := send(app, "/", ""); w.Code != http.StatusTeapot {
		t.Errorf("GET / = %d, want 418", w.Code)
	}
	tr.want(t, "+first -first .first")
}

// The caller has the whole response while what comes after it still waits.
func TestAfterResponseTheCallerHasIt(t *testing.T) {
	t.Parallel()
	received := make(chan struct{})
	ended := make(chan error, 1)
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.AfterResponse(ctx, func(_ context.Context, err error) { <-received; ended <- err })
		return "here", nil
	})
	server := httptest.NewServer(app)
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != `"here"` {
		t.Errorf("GET / = %q, %v, want here", body, err)
	}
	close(received)
	if err := <-ended; err != nil {
		t.Errorf("AfterResponse got %v, want nil", err)
	}
}

func TestCleanupSeesTheError(t *testing.T) {
	t.Parallel()
	bad := errors.New("it broke")
	tests := map[string]struct {
		handler func() (string, error)
		want    string
	}{
		"none":              {func() (string, error) { return "ok", nil }, "<nil>"},
		"the handler's":     {func() (string, error) { return "", bad }, "it broke"},
		"an answer":         {func() (string, error) { return "", holdfast.Errorf(404, "Item not found") }, "404 Item not found"},
		"a panic":           {func() (string, error) { panic("boom") }, "panic: boom"},
		"a panic's own err": {func() (string, error) { panic(bad) }, "panic: it broke"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after any
			dep := holdfast.Depends0(func(ctx context.Context) (int, error) {
				holdfast.Defer(ctx, func(_ context.Context, err error) error { before = err; return nil })
				holdfast.AfterResponse(ctx, func(_ context.Context, err error) { after = err })
				return 0, nil
			})
			app := quiet()
			holdfast.Get(app, "/", holdfast.Security(dep), func(context.Context, int, holdfast.NoInput) (string, error) { return test.handler() })
			send(app, "/", "")
			for when, got := range map[string]any{"before": before, "after": after} {
				text := "<nil>"
				if err, ok := got.(error); ok {
					text = err.Error()
				}
				if text != test.want {
					t.Errorf("%s the response, cleanup got %s, want %s", when, text, test.want)
				}
			}
		})
	}
}

func TestCleanupSeesA422(t *testing.T) {
	t.Parallel()
	var got error
	dep := holdfast.Depends0(func(ctx context.Context) (int, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error { got = err; return nil })
		return 0, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(dep), func(context.Context, int, paging) (string, error) { return "", nil })
	if w := send(app, "/", "?skip=x"); w.Code != http.StatusUnprocessableEntity || got == nil {
		t.Errorf("GET / = %d, cleanup got %v, want 422 and an error", w.Code, got)
	}
}

// What a cleanup returns replaces the response, also one that went well: a
// commit that fails must not look like a success.
func TestACleanupThatFailsIsTheResponse(t *testing.T) {
	t.Parallel()
	dep := holdfast.Depends0(func(ctx context.Context) (int, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return holdfast.Errorf(http.StatusConflict, "could not commit") })
		return 0, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(dep), func(context.Context, int, holdfast.NoInput) (string, error) { return "saved", nil })
	if w := send(app, "/", ""); w.Code != http.StatusConflict || strings.Contains(w.Body.String(), "saved") {
		t.Errorf("GET / = %d %s, want 409", w.Code, w.Body)
	}
}

// loud is an application with its log.
func loud(log *bytes.Buffer) *holdfast.App {
	return holdfast.NewApp(holdfast.Config{Title: "Loud", Version: "1", Logger: slog.New(slog.NewTextHandler(log, nil))})
}

func TestAPanicAfterTheResponseIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := loud(&log)
	ran := false
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.AfterResponse(ctx, func(context.Context, error) { ran = true })
		holdfast.AfterResponse(ctx, func(context.Context, error) { panic("late") })
		return "ok", nil
	})
	if w := send(app, "/", ""); w.Code != http.StatusOK || !ran || !strings.Contains(log.String(), "panic: late") {
		t.Errorf("GET / = %d, the other one ran: %v, log %s", w.Code, ran, &log)
	}
}

// A response that breaks off must not look like a whole one.
func TestAnAnswerThatPanicsHalfwayClosesTheConnection(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := loud(&log)
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("the other half")
		}), nil
	})
	server := httptest.NewServer(app)
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	server.Close() // and so nothing is logged any more
	if err == nil || !strings.Contains(log.String(), "the other half") {
		t.Errorf("GET / = %v, log %s; want a broken connection and a line in the log", err, &log)
	}
}

func TestHandlersMayAnswerWithAHandler(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/old/{id}", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in itemID) (http.Handler, error) {
		if in.ID == 0 {
			return nil, nil
		}
		return http.RedirectHandler("/new", http.StatusSeeOther), nil
	})
	if w := send(app, "/old/1", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/new" {
		t.Errorf("GET /old/1 = %d to %q, want 303 to /new", w.Code, w.Header().Get("Location"))
	}
	if w := send(app, "/old/0", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("GET /old/0 = %d, want 500 for no answer", w.Code)
	}
}

func TestDeferOutsideOfARequestPanics(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(){
		"Defer":          func() { holdfast.Defer(context.Background(), func(context.Context, error) error { return nil }) },
		"AfterResponse":  func() { holdfast.AfterResponse(context.Background(), func(context.Context, error) {}) },
		"ResponseHeader": func() { holdfast.ResponseHeader(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s without a request does not panic", name)
				}
			}()
			call()
		})
	}
}

// What cleanup makes of a panic is the response.
func TestCleanupMayAnswerForAPanic(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			return &holdfast.Error{Status: 503, Detail: "try later", Cause: err}
		})
		panic("boom")
	})
	if w := send(app, "/", ""); w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"detail":"try later"}` {
		t.Errorf("GET / = %d %s, want 503", w.Code, w.Body)
	}
}

// A value that cannot be encoded is known before the commit.
func TestCleanupSeesThatTheAnswerCannotBeEncoded(t *testing.T) {
	t.Parallel()
	var seen error
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (any, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error { seen = err; return nil })
		return make(chan int), nil
	})
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError || seen == nil {
		t.Errorf("GET / = %d, cleanup saw %v, want 500 and an error", w.Code, seen)
	}
}
