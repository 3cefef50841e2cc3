package holdfast_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
