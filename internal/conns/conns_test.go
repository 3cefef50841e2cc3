package conns_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/conns"
)

// pipes is a listener whose connections are pipes, so that time is the test's.
type pipes struct {
	incoming chan net.Conn
	failing  chan error
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.incoming:
		return c, nil
	case err := <-p.failing:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// from is a connection from an address.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

// server is a bounded server, whose paths say what a handler does.
type server struct {
	t      *testing.T
	l      *pipes
	bounds *conns.Bounds
	let    chan struct{} // lets a handler of /wait go on
	took   chan net.Conn // that /take has taken over
	log    *bytes.Buffer
}

// serve runs a test of a server in a bubble with a clock of its own.
func serve(t *testing.T, config conns.Config, test func(*server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t, l: &pipes{make(chan net.Conn), make(chan error), make(chan struct{})}, let: make(chan struct{}), took: make(chan net.Conn, 1), log: &bytes.Buffer{}}
		config.Log = slog.New(slog.NewTextHandler(s.log, nil))
		s.bounds = conns.New(config)
		h := &http.Server{Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: time.Hour}
		s.bounds.Attach(h)
		done := make(chan error, 1)
		go func() { done <- h.Serve(s.bounds.Listen(s.l)) }()
		test(s)
		close(s.let)
		_ = h.Close()
		<-done
		synctest.Wait()
		if got := s.bounds.Stats(); got.Open != 0 || got.Waiting != 0 {
			t.Errorf("after the end there are %+v", got)
		}
	})
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/wait":
		<-s.let
	case "/body":
		_, _ = io.Copy(io.Discard, r.Body)
	case "/large":
		_, _ = w.Write(make([]byte, 1<<20))
	case "/take":
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			s.t.Error(err)
			return
		}
		s.took <- c
	}
}

// caller is one end of a connection.
type caller struct {
	net.Conn
	s *server
	r *bufio.Reader
}

// dial connects from an address, and returns when the server has seen it.
func (s *server) dial(addr string) *caller {
	s.t.Helper()
	ours, theirs := net.Pipe()
	s.t.Cleanup(func() { _ = ours.Close() })
	go func() {
		select {
		case s.l.incoming <- from{theirs, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 1))}:
		case <-s.l.closed:
		}
	}()
	synctest.Wait()
	return &caller{ours, s, bufio.NewReader(ours)}
}

// send sends a part of a request, as far as the server reads it.
func (c *caller) send(text string) *caller {
	go func() { _, _ = io.WriteString(c.Conn, text) }() // fails if the server hangs up
	synctest.Wait()
	return c
}

// asks sends a request and reads the answer.
func (c *caller) asks(path string) *caller {
	c.s.t.Helper()
	c.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.s.t.Fatalf("GET %s: %v", path, err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		c.s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	synctest.Wait()
	return c
}

// closed reports whether the server has hung up.
func (c *caller) closed() bool {
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := c.r.Peek(1)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)
}

// want says which of the callers the server has hung up on, in the order given.
func want(t *testing.T, closed string, all ...*caller) {
	t.Helper()
	synctest.Wait()
	got := ""
	for _, c := range all {
		if c.closed() {
			got += "x"
		} else {
			got += "."
		}
	}
	if got != closed {
		t.Errorf("the server has hung up on %s, want %s", got, closed)
	}
}

const (
	ann, bob, cem, dan = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"

	header = "GET / HTTP/1.1\r\nHost: a\r\n"
	body   = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234"
)

func TestTheOneThatHasBeenIdleForLongestMakesRoom(t *testing.T) {
	t.Parallel()
	serve(t, conns.Config{Most: 3}, func(s *server) {
		a, b, c := s.dial(ann).asks("/"), s.dial(bob).asks("/"), s.dial(cem).asks("/")
		a.asks("/")
		d := s.dial(dan).asks("/")
		want(t, ".x..", a, b, c, d)
		e := s.dial(bob).asks("/")
		want(t, ".xx..", a, b, c, d, e)
		if got := s.bounds.Stats(); got.Open != 3 || got.Evicted != 2 || got.Most != 3 {
			t.Errorf("Stats = %+v", got)
		}
		if text := s.log.String(); strings.Count(text, "no room for more connections") != 1 {
			t.Errorf("the log says\n%s", text)
		}
	})
}

func TestWhoSendsNoRequestMakesRoomAfterASecond(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{"nothing": "", "a part of a header": header} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			serve(t, conns.Config{Most: 2}, func(s *server) {
				a, b := s.dial(ann).send(sent), s.dial(bob).send(sent)
				<-time.After(900 * time.Millisecond)
				c := s.dial(cem)
				want(t, "...", a, b, c)
				if got := s.bounds.Stats(); got.Waiting != 1 {
					t.Errorf("Stats = %+v, want one who waits", got)
				}
				<-time.After(200 * time.Millisecond)
				c.asks("/")
				want(t, "x..", a, b, c)
			})
		})
	}
}

// Who keeps a request from going on makes room after five seconds; before, and
// where the handler itself takes so long, a newcomer waits.
func TestWhoIsWaitedForMakesRoom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sends string
		goes  bool
	}{
		"sends no more of a body":            {body, true},
		"does not take the answer":           {"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", true},
		"has sent it all, and is worked for": {"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			serve(t, conns.Config{Most: 2}, func(s *server) {
				a := s.dial(ann).send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
				b := s.dial(bob).send(test.sends)
				c := s.dial(cem)
				<-time.After(4 * time.Second)
				synctest.Wait()
				if got := s.bounds.Stats(); got.Waiting != 1 || got.Evicted != 0 {
					t.Errorf("after four seconds: Stats = %+v", got)
				}
				<-time.After(2 * time.Second)
				synctest.Wait()
				if got := s.bounds.Stats(); got.Evicted == 1 != test.goes || got.Open != 2 {
					t.Errorf("after six seconds: Stats = %+v, want that one goes: %v", got, test.goes)
				}
				if !test.goes {
					for _, one := range []*caller{a, b} {
						go func() { _, _ = io.Copy(io.Discard, one.Conn) }()
					}
					s.let <- struct{}{} // one of the two is answered
				}
				c.asks("/")
				if want(t, ".", c); test.goes {
					want(t, "..", a, c)
				}
			})
		})
	}
}

