// Package serving runs a server until it is told to stop, and stops it so that
// what it has accepted is answered. Its connections are bounded, see package conns.
package serving

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/conns"
)

// Listen listens on an address of TCP. It does without Multipath TCP, which Go's
// listeners have on Linux: a server behind one cannot be told to agree to no more
// connections before it stops, see [Server].
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(ctx, "tcp", addr)
}

// Server is a server and how it ends. When it is told to, it first goes on: each
// answer says that the connection is to be closed, so that the callers leave by
// themselves and none sends a request into a connection that is just being
// closed. Then nothing new is accepted, and what is in progress may finish. A listener
// that is closed resets what waits to be accepted, and the request in it with it, and
// net/http drops what it reads after Shutdown; so on Linux one of [Listen] agrees to no
// connection for a moment before, until those that it had agreed to are answered. Who
// asks for one then is refused, or taken by the next process, when TCP asks again.
type Server struct {
	HTTP *http.Server

	// Drain is how long the server goes on, for those who send callers here to
	// notice. If zero, until no connection is open, and a second at most.
	Drain time.Duration

	// Grace is how long what is in progress may take after that.
	Grace time.Duration

	Conns *conns.Bounds               // of connections; those of conns.Config's zero if nil
	TLS   *tls.Config                 // with a certificate; nil for no TLS
	Wait  func(context.Context) error // for what is done after answers; nothing if nil

	stopping atomic.Bool
}

// Stopping reports whether the server has been told to stop.
func (s *Server) Stopping() bool { return s.stopping.Load() }

// Serve serves on a listener, which it closes, until ctx ends. It is called once.
// Its error is that of the listener, or says what did not finish in time.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.Conns == nil {
		s.Conns = conns.New(conns.Config{})
	}
	s.HTTP.Handler = s.closing(s.HTTP.Handler)
	s.Conns.Attach(s.HTTP)
	failed := make(chan error, 1)
	go func() { failed <- s.accept(s.Conns.Listen(l)) }() // ends with Shutdown below
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	s.drain()
	if deafen(l) {
		s.settle(l)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Grace)
	defer cancel()
	err := s.HTTP.Shutdown(grace)
	if s.Wait != nil {
		err = errors.Join(err, s.Wait(grace))
	}
	return err
}

func (s *Server) accept(l net.Listener) error {
	if s.TLS == nil {
		return s.HTTP.Serve(l)
	}
	s.HTTP.TLSConfig = s.TLS
	return s.HTTP.ServeTLS(l, "", "") // with the certificate of the configuration
}

// closing tells callers to close their connections while the server stops.
func (s *Server) closing(next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// How long a server goes on if it is not said, and how often it looks whether
// that is needed any more.
const (
	usualDrain = time.Second
	look       = 20 * time.Millisecond

	// handshakes is how long a connection may take until it is agreed to, with the way
	// there and back.
	handshakes = 50 * time.Millisecond
)

// settle waits until what a listener has agreed to is accepted and has been read from:
// that is, until no connection is open, each of which ends with its answer now, or for a
// second, for some are idle and others are at work.
func (s *Server) settle(l net.Listener) {
	<-time.After(handshakes)
	end, tick := time.NewTimer(usualDrain), time.NewTicker(look)
	defer end.Stop()
	defer tick.Stop()
	for waiting(l) > 0 || s.Conns.Stats().Open > 0 {
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}

func (s *Server) drain() {
	if s.Drain > 0 {
		<-time.After(s.Drain)
		return
	}
	end, tick := time.NewTimer(usualDrain), time.NewTicker(look)
	defer end.Stop()
	defer tick.Stop()
	for s.Conns.Stats().Open > 0 {
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}
