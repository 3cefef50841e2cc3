package holdfast_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	mime "mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// TestHowAResponseEnds is what a client gets of a raw handler that goes wrong in
// one way or another, what is logged, and with which error the request ends.
func TestHowAResponseEnds(t *testing.T) {
	t.Parallel()
	type answer struct {
		got, logged, after string
		length             int64 // if it is sent in one piece
	}
	for name, test := range map[string]struct {
		serve func(http.ResponseWriter) error
		want  answer
	}{
		"a short answer is sent whole, with its length": {
			func(w http.ResponseWriter) error { _, err := io.WriteString(w, "short"); return err },
			answer{"200 short", "", "<nil>", 5},
		},
		"a success that fails is not sent, not even in part": {
			func(w http.ResponseWriter) error { _, _ = io.WriteString(w, "part"); return errors.New("no more") },
			answer{"closed", "no more", "no more", 0},
		},
		"a panic closes the connection, whatever was said": {
			func(w http.ResponseWriter) error { http.Error(w, "teapot", http.StatusTeapot); panic("boom") },
			answer{"closed", "boom", "panic: boom", 0},
		},
		"an error after one that was told is logged": {
			func(w http.ResponseWriter) error {
				http.Error(w, "teapot", http.StatusTeapot)
				return errors.New("cold")
			},
			answer{"418 teapot\n", "cold", "cold", 7},
		},
		"what is aborted at once has no answer": {
			func(http.ResponseWriter) error { panic(http.ErrAbortHandler) },
			answer{"closed", "", "panic: net/http: abort Handler", 0},
		},
		"what is aborted halfway has none either": {
			func(w http.ResponseWriter) error { _, _ = io.WriteString(w, "part"); panic(http.ErrAbortHandler) },
			answer{"closed", "", "panic: net/http: abort Handler", 0},
		},
	} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after it %v", name, waits), func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				app, after := loud(&log), "<nil>"
				if !waits {
					after = test.want.after
				}
				app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
					if waits {
						holdfast.AfterResponse(r.Context(), func(_ context.Context, err error) { after = fmt.Sprint(err) })
					}
					return test.serve(w)
				}))
				server := httptest.NewServer(app)
				got, length := "closed", int64(0)
				if response, err := server.Client().Get(server.URL); err == nil {
					got, _ = whole(response)
					length = response.ContentLength
				}
				server.Close() // and so nothing is logged any more
				if logged := log.String(); got != test.want.got || (logged == "") != (test.want.logged == "") || !strings.Contains(logged, test.want.logged) {
					t.Errorf("the client gets %q, logged %q; want %q, %q", got, logged, test.want.got, test.want.logged)
				}
				if !waits && length != test.want.length { // where something waits, what was written is sent before it
					t.Errorf("the response has the length %d, want %d", length, test.want.length)
				}
				if after != test.want.after {
					t.Errorf("the request ended with %s, want %s", after, test.want.after)
				}
			})
		}
	}
}

// TestWhatGoesWrongInAStreamEndsTheRequest: functions after the response learn
// of it.
func TestWhatGoesWrongInAStreamEndsTheRequest(t *testing.T) {
	t.Parallel()
	after := ""
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (http.Handler, error) {
		holdfast.AfterResponse(ctx, func(_ context.Context, err error) { after = fmt.Sprint(err) })
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), nil
	})
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError || after != "panic: boom" {
		t.Errorf("GET / = %d, and the request ended with %q, want 500 and the panic", w.Code, after)
	}
}

// A request that is over leaves nothing behind that another one could be taken
// for.
func TestNothingIsLeftOfARequest(t *testing.T) {
	t.Parallel()
	var decision holdfast.Decision
	var kept context.Context
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", OnDecision: func(d holdfast.Decision) string { decision = d; return "" }})
	s := newShop()
	holdfast.Get(app, "/", holdfast.Security(s.user, s.items), func(ctx context.Context, _ user, _ holdfast.NoInput) (string, error) {
		kept = ctx
		runtime.Goexit()
		return "", nil
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ask(t, app, "GET", "/", "a:items:")
	}()
	<-ended
	for name, use := range map[string]func(){
		"the steps of its decision": func() { decision.Steps() },
		"ResponseHeader":            func() { holdfast.ResponseHeader(kept) },
		"AfterResponse":             func() { holdfast.AfterResponse(kept, func(context.Context, error) {}) },
		"Defer":                     func() { holdfast.Defer(kept, func(context.Context, error) error { return nil }) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s after the end did not panic", name)
				}
			}()
			use()
		}()
	}
}

// An upload that a handler parses for itself leaves no file behind, however the
// request ends.
func TestAnUploadLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for name, end := range map[string]func() error{
		"well": func() error { return nil }, "with an error": func() error { return errors.New("no") }, "in a panic": func() error { panic("boom") },
	} {
		files := 0
		app := quiet()
		app.Handle("POST /", holdfast.Raw(holdfast.Public(), func(_ http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
			err := r.ParseMultipartForm(1 << 10) //nolint:gosec // the application bounds the body
			list, _ := os.ReadDir(dir)
			files = len(list)
			return errors.Join(err, end())
		}))
		var body bytes.Buffer
		form := mime.NewWriter(&body)
		file, err := form.CreateFormFile("file", "name")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write(make([]byte, 100<<10))
		_ = form.Close()
		r := httptest.NewRequest(http.MethodPost, "/", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		app.ServeHTTP(httptest.NewRecorder(), r)
		if left, err := os.ReadDir(dir); err != nil || files != 1 || len(left) != 0 {
			t.Errorf("a request that ends %s: %d files during it and %d after it, %v; want 1 and 0", name, files, len(left), err)
		}
	}
}

// A caller who leaves in the middle of an answer is no failure of the server.
func TestACallerWhoLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	app := newWatchedApp()
	ctx, leave := context.WithCancel(t.Context())
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		_, _ = io.WriteString(w, "part")
		leave()
		return errors.New("write: connection reset by peer")
	}))
	func() {
		defer func() { _ = recover() }() // the connection is closed
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	}()
	if logged, seen := app.last(); logged != "" || seen != "200" {
		t.Errorf("logged %q, observed %q, want nothing and 200", logged, seen)
	}
}
