package holdfast_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
)

// pipes is a network inside the test, so that its hours pass at once.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// drip sends a text a byte a second, and returns when the server has hung up.
func drip(c net.Conn, text io.ByteReader) {
	hungUp := make(chan struct{})
	go func() {
		defer close(hungUp)
		_, _ = io.Copy(io.Discard, c)
	}()
	for {
		b, err := text.ReadByte()
		if err != nil {
			<-hungUp
			return
		}
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-hungUp:
			return
		}
	}
}

// endless repeats the last byte of a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) ReadByte() (byte, error) {
	b := e.text[min(e.at, len(e.text)-1)]
	e.at++
	return b, nil
}

type note struct {
	Body struct {
		Text string `json:"text"`
	}
}

// A client who is slow with the header, the body or the answer, or who has
// nothing to say, is hung up on in time, and has no slot of the route
// meanwhile.
func TestSlowClientsCannotHoldTheServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   io.ByteReader
		within time.Duration
	}{
		"a header without end": {&endless{"GET / HTTP/1.1\r\nHost: x\r\nX-A: a", 0}, 5 * time.Second},
		"a body without end":   {&endless{"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n ", 0}, 31 * time.Second},
		"nothing at all":       {strings.NewReader(""), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network, stop := serveInside(t)
				defer stop()
				began := time.Now()
				slow := make(chan time.Duration)
				go func() {
					c := network.dial()
					defer func() { _ = c.Close() }()
					if e, ok := test.text.(*endless); ok && strings.HasPrefix(e.text, "POST") {
						_, _ = io.WriteString(c, e.text) // the header is quick
						e.at = len(e.text)
					}
					drip(c, test.text)
					slow <- time.Since(began)
				}()
				time.Sleep(3 * time.Second) //nolint:forbidigo // inside testing/synctest
				if status := postNote(t, network); status != 200 {
					t.Errorf("another client beside: %d, want 200", status)
				}
				if took := <-slow; took > test.within+time.Second {
					t.Errorf("the slow client was hung up on after %v, want %v", took, test.within)
				}
			})
		})
	}
}

// serveInside serves a route with one slot and no queue.
func serveInside(t *testing.T) (network *pipes, stop func()) {
	t.Helper()
	app := holdfast.New("Test", "1")
	holdfast.Post(app, "/notes", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in note) (string, error) { return in.Body.Text, nil }, holdfast.Limit(holdfast.AtOnce{Requests: 1, Queue: 0}))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	network = &pipes{make(chan net.Conn), make(chan struct{})}
	server := holdfast.NewServer("", app)
	ended := make(chan error)
	go func() { ended <- server.Serve(network) }()
	return network, func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
		synctest.Wait()
	}
}

func postNote(t *testing.T, network *pipes) int {
	t.Helper()
	c := network.dial()
	defer func() { _ = c.Close() }()
	body := `{"text":"hello"}`
	_, err := fmt.Fprintf(c, "POST /notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// A client who keeps its connection and asks for nothing is hung up on.
func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, stop := serveInside(t)
		defer stop()
		c := network.dial()
		defer func() { _ = c.Close() }()
		go func() { _, _ = io.WriteString(c, "GET /docs-none HTTP/1.1\r\nHost: x\r\n\r\n") }()
		r := bufio.NewReader(c)
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		began := time.Now()
		if _, err := r.ReadByte(); !errors.Is(err, io.EOF) || time.Since(began) > 2*time.Minute+time.Second {
			t.Errorf("an idle connection ended with %v after %v, want EOF after 2 minutes", err, time.Since(began))
		}
	})
}

// A client who does not take the answer is hung up on.
func TestSlowReadersAreHungUpOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, stop := serveInside(t)
		defer stop()
		c := network.dial()
		defer func() { _ = c.Close() }()
		began := time.Now()
		_, err := io.WriteString(c, "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second) //nolint:forbidigo // inside testing/synctest
		if n, err := io.Copy(io.Discard, c); n != 0 || err != nil {
			t.Errorf("%v after the request the answer still came: %d bytes, %v", time.Since(began), n, err)
		}
	})
}

// A stream may say nothing for longer than one write may take.
func TestAStreamMayBeSilentForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := quiet()
		app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
			for range 3 {
				_, _ = io.WriteString(w, "tick\n")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Minute) //nolint:forbidigo // inside testing/synctest
			}
			return nil
		}))
		network := &pipes{make(chan net.Conn), make(chan struct{})}
		server := holdfast.NewServer("", app)
		ended := make(chan error)
		go func() { ended <- server.Serve(network) }()
		c := network.dial()
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") }()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "tick\ntick\ntick\n" {
			t.Errorf("the stream is %q, %v, want three ticks", data, err)
		}
		_ = resp.Body.Close()
		_ = c.Close()
		_ = server.Close()
		<-ended
		synctest.Wait()
	})
}

func TestRedirectsBelowAPrefix(t *testing.T) {
	t.Parallel()
	app := newShop().app(t)
	h := http.StripPrefix("/api", app)
	for target, want := range map[string]string{
		"/api/items?skip=1": "/api/items/?skip=1",
		"/api/health/":      "/api/health",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != want {
			t.Errorf("GET %s = %d to %q, want %q", target, w.Code, w.Header().Get("Location"), want)
		}
	}
	for _, target := range []string{"//evil.example/items", "/\\evil.example/items", "/%2fevil.example/items"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/items", nil)
		r.RequestURI = target
		app.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != "/items/" {
			t.Errorf("GET %s to %q, want /items/", target, got)
		}
	}
}
