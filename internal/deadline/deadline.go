// Package deadline makes the deadlines of a server's connections cheap.
//
// net/http moves them seven times for a request where a server has all four of
// its time limits, and nearly always to a later time, long before the one that
// it replaces has come. Each move takes the socket's lock and a timer of the
// runtime. A connection of this package writes down what it is asked for, and
// moves the socket's own deadline only where that would come too late. Where it
// comes too early, it is moved then, and reading or writing goes on. A deadline in
// the distant past is how net/http interrupts a read: it goes to the socket only if
// something waits there.
package deadline

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Conn is what connections of this package can do: with a file as its source, the
// system may copy for [io.ReaderFrom]; net/http closes its half of one whose
// request it has not read to the end.
type Conn interface {
	net.Conn
	io.ReaderFrom
	CloseWrite() error // errors.ErrUnsupported if the one below cannot
	NetConn() net.Conn // the one below, as that of a tls.Conn
}

// Listen returns a listener whose connections are of type [Conn] and keep the
// deadlines that they are asked for, as those of l do.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newConn(c), nil
}

func newConn(c net.Conn) *conn {
	return &conn{Conn: c, reads: side{set: c.SetReadDeadline}, writes: side{set: c.SetWriteDeadline}}
}

// conn is a connection whose socket's deadlines may be earlier than those that
// were asked for, and never later.
type conn struct {
	net.Conn
	reads, writes side
}

// step is how far ahead a socket's deadline is put when something ended the one
// before: not so far that the limit for the next request's header, of a few
// seconds, would have to move it again.
const step = 4 * time.Second

// longAgo is later than the deadlines that only interrupt.
var longAgo = time.Unix(1e6, 0)

// side is the deadline of one direction.
type side struct {
	set func(time.Time) error // the socket's

	mu     sync.Mutex
	wanted time.Time // zero for none
	socket time.Time // what the socket has; zero for none
	exact  bool      // the socket is to have what is wanted
	over   bool      // the socket's has been used to interrupt, and is not wanted any more
	inside int       // who reads or writes, and may wait in the socket
}

// want asks for a deadline.
func (s *side) want(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = at
	switch {
	case s.exact:
		return s.move(at)
	case at.IsZero():
		s.over = s.over || interrupts(s.socket)
	case interrupts(at) && s.inside == 0: // who comes next is told by begin
	case s.socket.IsZero() || at.Before(s.socket):
		return s.move(at)
	case interrupts(s.socket):
		s.over = !interrupts(at)
	}
	return nil
}

// interrupts reports whether a deadline is one that only interrupts.
func interrupts(at time.Time) bool { return !at.IsZero() && at.Before(longAgo) }

func (s *side) move(at time.Time) error {
	s.socket = at
	s.over = false
	return s.set(at)
}

// begin is called before reading or writing, and end after it if there was no
// error. It gives the socket a deadline in place of one that is over, so that what
// begins now need not fail first.
func (s *side) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if interrupts(s.wanted) {
		return os.ErrDeadlineExceeded
	}
	if s.over {
		at := s.wanted
		if next := now().Add(step); !at.IsZero() && next.Before(at) {
			at = next
		}
		if err := s.move(at); err != nil {
			return err
		}
	}
	s.inside++
	return nil
}

func (s *side) end() {
	s.mu.Lock()
	s.inside--
	s.mu.Unlock()
}

// early reports whether an error is that of a deadline of the socket before the
// one that was asked for, which the socket has from then on.
func (s *side) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.wanted.IsZero() && !now().Before(s.wanted) {
		return false
	}
	return s.move(s.wanted) == nil
}

// keep gives the socket what is wanted, now and until it is let go.
func (s *side) keep(exact bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exact = exact
	if !exact || s.wanted.Equal(s.socket) {
		return nil
	}
	return s.move(s.wanted)
}

func now() time.Time { return time.Now() } //nolint:forbidigo // the sockets' clock

func (c *conn) SetReadDeadline(at time.Time) error  { return c.reads.want(at) }
func (c *conn) SetWriteDeadline(at time.Time) error { return c.writes.want(at) }

func (c *conn) SetDeadline(at time.Time) error {
	return errors.Join(c.reads.want(at), c.writes.want(at))
}

func (c *conn) Read(b []byte) (n int, err error) {
	if err := c.reads.begin(); err != nil {
		return 0, err
	}
	defer c.reads.end()
	for {
		if n, err = c.Conn.Read(b); err == nil || n > 0 || !c.reads.early(err) {
			return n, err
		}
	}
}

func (c *conn) Write(b []byte) (n int, err error) {
	if err := c.writes.begin(); err != nil {
		return 0, err
	}
	defer c.writes.end()
	for {
		more, err := c.Conn.Write(b[n:])
		if n += more; err == nil || n == len(b) || !c.writes.early(err) {
			return n, err
		}
	}
}

// ReadFrom lets the system copy a file into the socket where it can.
func (c *conn) ReadFrom(r io.Reader) (n int64, err error) {
	from, ok := c.Conn.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	if err := c.writes.keep(true); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.writes.keep(false)) }()
	return from.ReadFrom(r)
}

// CloseWrite tells the other side that nothing more comes.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// NetConn is the connection below. A program that uses it has to set its
// deadlines, too.
func (c *conn) NetConn() net.Conn { return c.Conn }
