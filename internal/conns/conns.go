// Package conns bounds the connections of a server: how many there are at once,
// and how many of them are one peer's.
//
// A server that is full does not turn newcomers away. The connection goes that is
// of the least use: the one that has been idle for longest, or has sent no request
// for longest; where there is none, the one whose caller has for longest neither
// sent the rest of a body nor taken an answer. Only while every connection is at
// work does a newcomer wait.
//
//	fresh  accepted, no request has arrived   may go after a second
//	idle   between two requests               may go at once
//	busy   a request is in progress           may go after five seconds, if it
//	                                          waits for the caller
//	taken  a handler has taken it over        stays
package conns

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Config says how many connections there may be.
type Config struct {
	Most int // at once; 10,000 if zero

	// Each is how many of them one peer may have: an IPv4 address, or the /64 of an
	// IPv6 address. A quarter of Most, 16 at least, if zero. One beyond it takes the
	// place of another one of the same peer, or is closed.
	Each int

	// Exempt reports whether a peer has no bound of its own, as a proxy which many
	// callers come through. None has if nil.
	Exempt func(netip.Addr) bool

	Log *slog.Logger     // is told, once a minute, what goes for want of room; nothing is if nil
	Now func() time.Time // time.Now if nil
}

// How long a connection may be of no use before it goes where there is no room.
const (
	grace    = time.Second     // for the first request to arrive
	patience = 5 * time.Second // for a request in progress that waits for its caller
)

// look is how often a newcomer looks again who may go meanwhile.
const look = 100 * time.Millisecond

const (
	usualMost = 10_000
	leastEach = 16
)

// Bounds are the bounds and what there is. They are safe for concurrent use.
type Bounds struct {
	config  Config
	changed chan struct{} // has an item after a connection has ended or is idle
	fullLog, peerLog,
	requestLog everyMinute

	mu       sync.Mutex
	all      lists
	peers    map[netip.Addr]*peer
	open     int
	waiting  int // newcomers without a place
	requests int // of HTTP/2, in progress
	evicted  int
	refused  int
}

// peer is who is connected, by network.
type peer struct {
	network  netip.Addr // its first address
	own      lists
	open     int
	requests int
}

// New makes bounds. A number below zero counts as zero.
func New(config Config) *Bounds {
	config.Most = cmp.Or(max(config.Most, 0), usualMost)
	config.Each = cmp.Or(max(config.Each, 0), max(config.Most/4, leastEach))
	if config.Now == nil {
		config.Now = ticking()
	}
	return &Bounds{config: config, changed: make(chan struct{}, 1), peers: map[netip.Addr]*peer{}}
}

// ticking is a clock for how long something takes: one that asks the system for one
// time, where time.Now asks for two.
func ticking() func() time.Time {
	began := time.Now()                                             //nolint:forbidigo // the sockets' clock
	return func() time.Time { return began.Add(time.Since(began)) } //nolint:forbidigo // as above
}

// Stats is what there is, and what has gone since the start.
type Stats struct {
	Open    int // connections, those included that handlers have taken over
	Waiting int // newcomers that wait for a place
	Most    int
	Evicted int // connections that have made room
	Refused int // newcomers of peers that had too many already
}

// Stats is what there is now.
func (b *Bounds) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{b.open, b.waiting, b.config.Most, b.evicted, b.refused}
}

// enter gives a connection a place. evicted is the one that has to be closed for
// it, if one has. Without a place it is to wait, or, where refused says so, to be
// closed: its peer has too many already, and all of them are at work.
func (b *Bounds) enter(c *conn, addr netip.Addr) (ok, refused bool, evicted *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.config.Now()
	if !b.exempt(addr) {
		c.peer = b.peerOf(addr)
	}
	switch {
	case c.peer != nil && c.peer.open >= b.config.Each:
		if evicted = c.peer.own.useless(now); evicted == nil {
			b.refused++
			return false, true, nil
		}
	case b.open >= b.config.Most:
		if evicted = b.all.useless(now); evicted == nil {
			b.forget(c.peer)
			return false, false, nil
		}
	}
	if evicted != nil {
		b.evicted++
		b.leave(evicted)
	}
	if c.peer != nil {
		b.peers[c.peer.network] = c.peer // which may have left with the last of its connections
		c.peer.open++
	}
	b.open++
	c.since = now
	b.place(c, fresh)
	return true, false, evicted
}

func (b *Bounds) exempt(addr netip.Addr) bool {
	return !addr.IsValid() || b.config.Exempt != nil && b.config.Exempt(addr)
}

func (b *Bounds) peerOf(addr netip.Addr) *peer {
	network := networkOf(addr)
	found := b.peers[network]
	if found == nil {
		found = &peer{network: network, own: lists{own: true}}
		b.peers[network] = found
	}
	return found
}

// forget forgets a peer that has nothing here.
func (b *Bounds) forget(p *peer) {
	if p != nil && p.open == 0 {
		delete(b.peers, p.network)
	}
}

// networkOf is the first address of the network that stands for a peer.
func networkOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return addr
	}
	return network.Addr()
}

// place puts a connection into the list of its kind, at the end.
func (b *Bounds) place(c *conn, k kind) {
	b.all.remove(c)
	if c.peer != nil {
		c.peer.own.remove(c)
	}
	c.kind = k
	b.all.push(c)
	if c.peer != nil {
		c.peer.own.push(c)
	}
}

// leave takes a connection out, if it is in.
func (b *Bounds) leave(c *conn) {
	if c.kind == gone {
		return
	}
	b.place(c, gone)
	b.open--
	if c.peer != nil {
		c.peer.open--
		b.forget(c.peer)
	}
	b.tell()
}

// tell wakes a newcomer that waits.
func (b *Bounds) tell() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// state is what the server says of a connection.
func (b *Bounds) state(c *conn, s http.ConnState) {
	var next kind
	switch s {
	case http.StateActive:
		next = busy
	case http.StateIdle:
		next = idle
	case http.StateHijacked:
		next = taken
	default: // new, as it is already, or closed, which Close says
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.kind == gone {
		return
	}
	c.since = b.config.Now()
	b.place(c, next)
	if next == idle {
		b.tell()
	}
}

// begin counts a request over HTTP/2, of which a connection has many at once, and
// reports whether there is room for it: there are as many as connections.
func (b *Bounds) begin(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.requests >= b.config.Most || c.peer != nil && c.peer.requests >= b.config.Each {
		return false
	}
	b.requests++
	if c.peer != nil {
		c.peer.requests++
	}
	return true
}

func (b *Bounds) end(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests--
	if c.peer != nil {
		c.peer.requests--
	}
}

// everyMinute says when something that happens often is worth a line of the log.
type everyMinute struct {
	mu   sync.Mutex
	last time.Time
}

func (e *everyMinute) due(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.last.IsZero() && now.Sub(e.last) < time.Minute {
		return false
	}
	e.last = now
	return true
}

// warn says what is wrong, once a minute.
func (b *Bounds) warn(of *everyMinute, text string, attrs ...slog.Attr) {
	if b.config.Log != nil && of.due(b.config.Now()) {
		b.config.Log.LogAttrs(context.Background(), slog.LevelWarn, text, attrs...) //nolint:sloglint // a constant of the caller
	}
}
