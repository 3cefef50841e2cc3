package postgres_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// cut is a network between a store and its database that breaks at commits.
type cut struct {
	to     string
	l      net.Listener
	when   atomic.Value // of cutting: "", "before" the commit arrives, "after" it has
	cuts   atomic.Int64
	ending sync.WaitGroup
}

// through returns a URL of the same database, through a network that breaks when it
// is told to.
func through(t *testing.T, at string) (string, *cut) {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cut{to: u.Host, l: l}
	c.when.Store("")
	c.ending.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.ending.Wait()
	})
	u.Host = l.Addr().String()
	return u.String(), c
}

func (c *cut) accept() {
	for {
		client, err := c.l.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", c.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		var silent atomic.Bool // answers do not arrive any more
		c.ending.Go(func() { c.forward(server, client, &silent) })
		c.ending.Go(func() {
			defer func() { _, _ = client.Close(), server.Close() }()
			buffer := make([]byte, 64<<10)
			for {
				n, err := server.Read(buffer)
				if err != nil || silent.Load() {
					return
				}
				if _, err := client.Write(buffer[:n]); err != nil {
					return
				}
			}
		})
	}
}

// forward sends what the store says, up to a commit that is cut.
func (c *cut) forward(server, client net.Conn, silent *atomic.Bool) {
	defer func() { _, _ = client.Close(), server.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if when := c.when.Load(); when != "" && bytes.Contains(buffer[:n], []byte("COMMIT")) {
			c.cuts.Add(1)
			if when == "before" {
				return
			}
			silent.Store(true)
			_, _ = server.Write(buffer[:n])
			_, _ = io.ReadAll(io.LimitReader(client, 0))
			var one [1]byte
			_, _ = client.Read(one[:]) // until the store gives up, or the answer has closed both
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}
