package identity

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// openedOnDisk is a store in a file.
func openedOnDisk(t *testing.T, file string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// events is a stream that says again and again who listens.
func events(w http.ResponseWriter, r *http.Request, who Caller) error {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		if _, err := fmt.Fprintf(w, "data: %s\n\n", who.User.Name); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// feed is a program of identity's with streams, and no code about their end but
// that of the socket.
func feed(t *testing.T, id *Identity) *httptest.Server {
	t.Helper()
	app := id.NewApp(holdfast.Config{Title: "Feed"})
	scheme := id.config.Scheme
	app.Handle("GET /events", holdfast.Raw(holdfast.Security(id.Caller(), scheme.Me), events))
	app.Handle("GET /page", holdfast.Raw(holdfast.Security(id.Session()), events))
	app.Handle("GET /admins", holdfast.Raw(holdfast.AnyRole(id.Caller(), holdfast.NewRole("manager", "Manages")), events))
	manager := holdfast.NewRole("manager", "Manages")
	app.Handle("GET /socket", holdfast.Raw(holdfast.AnyOf(holdfast.AnyRole(id.Caller(), manager), holdfast.AnyRole(id.Socket().Require(scheme.Me), manager)), socket))
	server := httptest.NewServer(id.Handler(app))
	t.Cleanup(server.Close)
	return server
}

// socket reads until its caller goes or may not stay.
func socket(w http.ResponseWriter, r *http.Request, who Caller) error {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"bearer"}})
	if err != nil {
		return nil //nolint:nilerr // Accept has answered
	}
	defer func() { _ = c.CloseNow() }()
	stop := context.AfterFunc(r.Context(), func() {
		if ended, ok := errors.AsType[*holdfast.Error](context.Cause(r.Context())); ok {
			_ = c.Close(websocket.StatusCode(4000+ended.Status), "ended")
		}
	})
	defer stop()
	_ = c.Write(r.Context(), websocket.MessageText, []byte("hello "+who.User.Name))
	_, _, _ = c.Read(context.WithoutCancel(r.Context()))
	return nil
}

// TestStreamsEndWithTheRightToThem opens streams over HTTP, on a database that
// another process may change, takes the right away, and reads to their end.
func TestStreamsEndWithTheRightToThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path   string
		ttl    time.Duration
		change func(t *testing.T, w *feedWorld)
		status int // of the next request
	}{
		"log-out": {path: "/events", status: 401, change: func(t *testing.T, w *feedWorld) {
			w.post(t, "/logout")
		}},
		"disabling": {path: "/events", status: 401, change: func(t *testing.T, w *feedWorld) {
			disable(t, w.id.Accounts(), w.userID)
		}},
		"disabling by another process": {path: "/events", status: 401, change: func(t *testing.T, w *feedWorld) {
			other, err := account.NewService(t.Context(), account.Config{Store: openedOnDisk(t, w.file), Passwords: w.id.config.Passwords})
			if err != nil {
				t.Fatal(err)
			}
			disable(t, other, w.userID)
		}},
		"demotion": {path: "/admins", status: 403, change: func(t *testing.T, w *feedWorld) {
			w.demote(t)
		}},
		"expiry": {path: "/events", status: 401, ttl: 5 * time.Second, change: func(*testing.T, *feedWorld) {}},
		"the key is retired": {path: "/events", status: 401, change: func(t *testing.T, w *feedWorld) {
			key, err := w.id.KeyRing().SigningKey(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.id.KeyRing().RotateNow(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := w.id.KeyRing().Revoke(t.Context(), key.ID()); err != nil {
				t.Fatal(err)
			}
		}},
		"a page's sign-out": {path: "/page", status: 401, change: func(t *testing.T, w *feedWorld) {
			w.post(t, "/signout")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFeedWorld(t, test.ttl)
			response := w.get(t, test.path)
			defer func() { _ = response.Body.Close() }()
			lines := bufio.NewScanner(response.Body)
			if !lines.Scan() || lines.Text() != "data: alice" {
				t.Fatalf("GET %s = %d, and begins with %q", test.path, response.StatusCode, lines.Text())
			}
			test.change(t, w)
			for lines.Scan() { // without end, if the stream has none
			}
			again := w.get(t, test.path)
			_ = again.Body.Close()
			if again.StatusCode != test.status {
				t.Errorf("GET %s again = %d, want %d", test.path, again.StatusCode, test.status)
			}
		})
	}
}

// TestASocketIsClosedWithTheReason takes a role and then the session from
// somebody with a WebSocket.
func TestASocketIsClosedWithTheReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		browser bool // which has no header
		change  func(t *testing.T, w *feedWorld)
		code    websocket.StatusCode
	}{
		"demotion in a browser": {browser: true, code: 4403, change: func(t *testing.T, w *feedWorld) { w.demote(t) }},
		"log-out in a browser":  {browser: true, code: 4401, change: func(t *testing.T, w *feedWorld) { w.post(t, "/logout") }},
		"demotion": {code: 4403, change: func(t *testing.T, w *feedWorld) {
			w.demote(t)
		}},
		"log-out": {code: 4401, change: func(t *testing.T, w *feedWorld) { w.post(t, "/logout") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFeedWorld(t, 0)
			options := &websocket.DialOptions{HTTPHeader: w.header}
			if test.browser {
				options = &websocket.DialOptions{Subprotocols: []string{"bearer", strings.TrimPrefix(w.header.Get("Authorization"), "Bearer ")}}
			}
			c, _, err := websocket.Dial(t.Context(), w.server.URL+"/socket", options)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.CloseNow() }()
			if _, hello, err := c.Read(t.Context()); err != nil || string(hello) != "hello alice" {
				t.Fatalf("the socket says %q, %v", hello, err)
			}
			test.change(t, w)
			if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != test.code {
				t.Errorf("the socket ends with %v, want code %d", err, test.code)
			}
		})
	}
}

