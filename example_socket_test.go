package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
)

// A page opens new WebSocket(url, ["bearer", token]). The handler chooses the
// subprotocol "bearer", and closes the socket with 4401 or 4403 when the caller may
// not stay.
func ExampleWebSocketBearer() {
	socket := holdfast.WebSocketBearer()
	user := holdfast.Check(socket, func(_ context.Context, token string) (string, error) { return token, nil })

	app := holdfast.New("Chat", "1.0.0")
	chat := func(w http.ResponseWriter, r *http.Request, who string) error {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"bearer"}})
		if err != nil {
			return nil //nolint:nilerr // Accept has answered
		}
		defer func() { _ = c.CloseNow() }()
		stop := context.AfterFunc(r.Context(), func() {
			if ended, ok := errors.AsType[*holdfast.Error](context.Cause(r.Context())); ok {
				_ = c.Close(websocket.StatusCode(4000+ended.Status), "")
			}
		})
		defer stop()
		return c.Write(r.Context(), websocket.MessageText, []byte("welcome, "+who))
	}
	app.Handle("GET /chat", holdfast.Raw(holdfast.Security(user), chat), holdfast.Status(http.StatusSwitchingProtocols))

	server := httptest.NewServer(app)
	defer server.Close()
	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, server.URL+"/chat", &websocket.DialOptions{Subprotocols: []string{"bearer", "alice"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.CloseNow() }()
	_, text, err := c.Read(ctx)
	fmt.Println(string(text), err, c.Subprotocol())
	// Output: welcome, alice <nil> bearer
}
