package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
)

// TestTheTokenOfASubprotocol sends lists of subprotocols, and sees who the caller
// is and what the handler is given.
func TestTheTokenOfASubprotocol(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sent   []string
		status int
		says   string // the caller, and the header that the handler sees
	}{
		"after the word":             {[]string{"bearer, t1"}, 200, "t1: bearer"},
		"between others":             {[]string{"chat.v2 ,bearer,\tt1 , chat.v1"}, 200, "t1: chat.v2, bearer, chat.v1"},
		"in another line":            {[]string{"chat, bearer", "t1"}, 200, "t1: chat, bearer"},
		"nothing":                    {nil, 200, "nobody: "},
		"others alone":               {[]string{"chat, t1"}, 200, "nobody: chat, t1"},
		"the word in capitals":       {[]string{"Bearer, t1"}, 200, "nobody: Bearer, t1"},
		"the word alone":             {[]string{"bearer"}, 401, ""},
		"the word, and nothing":      {[]string{"bearer, , t1"}, 401, ""},
		"two tokens":                 {[]string{"bearer, t1, bearer, t2"}, 401, ""},
		"the word as the token":      {[]string{"bearer, bearer"}, 401, ""},
		"a token that is not good":   {[]string{"bearer, t9"}, 401, ""},
		"the word in the other line": {[]string{"t1", "bearer"}, 401, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := quiet()
			who := holdfast.Check(holdfast.WebSocketBearer(), func(_ context.Context, token string) (string, error) {
				if token != "t1" {
					return "", &holdfast.Error{Status: 401}
				}
				return token, nil
			})
			app.Handle("GET /", holdfast.Raw(holdfast.Optional(holdfast.Security(who)), func(w http.ResponseWriter, r *http.Request, who holdfast.Maybe[string]) error {
				name, ok := who.Get()
				if !ok {
					name = "nobody"
				}
				_, err := w.Write([]byte(name + ": " + strings.Join(r.Header["Sec-Websocket-Protocol"], ", ")))
				return err
			}))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Sec-Websocket-Protocol"] = test.sent
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != test.status || w.Code == http.StatusOK && w.Body.String() != test.says {
				t.Errorf("GET / = %d %s, want %d %s", w.Code, w.Body, test.status, test.says)
			}
		})
	}
}

// TestABrowsersSocket uses a library for WebSockets, which chooses a subprotocol.
func TestABrowsersSocket(t *testing.T) {
	t.Parallel()
	app := quiet()
	bearer := holdfast.HTTPBearer()
	items := bearer.Scope("items", "Items")
	who := holdfast.Verify(holdfast.WebSocketBearer(holdfast.ScopesOf(bearer)), func(_ context.Context, token string) (lender, error) {
		return lender{name: token, scopes: "items"}, nil
	})
	app.Handle("GET /", holdfast.Raw(holdfast.Security(who, items), func(w http.ResponseWriter, r *http.Request, who lender) error {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"bearer"}})
		if err != nil {
			return err
		}
		_ = c.Write(r.Context(), websocket.MessageText, []byte("hello "+who.name))
		return c.Close(websocket.StatusNormalClosure, "")
	}), holdfast.Status(http.StatusSwitchingProtocols))
	server := httptest.NewServer(app)
	defer server.Close()
	c, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"bearer", "eyJ.a-_~.b"}})
	if err != nil {
		t.Fatalf("Dial = %v, %v", response, err)
	}
	defer func() { _ = c.CloseNow() }()
	if _, hello, err := c.Read(t.Context()); err != nil || string(hello) != "hello eyJ.a-_~.b" || c.Subprotocol() != "bearer" {
		t.Errorf("the socket says %q, %v, with subprotocol %q", hello, err, c.Subprotocol())
	}
	document, err := app.OpenAPI()
	if err != nil || !strings.Contains(string(document), `"name":"Sec-WebSocket-Protocol"`) {
		t.Errorf("OpenAPI() = %s, %v, want the header in it", document, err)
	}
}
