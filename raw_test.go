package holdfast_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// watchedApp is an application that notes what is logged and observed.
type watchedApp struct {
	*holdfast.App
	mu   sync.Mutex
	log  bytes.Buffer
	seen []string
	done chan struct{} // one for each observation
}

func newWatchedApp() *watchedApp {
	a := &watchedApp{done: make(chan struct{}, 100)}
	a.App = holdfast.NewApp(holdfast.Config{
		Title: "Shop", Version: "1", MaxBody: 64, Logger: slog.New(slog.NewTextHandler(a, nil)),
		Observe: func(string) func(holdfast.Observation) {
			return func(o holdfast.Observation) {
				a.mu.Lock()
				a.seen = append(a.seen, strings.TrimSpace(fmt.Sprint(o.Status, " ", o.Refusal)))
				a.mu.Unlock()
				a.done <- struct{}{}
			}
		},
	})
	return a
}

// Write keeps what is logged.
func (a *watchedApp) Write(line []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.Write(line)
}

// last is what was logged and observed of the last request.
func (a *watchedApp) last() (logged, seen string) {
	<-a.done
	a.mu.Lock()
	defer a.mu.Unlock()
	logged = a.log.String()
	a.log.Reset()
	return logged, a.seen[len(a.seen)-1]
}

// TestAnErrorOfARawHandlerIsAnswered returns and panics with every kind of error
// before anything is written.
func TestAnErrorOfARawHandlerIsAnswered(t *testing.T) {
	t.Parallel()
	app := newWatchedApp()
	s := newShop()
	var fail func(w http.ResponseWriter, r *http.Request) error
	app.Handle("GET /raw", holdfast.Raw(holdfast.Security(s.user), func(w http.ResponseWriter, r *http.Request, _ user) error { return fail(w, r) }))
	app.Handle("POST /raw", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error { return fail(w, r) }))
	errPlain := errors.New("it broke")
	for name, test := range map[string]struct {
		method, token, body string
		fail                func(w http.ResponseWriter, r *http.Request) error
		want                string // the answer
		kind                string // its content type
		logged              string // "" for nothing
		seen                string
	}{
		"nothing": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error { return nil },
			"200 ", "", "", "200",
		},
		"who does not sign in": {
			"GET", "", "", nil,
			`401 {"detail":"Not authenticated"}`, "application/json", "", "401 no credential",
		},
		"an answer of its own": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error {
				return &holdfast.Error{Status: 404, Detail: "No such file", Header: http.Header{"X-Reason": {"gone"}}}
			},
			`404 {"detail":"No such file"}`, "application/json", "", "404 handler",
		},
		"an answer about another error": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error {
				return fmt.Errorf("read: %w", &holdfast.Error{Status: 503, Detail: "Later", Cause: errPlain})
			},
			`503 {"detail":"Later"}`, "application/json", "read: 503 Later: it broke", "503 failed",
		},
		"any other error": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error { return errPlain },
			"500 Internal Server Error", "text/plain; charset=utf-8", "it broke", "500 failed",
		},
		"a panic": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error { panic("boom") },
			"500 Internal Server Error", "text/plain; charset=utf-8", "panic: boom", "500 panic",
		},
		"a deadline": {
			"GET", "amy::", "", func(http.ResponseWriter, *http.Request) error { return context.DeadlineExceeded },
			`503 {"detail":"Service Unavailable"}`, "application/json", "context deadline exceeded", "503 timeout",
		},
		"a body that is too large": {
			"POST", "", strings.Repeat("x", 65), func(_ http.ResponseWriter, r *http.Request) error {
				_, err := io.ReadAll(r.Body)
				return err
			},
			`413 {"detail":"The body is larger than 64 bytes"}`, "application/json", "", "413 size",
		},
		"a body that fits": {
			"POST", "", strings.Repeat("x", 64), func(w http.ResponseWriter, r *http.Request) error {
				_, err := io.Copy(w, r.Body)
				return err
			},
			"200 " + strings.Repeat("x", 64), "text/plain; charset=utf-8", "", "200",
		},
		"a header that was set stays": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Type", "text/csv")
				w.Header().Set("Content-Length", "12345")
				return holdfast.Errorf(409, "Being written")
			},
			`409 {"detail":"Being written"}`, "application/json", "", "409 handler",
		},
		"HEAD of an error has no body": {
			"HEAD", "amy::", "", func(http.ResponseWriter, *http.Request) error { return holdfast.Errorf(404, "No such file") },
			"404 ", "application/json", "", "404 handler",
		},
		"an informational status is no answer": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				w.WriteHeader(http.StatusEarlyHints)
				return holdfast.Errorf(404, "No such file")
			},
			`404 {"detail":"No such file"}`, "application/json", "", "404 handler",
		},
		"a failure after a status": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				w.WriteHeader(http.StatusAccepted)
				return errPlain
			},
			"closed", "", "it broke", "202 failed",
		},
		"a failure after a part": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				_, _ = io.WriteString(w, "part")
				return holdfast.Errorf(404, "No more")
			},
			"closed", "", "404 No more", "200 handler",
		},
		"a failure after a flush": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
				return errPlain
			},
			"200 closed", "", "it broke", "200 failed",
		},
		"the caller is told by the handler": {
			"GET", "amy::", "", func(w http.ResponseWriter, _ *http.Request) error {
				http.Error(w, "told", http.StatusTeapot)
				return errPlain
			},
			"418 told\n", "text/plain; charset=utf-8", "it broke", "418",
		},
	} {
		fail = test.fail
		server := httptest.NewServer(app)
		request, err := http.NewRequestWithContext(t.Context(), test.method, server.URL+"/raw", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.token != "" {
			request.Header.Set("Authorization", "Bearer "+test.token)
		}
		response, err := server.Client().Do(request)
		got, kind := "closed", ""
		if err == nil {
			got, kind = whole(response)
		}
		server.Close()
		if got != test.want || kind != test.kind {
			t.Errorf("%s: %s, %s, want %s, %s", name, got, kind, test.want, test.kind)
		}
		logged, seen := app.last()
		if (logged == "") != (test.logged == "") || !strings.Contains(logged, test.logged) || seen != test.seen {
			t.Errorf("%s: logged %q, observed %q, want %q, %q", name, logged, seen, test.logged, test.seen)
		}
		if test.want[:4] == "404 " && name == "an answer of its own" && response.Header.Get("X-Reason") != "gone" {
			t.Errorf("%s: the answer's header is missing", name)
		}
	}
}

