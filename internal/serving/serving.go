// Package serving runs a server until it is told to stop, and stops it so that
// what it has accepted is answered.
package serving

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/deadline"
)

// Server is a server and how it ends. When it is told to, it first goes on: each
// answer says that the connection is to be closed, so that the callers leave by
// themselves and none sends a request into a connection that is just being
// closed. Then nothing new is accepted, and what is in progress may finish.
type Server struct {
	HTTP *http.Server

	// Drain is how long the server goes on, for those who send callers here to
	// notice. If zero, until no connection is open, and a second at most.
	Drain time.Duration

	// Grace is how long what is in progress may take after that.
	Grace time.Duration

	Limit func(net.Listener) net.Listener // of connections; none if nil
	Wait  func(context.Context) error     // for what is done after answers; nothing if nil

	stopping atomic.Bool
	open     atomic.Int64
}

// Stopping reports whether the server has been told to stop.
func (s *Server) Stopping() bool { return s.stopping.Load() }

// Serve serves on a listener, which it closes, until ctx ends. It is called once.
// Its error is that of the listener, or says what did not finish in time.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.HTTP.Handler = s.closing(s.HTTP.Handler)
	l = counting{deadline.Listen(l), &s.open}
	if s.Limit != nil {
		l = s.Limit(l)
	}
	failed := make(chan error, 1)
	go func() { failed <- s.HTTP.Serve(l) }() // ends with Shutdown below
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	s.drain()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Grace)
	defer cancel()
	err := s.HTTP.Shutdown(grace)
	if s.Wait != nil {
		err = errors.Join(err, s.Wait(grace))
	}
	return err
}

// closing tells callers to close their connections while the server stops.
func (s *Server) closing(next http.Handler) http.Handler {
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
)

func (s *Server) drain() {
	if s.Drain > 0 {
		<-time.After(s.Drain)
		return
	}
	end, tick := time.NewTimer(usualDrain), time.NewTicker(look)
	defer end.Stop()
	defer tick.Stop()
	for s.open.Load() > 0 {
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}

// counting counts the connections that are open.
type counting struct {
	net.Listener
	open *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &countedConn{Conn: c.(deadline.Conn), open: l.open}, nil
}

// countedConn can do what the connection below it can.
type countedConn struct {
	deadline.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
