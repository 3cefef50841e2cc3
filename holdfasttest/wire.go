package holdfasttest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// wire is a listener in front of the application that is sent bytes.
type wire struct {
	t      testing.TB
	server *httptest.Server
	sights sync.Map // remote address of a connection -> *sight
}

func newWire(p *probe) *wire {
	w := &wire{t: p.t, server: httptest.NewUnstartedServer(impatiently(p.handler))}
	w.server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		s := &sight{}
		w.sights.Store(c.RemoteAddr().String(), s)
		return context.WithValue(ctx, sightKey{p}, s)
	}
	w.server.Start()
	p.t.Cleanup(w.server.Close)
	return w
}

// send writes bytes over a connection of their own and reads one answer.
func (w *wire) send(text string) *sight {
	conn, err := new(net.Dialer).DialContext(w.t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()               // it is over either way
	_ = conn.SetDeadline(time.Now().Add(wireTimeout)) //nolint:forbidigo // a deadline is on the real clock
	if _, err := io.WriteString(conn, text); err != nil {
		return &sight{} // the server closed before it had read all of it
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	status := 0
	if err == nil {
		status = resp.StatusCode
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // the status is what counts
		_ = resp.Body.Close()
	}
	s, ok := w.sights.LoadAndDelete(conn.LocalAddr().String())
	if !ok {
		return &sight{status: status}
	}
	found := s.(*sight)
	found.mu.Lock()
	found.status = status
	found.mu.Unlock()
	return found
}

const wireTimeout = 10 * time.Second
