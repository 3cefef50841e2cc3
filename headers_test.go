package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-go/holdfast"
)

// What a handler says in headers of the body that it means to send is not said
// of an error that comes in its place.
func TestHeadersOfASuccessAreNotThoseOfAnError(t *testing.T) {
	t.Parallel()
	answer := func(err error) func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		return func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			h := holdfast.ResponseHeader(ctx)
			for name, value := range map[string]string{
				"Content-Encoding": "br", "Content-Language": "de", "Content-Disposition": "attachment", "Content-Range": "bytes 0-1/2",
				"Etag": `"1"`, "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT", "Expires": "0", "Cache-Control": "max-age=60", "X-Request": "7", "X-Accel-Redirect": "/protected",
			} {
				h.Set(name, value)
			}
			h.Add("Set-Cookie", "seen=1")
			holdfast.Defer(ctx, func(context.Context, error) error { return err }) // a commit that may fail
			return "done", nil
		}
	}
	all := "Content-Disposition Content-Encoding Content-Language Content-Range Etag Expires Last-Modified X-Accel-Redirect"
	for name, test := range map[string]struct {
		err         error
		kept, cache string
	}{
		"a success keeps them":              {nil, all, "max-age=60"},
		"a failed commit has none":          {errors.New("the disk is full"), "", "no-store"},
		"nor has an error of one's own":     {holdfast.Errorf(409, "changed"), "", "no-store"},
		"but what the error says itself":    {&holdfast.Error{Status: 412, Header: http.Header{"Etag": {`"2"`}}}, "Etag", "no-store"},
		"what did not change is still that": {&holdfast.Error{Status: 304}, all, "max-age=60"},
	} {
		app := quiet()
		holdfast.Get(app, "/", holdfast.Public(), answer(test.err))
		h := send(app, "/", "").Header()
		var kept []string
		for _, name := range strings.Fields(all) {
			if h.Get(name) != "" {
				kept = append(kept, name)
			}
		}
		if got := strings.Join(kept, " "); got != test.kept || h.Get("Cache-Control") != test.cache || h.Get("X-Request") != "7" || h.Get("Set-Cookie") != "seen=1" {
			t.Errorf("%s: %v, want of those %q and the others", name, h, test.kept)
		}
	}
}

// Whatever was said of keeping a success, no cache keeps the error: not one that
// is private, either, since a 404 without a word may be kept by any.
func TestAnErrorIsNotToBeStored(t *testing.T) {
	t.Parallel()
	for _, said := range [][]string{{"max-age=60"}, {"private, no-cache"}, {"private", "no-store"}, {"No-Store"}} {
		app := quiet()
		app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
			w.Header()["Cache-Control"] = said
			return holdfast.Errorf(404, "No such file")
		}))
		if got := fmt.Sprint(send(app, "/", "").Header()["Cache-Control"]); got != "[no-store]" {
			t.Errorf("after %q, an error has Cache-Control %s, want no-store", said, got)
		}
	}
}

// Code that changes the header of one response in place changes no other.
func TestResponsesDoNotShareTheirHeaders(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil })
	first := send(app, "/", "").Header()
	for name, values := range first {
		values[0] = "changed"
		first[name] = append(values, "more")
		if len(values) != cap(values) {
			t.Errorf("%s has room for more, which is another's", name)
		}
	}
	for name, values := range send(app, "/", "").Header() {
		if len(values) != 1 || values[0] == "changed" {
			t.Errorf("%s = %q after another response was changed", name, values)
		}
	}
}

func TestAResponseHasAHeaderUntilItsEnd(t *testing.T) {
	t.Parallel()
	app := quiet()
	var kept context.Context
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		kept = ctx
		holdfast.AfterResponse(ctx, func(ctx context.Context, _ error) { holdfast.ResponseHeader(ctx) })
		return "", nil
	})
	send(app, "/", "")
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "a request in progress") {
			t.Errorf("ResponseHeader after the end: %s, want a panic that says why", cause)
		}
	}()
	holdfast.ResponseHeader(kept)
}

// The server is told of a body that is too large, also through what the
// application wraps its writer in: it reads no more of it.
func TestABodyThatIsTooLargeEndsTheConnection(t *testing.T) {
	t.Parallel()
	app := newWatchedApp()
	app.Handle("POST /", holdfast.Raw(holdfast.Public(), func(_ http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	}))
	server := httptest.NewServer(app)
	defer server.Close()
	for size, closed := range map[int]bool{64: false, 65: true} {
		response, err := server.Client().Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.Close != closed {
			t.Errorf("POST of %d bytes: the connection ends: %v, want %v", size, response.Close, closed)
		}
	}
}

// What waits for the response has no place: others may come in meanwhile, after a
// stream, too.
func TestWhatWaitsForAStreamHoldsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn, waits := make(chan struct{}), true
		app := quiet()
		holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (http.Handler, error) {
			if waits {
				waits = false
				holdfast.AfterResponse(ctx, func(context.Context, error) { <-goOn })
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "all of it") }), nil
		}, holdfast.Limit(holdfast.AtOnce{Requests: 1}))
		first := make(chan int)
		go func() { first <- send(app, "/", "").Code }()
		synctest.Wait()
		if w := send(app, "/", ""); w.Code != http.StatusOK {
			t.Errorf("while something waits for the response: %d %s, want 200", w.Code, w.Body)
		}
		close(goOn)
		if got := <-first; got != http.StatusOK {
			t.Errorf("the first got %d, want 200", got)
		}
	})
}

// TestAStreamHoldsItsPlace: what a handler returns to write the response is its
// work, too.
func TestAStreamHoldsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		more := make(chan struct{})
		app := quiet()
		holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (http.Handler, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { <-more; _, _ = io.WriteString(w, "all of it") }), nil
		}, holdfast.Limit(holdfast.AtOnce{Requests: 1}))
		first := make(chan string)
		go func() { first <- send(app, "/", "").Body.String() }()
		synctest.Wait()
		if w := send(app, "/", ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("beside a stream: %d %s, want 503", w.Code, w.Body)
		}
		close(more)
		if got := <-first; got != "all of it" {
			t.Errorf("the stream = %q", got)
		}
		if w := send(app, "/", ""); w.Code != http.StatusOK {
			t.Errorf("after the stream: %d %s, want 200", w.Code, w.Body)
		}
	})
}
