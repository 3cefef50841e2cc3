package conns

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/holdfast-go/holdfast/internal/deadline"
)

// Listen returns a listener whose connections are bounded. The server that serves
// on it has to be told: see Attach.
func (b *Bounds) Listen(l net.Listener) net.Listener {
	return &listener{Listener: deadline.Listen(l), b: b, done: make(chan struct{})}
}

type listener struct {
	net.Listener
	b     *Bounds
	close sync.Once
	done  chan struct{} // closed with the listener
}

func (l *listener) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// Accept returns the next connection that has a place.
func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				l.b.makeRoom() // the system has less than Most; the server tries again in a moment
			}
			return nil, err
		}
		c := &conn{Conn: accepted.(deadline.Conn), b: l.b} //nolint:forcetypeassert // as Listen made it
		if l.admit(c) {
			return c, nil
		}
		_ = c.Conn.Close() // nobody has it yet
	}
}

// admit waits until a connection has a place, and reports whether it has.
func (l *listener) admit(c *conn) bool {
	addr := addrOf(c)
	for {
		ok, refused, evicted := l.b.enter(c, addr)
		switch {
		case evicted != nil:
			_ = evicted.Conn.Close() // it may be closing
			l.b.warn(&l.b.fullLog, "there is no room for more connections: those go that have been idle for longest", slog.Int("most", l.b.config.Most), slog.Int("each", l.b.config.Each))
		case refused:
			l.b.warn(&l.b.peerLog, "a peer has too many connections, all of them at work: more are closed; if it is a proxy, say that it is trusted", slog.String("peer", addr.String()), slog.Int("each", l.b.config.Each))
		}
		if ok || refused || !l.wait() {
			return ok
		}
	}
}

// wait waits until there may be room, and reports whether the listener still
// listens.
func (l *listener) wait() bool {
	l.b.waits(1)
	defer l.b.waits(-1)
	again := time.NewTimer(look)
	defer again.Stop()
	select {
	case <-l.done:
		return false
	case <-l.b.changed:
	case <-again.C:
	}
	return true
}

func (b *Bounds) waits(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting += n
}

// makeRoom closes the connection that may go first.
func (b *Bounds) makeRoom() {
	b.mu.Lock()
	c := b.all.useless(b.config.Now())
	if c != nil {
		b.evicted++
		b.leave(c)
	}
	b.mu.Unlock()
	if c != nil {
		_ = c.Conn.Close() // it may be closing
	}
}

// addrOf is who is connected; invalid where that has no address, as with a Unix
// socket.
func addrOf(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr()
}

// conn is a connection that has a place, and can do what the one below it can.
type conn struct {
	deadline.Conn
	b    *Bounds
	peer *peer // nil if it has no bound of its own

	// Of the bounds, by their lock.
	kind     kind
	since    time.Time // it has this kind
	all, own links

	body  atomic.Bool  // a handler waits for a part of the body
	write atomic.Int64 // when the write began that lasts, in nanoseconds; 0 for none

	streams streams // of HTTP/2
}

// Close gives the place back.
func (c *conn) Close() error {
	c.b.mu.Lock()
	c.b.leave(c)
	c.b.mu.Unlock()
	return c.Conn.Close()
}

func (c *conn) Write(data []byte) (int, error) {
	c.write.Store(c.b.config.Now().UnixNano())
	defer c.write.Store(0)
	return c.Conn.Write(data)
}

// stuck reports whether a request in progress waits for its caller.
func (c *conn) stuck(now time.Time) bool {
	began := c.write.Load()
	return c.body.Load() || began != 0 && now.UnixNano()-began >= int64(patience) || c.streams.stuck(now)
}

// ours is the connection of these bounds that another one, as of TLS, stands on.
func ours(c net.Conn) *conn {
	for {
		switch at := c.(type) {
		case *conn:
			return at
		case interface{ NetConn() net.Conn }:
			c = at.NetConn()
		default:
			return nil
		}
	}
}

type connKey struct{}

// Attach has a server tell the bounds what its connections do. It is called
// before the server serves, once; the server's own hooks go on.
func (b *Bounds) Attach(s *http.Server) {
	state, around, handler := s.ConnState, s.ConnContext, s.Handler
	if handler == nil {
		handler = http.DefaultServeMux
	}
	s.ConnState = func(c net.Conn, to http.ConnState) {
		if mine := ours(c); mine != nil {
			b.state(mine, to)
		}
		if state != nil {
			state(c, to)
		}
	}
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if around != nil {
			ctx = around(ctx, c)
		}
		return context.WithValue(ctx, connKey{}, ours(c))
	}
	s.Handler = b.watching(handler)
}

// watching notes what a request waits for, and bounds those of HTTP/2.
func (b *Bounds) watching(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor < 2 && (r.Body == nil || r.Body == http.NoBody) {
			next.ServeHTTP(w, r)
			return
		}
		c, _ := r.Context().Value(connKey{}).(*conn)
		switch {
		case c == nil:
		case r.ProtoMajor >= 2:
			c.streams.seen.Store(true)
			if !b.begin(c) {
				b.warn(&b.requestLog, "there is no room for more requests over HTTP/2: more are refused", slog.String("peer", r.RemoteAddr))
				refuse(w)
				return
			}
			defer b.end(c)
			w, r = c.streams.watch(w, r, b.config.Now)
			defer c.streams.open.Add(-1)
		default:
			r.Body = watchedBody{r.Body, c}
		}
		next.ServeHTTP(w, r)
	})
}

// refuse says that there is no room.
func refuse(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"detail":"Service Unavailable"}`) // the caller may be gone
}

// watchedBody notes while somebody waits for a part of it.
type watchedBody struct {
	io.ReadCloser
	c *conn
}

func (b watchedBody) Read(into []byte) (int, error) {
	b.c.body.Store(true)
	defer b.c.body.Store(false)
	return b.ReadCloser.Read(into)
}
