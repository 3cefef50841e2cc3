package hostile_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/hostile"
)

// An attack holds as many connections of each kind as it is told to, from as many
// addresses, and comes again where it is hung up on.
func TestAnAttackHoldsItsConnections(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one address of their own")
	}
	var bodies, closed atomic.Int64
	peers := make(chan string, 100)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			bodies.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}))
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			select {
			case peers <- host:
			default:
			}
			if closed.Add(1) <= 3 {
				_ = c.Close()
			}
		}
	}
	s.Start()
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	a := hostile.Begin(ctx, hostile.Config{Addr: s.Listener.Addr().String(), Conns: 30, Pace: 10 * time.Millisecond, Peers: 5})
	defer a.Wait()
	defer stop()
	want := hostile.Stats{Open: [hostile.Kinds]int{10, 10, 10}}
	for a.Stats().Open != want.Open || bodies.Load() < 10 {
		<-time.After(time.Millisecond) // the test's own end is its limit
	}
	dialed := 0
	for _, n := range a.Stats().Dialed {
		dialed += n
	}
	if got := a.Stats(); dialed < 33 || got.Failed != 0 {
		t.Errorf("Stats = %+v, want 33 connections or more, since three were hung up on", got)
	}
	from := map[string]bool{}
	for range 30 {
		from[<-peers] = true
	}
	if len(from) != 5 {
		t.Errorf("it came from %d addresses, want 5", len(from))
	}
}