// TestAHijackedConnectionIsTheHandlers returns an error after the connection was
// taken, and after it could not be.
func TestAHijackedConnectionIsTheHandlers(t *testing.T) {
	t.Parallel()
	app := newWatchedApp()
	app.Handle("GET /ws", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return holdfast.Errorf(http.StatusNotImplemented, "no connection: %v", err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken")
		_ = conn.Close()
		return errors.New("afterwards")
	}), holdfast.Status(http.StatusSwitchingProtocols))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	response, err := server.Client().Get(server.URL + "/ws")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || string(body) != "taken" {
		t.Errorf("GET /ws = %q, %v, want what the handler wrote alone", body, err)
	}
	if logged, seen := app.last(); !strings.Contains(logged, "afterwards") || seen != "200" {
		t.Errorf("logged %q, observed %q, want the error in the log, and no refusal", logged, seen)
	}
	if w := send(app, "/ws", ""); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "no connection") {
		t.Errorf("GET /ws where nothing can be taken = %d %s, want 501", w.Code, w.Body)
	}
}

// mute is a writer that can do nothing but write.
type mute struct{ w *httptest.ResponseRecorder }

func (m mute) Header() http.Header            { return m.w.Header() }
func (m mute) Write(data []byte) (int, error) { return m.w.Write(data) }
func (m mute) WriteHeader(status int)         { m.w.WriteHeader(status) }