func TestAPeerHasABoundOfItsOwn(t *testing.T) {
	t.Parallel()
	wait := "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
	serve(t, conns.Config{Most: 9, Each: 2}, func(s *server) {
		other := s.dial(bob).asks("/")
		a, b := s.dial(ann).asks("/"), s.dial(ann).asks("/")
		c := s.dial(ann).asks("/")
		want(t, ".x..", other, a, b, c)
		b.send(wait)
		c.send(wait)
		d := s.dial(ann)
		want(t, "...x", other, b, c, d)
		if got := s.bounds.Stats(); got.Open != 3 || got.Refused != 1 || got.Evicted != 1 {
			t.Errorf("Stats = %+v", got)
		}
		if text := s.log.String(); !strings.Contains(text, "peer=192.0.2.1") || !strings.Contains(text, "each=2") {
			t.Errorf("the log says\n%s", text)
		}
		s.dial(bob).asks("/")
	})
}

func TestWhoIsOnePeer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second string
		one           bool
	}{
		"an address and itself":            {ann, ann, true},
		"two addresses":                    {ann, bob, false},
		"an address and itself in IPv6":    {ann, "::ffff:" + ann, true},
		"two of a /64":                     {"2001:db8::1", "2001:db8::2:0:0:1", true},
		"two of a /56":                     {"2001:db8::1", "2001:db8:0:1::1", false},
		"an exempt address and itself":     {"10.0.0.1", "10.0.0.1", false},
		"one that is exempt, and in IPv6":  {"::ffff:10.0.0.1", "10.0.0.1", false},
		"a zone says nothing about a peer": {"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exempt := func(addr netip.Addr) bool { return addr.Unmap() == netip.MustParseAddr("10.0.0.1") }
			serve(t, conns.Config{Most: 9, Each: 1, Exempt: exempt}, func(s *server) {
				a := s.dial(test.first).asks("/")
				b := s.dial(test.second).asks("/")
				if want(t, ".", b); a.closed() != test.one {
					t.Errorf("the second connection of a peer takes the place of the first: %v, want %v", a.closed(), test.one)
				}
			})
		})
	}
}

// A connection that a handler has taken over counts until it is closed, and stays.
func TestAConnectionThatIsTakenOver(t *testing.T) {
	t.Parallel()
	serve(t, conns.Config{Most: 1}, func(s *server) {
		a := s.dial(ann).send("GET /take HTTP/1.1\r\nHost: a\r\n\r\n")
		taken := <-s.took
		b := s.dial(bob)
		<-time.After(time.Minute)
		want(t, ".", a)
		if got := s.bounds.Stats(); got.Open != 1 || got.Waiting != 1 {
			t.Errorf("Stats = %+v", got)
		}
		_ = taken.Close()
		b.asks("/")
	})
}

// A listener that is closed takes who waits with it.
func TestTheListenerIsClosedWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	serve(t, conns.Config{Most: 1}, func(s *server) {
		s.dial(ann).send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
		s.dial(bob)
		if got := s.bounds.Stats(); got.Waiting != 1 {
			t.Errorf("Stats = %+v, want one who waits", got)
		}
	})
}

// Where the system has fewer connections than the bounds, idle ones make room, too.
func TestTheSystemHasNoMore(t *testing.T) {
	t.Parallel()
	serve(t, conns.Config{}, func(s *server) {
		a := s.dial(ann).asks("/")
		s.l.failing <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
		<-time.After(time.Second) // the server's, after such an error
		b := s.dial(bob).asks("/")
		want(t, "x.", a, b)
	})
}

// A Unix socket's callers have no addresses, and no bounds of their own.
func TestCallersWithoutAnAddress(t *testing.T) {
	t.Parallel()
	serve(t, conns.Config{Most: 9, Each: 1}, func(s *server) {
		var all []*caller
		for range 3 {
			ours, theirs := net.Pipe()
			s.t.Cleanup(func() { _ = ours.Close() })
			s.l.incoming <- from{theirs, &net.UnixAddr{Name: "@", Net: "unix"}}
			all = append(all, (&caller{ours, s, bufio.NewReader(ours)}).asks("/"))
		}
		want(t, "...", all...)
	})
}

// The server's own hooks go on.
func TestHooksOfTheServerGoOn(t *testing.T) {
	t.Parallel()
	type key struct{}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan http.ConnState, 9)
	h := &http.Server{ //nolint:gosec // of a test
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Context().Value(key{}).(string))
		}),
		ConnState:   func(_ net.Conn, s http.ConnState) { states <- s },
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context { return context.WithValue(ctx, key{}, "kept") },
	}
	b := conns.New(conns.Config{})
	b.Attach(h)
	go func() { _ = h.Serve(b.Listen(l)) }()
	t.Cleanup(func() { _ = h.Close() })
	resp, err := http.Get("http://" + l.Addr().String()) //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || string(text) != "kept" || <-states != http.StateNew || <-states != http.StateActive {
		t.Errorf("the answer is %q, %v, and the states are others", text, err)
	}
}
