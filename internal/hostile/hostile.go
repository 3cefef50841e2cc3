// Package hostile holds connections open as those do who want to leave a server
// none: with headers and bodies that never end, and with nothing at all. Its
// connections come from many addresses of this machine, and who is hung up on comes
// again.
package hostile

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is how a connection is held open.
type Kind int

// The kinds of connections, of which there are as many of each.
const (
	SlowHeader Kind = iota // a line of the header at a time, and never the last
	SlowBody               // half of a form, and then a byte at a time
	Silent                 // nothing, or one request, and nothing then
	Kinds
)

// String is what a report calls it.
func (k Kind) String() string { return [...]string{"slow headers", "slow bodies", "silent"}[k] }

// Config says what is held open.
type Config struct {
	Addr  string        // of the server, "127.0.0.1:8000"
	Conns int           // how many connections, of all kinds together
	Pace  time.Duration // between two pieces, and until who was hung up on comes again; a second if zero
	Peers int           // how many addresses they come from; one for every ten if zero
}

// Attack is what is held open now. It is safe for concurrent use.
type Attack struct {
	config Config
	open   [Kinds]atomic.Int64
	dialed [Kinds]atomic.Int64
	failed atomic.Int64
	all    sync.WaitGroup
}

// Stats is what an attack has come to.
type Stats struct {
	Open   [Kinds]int // connections, as this side sees them
	Dialed [Kinds]int // since the start
	Failed int        // connections that could not be made
}

// Begin begins an attack, which goes on until ctx ends.
func Begin(ctx context.Context, config Config) *Attack {
	if config.Pace <= 0 {
		config.Pace = time.Second
	}
	if config.Peers <= 0 {
		config.Peers = max(1, config.Conns/10)
	}
	a := &Attack{config: config}
	for i := range config.Conns {
		a.all.Go(func() { a.hold(ctx, Kind(i)%Kinds, i) })
	}
	return a
}

// Wait waits until everything is closed, after the context has ended.
func (a *Attack) Wait() { a.all.Wait() }

// Stats is what there is now.
func (a *Attack) Stats() (out Stats) {
	for k := range Kinds {
		out.Open[k], out.Dialed[k] = int(a.open[k].Load()), int(a.dialed[k].Load())
	}
	out.Failed = int(a.failed.Load())
	return out
}

// hold keeps one connection open, and makes another one when it is closed.
func (a *Attack) hold(ctx context.Context, kind Kind, number int) {
	pause(ctx, spread*a.config.Pace*time.Duration(number)/time.Duration(a.config.Conns)) // not all at once
	for again := 0; ctx.Err() == nil; again++ {
		a.connect(ctx, kind, number, again)
		pause(ctx, a.config.Pace)
	}
}

// spread is over how many paces an attack begins: a server hangs up on slow headers
// after five seconds, and what began in one moment would always come in one.
const spread = 6

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// peer is one of the addresses 127.1.0.0 to 127.254.255.255, which are all this
// machine's own on Linux.
func (a *Attack) peer(number int) netip.Addr {
	n := number % a.config.Peers
	return netip.AddrFrom4([4]byte{127, byte(1 + n>>16%254), byte(n >> 8), byte(n)}) //nolint:gosec // the bytes of a number
}

func (a *Attack) connect(ctx context.Context, kind Kind, number, again int) {
	from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(a.peer(number), 0))
	c, err := (&net.Dialer{LocalAddr: from, Timeout: 10 * time.Second}).DialContext(ctx, "tcp", a.config.Addr)
	if err != nil {
		if ctx.Err() == nil {
			a.failed.Add(1)
		}
		return
	}
	a.dialed[kind].Add(1)
	a.open[kind].Add(1)
	defer a.open[kind].Add(-1)
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // ends what waits
	defer func() { _ = c.Close() }()
	_ = a.keep(c, kind, number+again) // its error says that the server has hung up
}

// How a request begins that never ends.
const (
	headerBegin = "POST /token HTTP/1.1\r\nHost: localhost\r\n"
	bodyBegin   = headerBegin + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 16000\r\n\r\nusername=alice&password="
	whole       = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	bodyPiece   = 8000
)

func (a *Attack) keep(c net.Conn, kind Kind, number int) error {
	piece := ""
	var err error
	switch {
	case kind == SlowHeader:
		piece = "X-More: 1\r\n"
		_, err = io.WriteString(c, headerBegin)
	case kind == SlowBody:
		piece = "a"
		_, err = fmt.Fprintf(c, "%s%0*d", bodyBegin, bodyPiece, 0)
	case number%2 == 0:
		_, err = io.WriteString(c, whole)
	}
	for into := make([]byte, 512); err == nil; {
		if piece == "" {
			_ = c.SetReadDeadline(time.Time{})
		} else {
			_ = c.SetReadDeadline(time.Now().Add(a.config.Pace)) //nolint:forbidigo // the sockets' clock
		}
		_, err = c.Read(into)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // as package net returns it
			_, err = io.WriteString(c, piece)
		}
	}
	return err
}