// feedWorld is a server with a user who is signed in, in two ways.
type feedWorld struct {
	id     *Identity
	server *httptest.Server
	file   string
	userID string
	header http.Header
}

func newFeedWorld(t *testing.T, ttl time.Duration) *feedWorld {
	t.Helper()
	w := &feedWorld{file: filepath.Join(t.TempDir(), "holdfast.db")}
	var app *holdfast.App
	w.id, app = opened(t, Config{Store: openedOnDisk(t, w.file), AccessTTL: ttl, Pages: &Pages{}})
	w.server = feed(t, w.id)
	user, err := w.id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "alice", Password: secret, Roles: []string{"user", "manager"}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := w.id.Accounts().LoginSession(t.Context(), "alice", secret)
	if err != nil {
		t.Fatal(err)
	}
	grant := tokens(t, w.id, app, url.Values{"username": {"alice"}, "password": {secret}, "scope": {"me"}}.Encode())
	w.userID = user.ID
	w.header = http.Header{"Authorization": {"Bearer " + grant.AccessToken}, "Cookie": {sessionCookie + "=" + string(session.Secret)}}
	return w
}

// do sends a request with both credentials.
func (w *feedWorld) do(t *testing.T, method, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = w.header.Clone()
	response, err := w.server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func (w *feedWorld) get(t *testing.T, path string) *http.Response {
	t.Helper()
	return w.do(t, http.MethodGet, path)
}

func (w *feedWorld) post(t *testing.T, path string) {
	t.Helper()
	response := w.do(t, http.MethodPost, path)
	_ = response.Body.Close()
	if response.StatusCode >= 400 {
		t.Fatalf("POST %s = %d", path, response.StatusCode)
	}
}

func (w *feedWorld) demote(t *testing.T) {
	t.Helper()
	if _, err := w.id.Accounts().SetRoles(t.Context(), w.userID, []string{"user"}); err != nil {
		t.Fatal(err)
	}
}

func disable(t *testing.T, accounts *account.Service, userID string) {
	t.Helper()
	disabled := true
	if _, err := accounts.UpdateUser(t.Context(), userID, account.UserChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
}
