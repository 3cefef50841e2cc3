package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// A dependency may change the list of scopes that it is given: it is its own.
func TestScopesOfADependencyAreItsOwn(t *testing.T) {
	t.Parallel()
	s := newShop()
	compares := holdfast.Depends2(holdfast.SecurityScopes(), s.oauth.Credential(), func(_ context.Context, want holdfast.Scopes, token string) (string, error) {
		missing := want[:0]
		for _, one := range want {
			if !strings.Contains(token, one.Name()) {
				missing = append(missing, one)
			}
		}
		if len(missing) > 0 {
			return "", holdfast.Errorf(http.StatusForbidden, "missing %v", missing)
		}
		return token, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(compares, s.me, s.items), shown[string])
	for range 2 {
		for token, want := range map[string]int{"me": 403, "items": 403, "me+items": 200} {
			if w := send(app, "/", "Authorization: Bearer "+token); w.Code != want {
				t.Fatalf("GET / with %s = %d %s, want %d", token, w.Code, w.Body, want)
			}
		}
	}
}

// notYours has the method by which errors of parameters are known inside.
type notYours struct{}

func (notYours) Error() string { return "not yours" }
func (notYours) InvalidInput() {}

func TestAnErrorOfADependencyIsNeverAParameters(t *testing.T) {
	t.Parallel()
	owner := holdfast.Depends0(func(context.Context) (string, error) { return "", fmt.Errorf("owner: %w", notYours{}) })
	called := false
	app := quiet()
	app.Handle("GET /handler", holdfast.To1(holdfast.Public(), owner, func(context.Context, holdfast.Anyone, string, holdfast.NoInput) (string, error) {
		called = true
		return "secret", nil
	}))
	holdfast.Get(app, "/policy", holdfast.Security(owner), shown[string])
	for _, path := range []string{"/handler", "/policy"} {
		if w := send(app, path, ""); w.Code != http.StatusInternalServerError || called {
			t.Errorf("GET %s = %d %s, called %v, want 500", path, w.Code, w.Body, called)
		}
	}
}

// Of two applications, one inside the other, each has its bound.
func TestABodyLimitInsideOfAnother(t *testing.T) {
	t.Parallel()
	type note struct {
		Body struct {
			Text string `json:"text"`
		}
	}
	inner := quiet()
	holdfast.Post(inner, "/x", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in note) (int, error) { return len(in.Body.Text), nil }, holdfast.MaxBody(100))
	for outerLimit, size := range map[int64]int{1 << 20: 1000, 50: 80} {
		outer := quiet()
		outer.Protect("POST /x", holdfast.Public(), inner, holdfast.MaxBody(outerLimit))
		r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(`{"text":"`+strings.Repeat("a", size)+`"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if outer.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a body of %d bytes within %d and 100 = %d %s, want 413", size, outerLimit, w.Code, w.Body)
		}
	}
}

// What waits for the response runs also after the connection was taken over,
// and the connection is left alone.
func TestAfterResponseOnATakenConnection(t *testing.T) {
	t.Parallel()
	ran := make(chan struct{})
	conns := make(chan net.Conn, 1)
	app := quiet()
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		holdfast.AfterResponse(r.Context(), func(context.Context, error) { close(ran) })
		conn, _, err := http.NewResponseController(w).Hijack()
		conns <- conn
		return err
	}))
	server := httptest.NewServer(app)
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	taken := <-conns
	defer func() { _ = taken.Close() }()
	select {
	case <-ran:
	case <-time.After(10 * time.Second):
		t.Fatal("the function after the response did not run")
	}
	if _, err := io.WriteString(taken, "still mine\n"); err != nil {
		t.Errorf("writing to the connection = %v", err)
	}
}

// hollow is an error whose nil pointer is no nil error.
type hollow struct{ cause error }

func (h *hollow) Error() string { return h.cause.Error() }
func (h *hollow) Unwrap() error { return h.cause }

func TestATypedNilErrorIsAnAnswer(t *testing.T) {
	t.Parallel()
	after := false
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.AfterResponse(ctx, func(context.Context, error) { after = true })
		var none *hollow
		return "", none
	})
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError || !after {
		t.Errorf("GET / = %d %s, after %v, want 500 and true", w.Code, w.Body, after)
	}
}

// A handler that ends its goroutine, as a mock of a test does, still has what it
// deferred, and gives its place back.
func TestAHandlerThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	var seen error
	gone := true
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error { seen = err; return nil })
		if gone {
			runtime.Goexit()
		}
		return "fine", nil
	}, holdfast.Limit(holdfast.AtOnce{Requests: 1}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		send(app, "/", "")
	}()
	<-ended
	if seen == nil {
		t.Error("what was deferred saw no error")
	}
	gone = false
	if w := send(app, "/", ""); w.Code != http.StatusOK {
		t.Errorf("GET / afterwards = %d %s, want 200", w.Code, w.Body)
	}
}

// elsewhere is a lane that runs functions in goroutines of its own.
type elsewhere struct{}

func (elsewhere) Do(_ context.Context, fn func() error) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = fn()
	}()
	<-ended
	return nil
}

func TestALaneCannotMakeASuccess(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/gone", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		runtime.Goexit()
		return "", nil
	}, holdfast.InLane(elsewhere{}))
	holdfast.Get(app, "/failed", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		return "", errors.New("broken")
	}, holdfast.InLane(elsewhere{}))
	for _, path := range []string{"/gone", "/failed"} {
		if w := send(app, path, ""); w.Code != http.StatusInternalServerError {
			t.Errorf("GET %s = %d %s, want 500", path, w.Code, w.Body)
		}
	}
}

// angry panics when the document is written.
type angry struct{}

func (angry) MarshalJSON() ([]byte, error) { panic("boom") }

func TestAnApplicationThatCouldNotBeMadeServesNothing(t *testing.T) {
	t.Parallel()
	scheme := holdfast.NewScheme("X", "X", map[string]any{"type": "http", "x": angry{}}, func(*http.Request) (string, bool) { return "", true })
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(scheme.Credential()), shown[string])
	func() {
		defer func() { _ = recover() }()
		_ = app.Err()
	}()
	if err := app.Err(); err == nil {
		t.Error("Err() = nil after a panic, want an error")
	}
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("GET / = %d, want 500", w.Code)
	}
}

// A scope that is required of a Check is the business of the dependency that
// asks for the list.
func TestScopesOfACheckAreComparedByTheDependency(t *testing.T) {
	t.Parallel()
	key := holdfast.APIKeyHeader("X-Key")
	items := key.Scope("items", "")
	checked := holdfast.Check(key, func(_ context.Context, key string) (string, error) { return key, nil })
	compares := holdfast.Depends2(checked, holdfast.SecurityScopes(), func(_ context.Context, key string, want holdfast.Scopes) (string, error) {
		if key != want.String() {
			return "", holdfast.Errorf(http.StatusForbidden, "no")
		}
		return key, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(compares, items), shown[string])
	for key, want := range map[string]int{"items": 200, "other": 403} {
		if w := send(app, "/", "X-Key: "+key); w.Code != want {
			t.Errorf("GET / with %s = %d %s, want %d", key, w.Code, w.Body, want)
		}
	}
	rows, err := app.Access()
	if err != nil || !strings.Contains(rows[0].Policy, "checked by") {
		t.Errorf("the table says %q, %v, want who checks the scope", rows[0].Policy, err)
	}
}
