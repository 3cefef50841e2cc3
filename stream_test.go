package holdfast_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
)

// live is an application with a WebSocket and an event stream, both for users
// with scope me, and a WebSocket for each other kind of scheme.
func live(t *testing.T) *httptest.Server {
	t.Helper()
	s := newShop()
	app := quiet()
	app.Handle("GET /ws", holdfast.Raw(holdfast.Security(s.active), func(w http.ResponseWriter, r *http.Request, u user) error {
		return greet(w, r, u.Name)
	}))
	app.Handle("GET /events", holdfast.Raw(holdfast.Security(s.active), func(w http.ResponseWriter, r *http.Request, u user) error {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 2 {
			fmt.Fprintf(w, "data: %s %d\n\n", u.Name, i)
			_ = http.NewResponseController(w).Flush()
		}
		return nil
	}))
	for path, scheme := range map[string]*holdfast.Scheme[string]{
		"/key": holdfast.APIKeyHeader("X-Key"), "/query": holdfast.APIKeyQuery("key"), "/cookie": holdfast.APIKeyCookie("key"), "/bearer": holdfast.HTTPBearer(),
	} {
		app.Handle("GET "+path, holdfast.Raw(holdfast.Security(scheme.Credential()), greet))
	}
	app.Handle("GET /basic", holdfast.Raw(holdfast.Security(holdfast.HTTPBasic("").Credential()), func(w http.ResponseWriter, r *http.Request, c holdfast.BasicCredentials) error {
		return greet(w, r, c.Username)
	}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return server
}

func greet(w http.ResponseWriter, r *http.Request, name string) error {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return err // the caller was told
	}
	defer func() { _ = c.CloseNow() }() // after Close there is nothing to do
	_ = c.Write(r.Context(), websocket.MessageText, []byte("hello "+name))
	return c.Close(websocket.StatusNormalClosure, "")
}

func TestSchemesWorkOnWebSockets(t *testing.T) {
	t.Parallel()
	server := live(t)
	tests := map[string]struct {
		path, header  string
		status        int
		says          string // of the socket, or of the refusal
		challengeWith string
	}{
		"nobody is refused before the upgrade": {"/ws", "", 401, `{"detail":"Not authenticated"}`, `Bearer realm="OAuth2PasswordBearer"`},
		"garbage is":                           {"/ws", "Authorization: Bearer garbage", 401, `{"detail":"Could not validate credentials"}`, `error="invalid_token"`},
		"a missing scope is a 403":             {"/ws", "Authorization: Bearer amy:items:", 403, `{"detail":"Not enough permissions"}`, `scope="me"`},
		"a dependency may refuse":              {"/ws", "Authorization: Bearer inactive:me:", 400, `{"detail":"Inactive user"}`, ""},
		"with the scope it opens":              {"/ws", "Authorization: Bearer amy:me:", 101, "hello amy", ""},
		"a key in a header":                    {"/key", "X-Key: k", 101, "hello k", ""},
		"no key":                               {"/key", "", 401, `{"detail":"Not authenticated"}`, "APIKey"},
		"a key in the query":                   {"/query?key=k", "", 101, "hello k", ""},
		"a key in a cookie":                    {"/cookie", "Cookie: key=k", 101, "hello k", ""},
		"a bearer token":                       {"/bearer", "Authorization: Bearer t", 101, "hello t", ""},
		"a name and a password":                {"/basic", "Authorization: Basic am9objpzZWNyZXQ=", 101, "hello john", ""},
		"no name":                              {"/basic", "", 401, `{"detail":"Not authenticated"}`, "Basic"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			header := http.Header{}
			if key, value, ok := strings.Cut(test.header, ": "); ok {
				header.Set(key, value)
			}
			c, response, err := websocket.Dial(ctx, server.URL+test.path, &websocket.DialOptions{HTTPHeader: header})
			if response == nil || response.StatusCode != test.status {
				t.Fatalf("Dial(%s) = %v, %v, want %d", test.path, response, err, test.status)
			}
			var said []byte
			if err == nil {
				defer func() { _ = c.CloseNow() }()
				_, said, _ = c.Read(ctx)
				_ = c.Close(websocket.StatusNormalClosure, "")
			} else {
				said, _ = io.ReadAll(response.Body)
			}
			if string(said) != test.says {
				t.Errorf("%s says %q, want %q", test.path, said, test.says)
			}
			if got := response.Header.Get("WWW-Authenticate"); !strings.Contains(got, test.challengeWith) {
				t.Errorf("challenge = %q, want %q in it", got, test.challengeWith)
			}
		})
	}
}

func TestSchemesWorkOnEventStreams(t *testing.T) {
	t.Parallel()
	server := live(t)
	get := func(token string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", token)
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	response := get("Bearer amy:me:")
	lines := bufio.NewScanner(response.Body)
	var got []string
	for lines.Scan() {
		got = append(got, lines.Text())
	}
	if text := strings.Join(got, "|"); text != "data: amy 0||data: amy 1|" {
		t.Errorf("GET /events = %q", text)
	}
	if response := get("Bearer amy:items:"); response.StatusCode != http.StatusForbidden || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("GET /events without the scope = %d %s, want 403 in JSON", response.StatusCode, response.Header.Get("Content-Type"))
	}
}

func TestARawHandlerThatPanicsIsAnswered(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := loud(&log)
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone) error { panic("early") }))
	server := httptest.NewServer(app)
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	server.Close() // and so nothing is logged any more
	if response.StatusCode != http.StatusInternalServerError || !strings.Contains(log.String(), "early") {
		t.Errorf("GET / = %d, log %s, want 500 and the panic", response.StatusCode, &log)
	}
}

func TestRawHandlersHaveTheBodysLimit(t *testing.T) {
	t.Parallel()
	app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", MaxBody: 10})
	read := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		data, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(data), " ", err != nil)
		return nil
	}
	app.Handle("POST /small", holdfast.Raw(holdfast.Public(), read))
	app.Handle("POST /large", holdfast.Raw(holdfast.Public(), read), holdfast.MaxBody(100))
	for path, want := range map[string]string{"/small": "10 true", "/large": "50 false"} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", 50))))
		if w.Body.String() != want {
			t.Errorf("POST %s = %s, want %s", path, w.Body, want)
		}
	}
}

// An event stream outlives the server's time for a response.
func TestAStreamHasTimeForEachWrite(t *testing.T) {
	t.Parallel()
	app := quiet()
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		for range 3 {
			fmt.Fprintln(w, "tick")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(80 * time.Millisecond):
			case <-r.Context().Done():
				return nil
			}
		}
		return nil
	}))
	server := httptest.NewUnstartedServer(app)
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if data, err := io.ReadAll(response.Body); err != nil || string(data) != "tick\ntick\ntick\n" {
		t.Errorf("the stream is %q, %v, want three ticks", data, err)
	}
}