// TestAFlushThatIsNoneBeginsNothing flushes where that is not possible.
func TestAFlushThatIsNoneBeginsNothing(t *testing.T) {
	t.Parallel()
	app := quiet()
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush() = %v, want that it is not supported", err)
		}
		return holdfast.Errorf(http.StatusNotFound, "No stream")
	}))
	w := httptest.NewRecorder()
	app.ServeHTTP(mute{w}, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusNotFound || w.Body.String() != `{"detail":"No stream"}` {
		t.Errorf("GET / = %d %s, want 404 No stream", w.Code, w.Body)
	}
}

// whole is the status and the body of a response, which may break off, and its
// media type.
func whole(r *http.Response) (got, kind string) {
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		body = []byte("closed")
	}
	return fmt.Sprint(r.StatusCode, " ", string(body)), r.Header.Get("Content-Type")
}

// TestDeferredFunctionsOfARawHandler may change what is answered until the
// handler has written.
func TestDeferredFunctionsOfARawHandler(t *testing.T) {
	t.Parallel()
	conflict := func(error) error { return holdfast.Errorf(http.StatusConflict, "not committed") }
	keep := func(error) error { return nil }
	errPlain := errors.New("it broke")
	write := func(w http.ResponseWriter) error {
		_, err := io.WriteString(w, "written")
		return err
	}
	for name, test := range map[string]struct {
		handle  func(w http.ResponseWriter) error
		cleanup func(error) error
		got     string // by cleanup
		want    string
		logged  string
		seen    string
	}{
		"a success becomes an error":           {func(http.ResponseWriter) error { return nil }, conflict, "<nil>", `409 {"detail":"not committed"}`, "", "409 handler"},
		"an error becomes another":             {func(http.ResponseWriter) error { return errPlain }, conflict, "it broke", `409 {"detail":"not committed"}`, "", "409 handler"},
		"an error stays":                       {func(http.ResponseWriter) error { return errPlain }, keep, "it broke", "500 Internal Server Error", "it broke", "500 failed"},
		"a panic becomes an error":             {func(http.ResponseWriter) error { panic("boom") }, conflict, "panic: boom", `409 {"detail":"not committed"}`, "", "409 handler"},
		"what was written stays":               {write, keep, "<nil>", "200 written", "", "200"},
		"what was written cannot be unsaid":    {write, conflict, "<nil>", "broken 200 written", "409 not committed", "200 handler"},
		"a cleanup that panics after a write":  {write, func(error) error { panic("late") }, "<nil>", "broken 200 written", "panic: late", "200 panic"},
		"a cleanup that panics before a write": {func(http.ResponseWriter) error { return nil }, func(error) error { panic("late") }, "<nil>", "500 Internal Server Error", "panic: late", "500 panic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := newWatchedApp()
			got, after := "never", "never"
			app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
				holdfast.Defer(r.Context(), func(_ context.Context, err error) error {
					got = fmt.Sprint(err)
					return test.cleanup(err)
				})
				holdfast.AfterResponse(r.Context(), func(_ context.Context, err error) { after = fmt.Sprint(err) })
				return test.handle(w)
			}))
			w := httptest.NewRecorder()
			said := ""
			func() {
				defer func() {
					if cause := recover(); cause != nil {
						said = "broken "
					}
				}()
				app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			}()
			said += fmt.Sprint(w.Code, " ", w.Body)
			logged, seen := app.last()
			if got != test.got || said != test.want || seen != test.seen || (logged == "") != (test.logged == "") || !strings.Contains(logged, test.logged) {
				t.Errorf("cleanup got %s, the answer is %s, observed %q, logged %q; want %s, %s, %q, %q", got, said, seen, logged, test.got, test.want, test.seen, test.logged)
			}
			if after == "never" {
				t.Error("what was to run after the response did not")
			}
		})
	}
}

// uploaded is input of every kind but a form.
type uploaded struct {
	Folder string `path:"folder"`
	Mode   string `query:"mode" enum:"new,replace" default:"new"`
	Body   struct {
		Name string `json:"name" minLength:"1"`
	}
}

