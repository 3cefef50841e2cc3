package conns_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/holdfast-go/holdfast/conns"
)

// Of one peer's connections the oldest makes room, unless the peer is exempt.
func TestLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config conns.Config
		room   bool // for both
	}{
		"a peer with its bound":    {conns.Config{Each: 1}, false},
		"a peer that is exempt":    {conns.Config{Each: 1, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, true},
		"all of them together":     {conns.Config{Most: 1}, false},
		"an exempt one with them":  {conns.Config{Most: 1, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, false},
		"the bounds that are zero": {conns.Config{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
			if err != nil {
				t.Fatal(err)
			}
			idle := make(chan struct{}, 9)
			s := &http.Server{Handler: http.NotFoundHandler(), ConnState: func(_ net.Conn, state http.ConnState) { //nolint:gosec // of a test
				if state == http.StateIdle {
					idle <- struct{}{}
				}
			}}
			l = conns.Limit(s, l, test.config)
			go func() { _ = s.Serve(l) }()
			t.Cleanup(func() { _ = s.Close() })
			first := connect(t, l)
			<-idle // or it would be at work still
			connect(t, l)
			if !test.room {
				if _, err := io.Copy(io.Discard, first); err != nil {
					t.Errorf("the first connection: %v, want that it is closed", err)
				}
				return
			}
			ask(t, first, bufio.NewReader(first))
		})
	}
}

func connect(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	ask(t, c, bufio.NewReader(c))
	return c
}

// ask sends a request and reads the answer.
func ask(t *testing.T, c net.Conn, r *bufio.Reader) {
	t.Helper()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