type uploadForm struct {
	Folder string `path:"folder"`
	Name   string `form:"name" required:"true"`
}

// TestRawInput reads input for a handler that writes for itself.
func TestRawInput(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	ran := 0
	app.Handle("PUT /{folder}", holdfast.RawInput(holdfast.Security(s.user), func(w http.ResponseWriter, r *http.Request, u user, in uploaded) error {
		ran++
		rest, err := io.ReadAll(r.Body)
		fmt.Fprint(w, u.Name, " ", in.Folder, r.PathValue("folder"), " ", in.Mode, " ", in.Body.Name, " ", len(rest))
		return err
	}), holdfast.Status(http.StatusAccepted), holdfast.Answers("text/plain"))
	app.Handle("POST /{folder}", holdfast.RawInput(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone, in uploadForm) error {
		ran++
		_, err := io.WriteString(w, in.Folder+" "+in.Name)
		return err
	}))
	app.Handle("DELETE /{folder}", holdfast.RawInput(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone, uploaded) error {
		return holdfast.Errorf(http.StatusConflict, "not empty")
	}))
	for name, test := range map[string]struct {
		method, path, token, kind, body string
		want                            string
		runs                            int
	}{
		"what fits":                {"PUT", "/a?mode=replace", "amy::", "application/json", `{"name":"x"}`, "200 amy aa replace x 0", 1},
		"a default":                {"PUT", "/a", "amy::", "application/json", `{"name":"x"}`, "200 amy aa new x 0", 1},
		"a form":                   {"POST", "/a", "", "application/x-www-form-urlencoded", "name=x", "200 a x", 1},
		"a form without its field": {"POST", "/a", "", "application/x-www-form-urlencoded", "", `422 {"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":null}]}`, 0},
		"who may not call":         {"PUT", "/a?mode=odd", "", "application/json", `{`, `401 {"detail":"Not authenticated"}`, 0},
		"a body that is none":      {"PUT", "/a", "amy::", "application/json", `{`, "422 ", 0},
		"another media type":       {"PUT", "/a", "amy::", "text/plain", `{"name":"x"}`, "415 ", 0},
		"several mistakes":         {"PUT", "/a?mode=odd", "amy::", "application/json", `{"name":""}`, "422 ", 0},
		"an error of the handler":  {"DELETE", "/a", "", "application/json", `{"name":"x"}`, `409 {"detail":"not empty"}`, 0},
	} {
		ran = 0
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		r.Header.Set("Content-Type", test.kind)
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if got := fmt.Sprint(w.Code, " ", w.Body); !strings.HasPrefix(got, test.want) || ran != test.runs {
			t.Errorf("%s: %s, ran %d times, want %s, %d", name, got, ran, test.want, test.runs)
		}
		if name == "several mistakes" && (!strings.Contains(w.Body.String(), `["query","mode"]`) || !strings.Contains(w.Body.String(), `["body","name"]`)) {
			t.Errorf("%s: %s, want both", name, w.Body)
		}
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct{ Content map[string]any }
			Responses   map[string]struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal(send(app, "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	put := doc.Paths["/{folder}"]["put"]
	if got := fmt.Sprint(put.Parameters); got != "[{folder path} {mode query}]" {
		t.Errorf("the document has the parameters %s of PUT, want folder and mode", got)
	}
	for _, test := range []struct {
		what, want string
		content    map[string]any
	}{
		{"the body of PUT", "application/json", put.RequestBody.Content},
		{"the answer of PUT", "text/plain", put.Responses["202"].Content},
		{"the 422 of PUT", "application/json", put.Responses["422"].Content},
		{"the body of POST", "application/x-www-form-urlencoded", doc.Paths["/{folder}"]["post"].RequestBody.Content},
	} {
		if len(test.content) != 1 || test.content[test.want] == nil {
			t.Errorf("%s is %v in the document, want %s", test.what, test.content, test.want)
		}
	}
}
