// Package conns bounds the connections of an [http.Server]: how many there are
// at once, and how many of them are one peer's. It is for programs with a server
// of their own; [github.com/holdfast-go/holdfast.App.ListenAndServe] and package
// identity have such bounds as they are.
//
// A server that is full takes newcomers all the same. For each, the connection
// goes that has been idle for longest, or has been there for a second or more
// without a request. If there is none, the one goes whose caller has for five
// seconds neither sent the rest of a body nor taken an answer; and only while
// every connection is at work does a newcomer wait.
package conns

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/holdfast-go/holdfast/internal/conns"
)

// Config says how many connections there may be. The zero Config is good for a
// server on the internet.
type Config struct {
	Most int // at once; 10,000 if zero

	// Each is how many of them one peer may have: an IPv4 address, or the /64 of an
	// IPv6 address. A quarter of Most, 16 at least, if zero. One more takes the place
	// of an idle one of the same peer, or is closed if all are at work. Over HTTP/2,
	// where a connection has many requests at once, a peer has as many requests as
	// connections, and one more is answered with 503.
	Each int

	// Exempt are networks whose addresses have no bound of their own: proxies, which
	// many callers come through.
	Exempt []netip.Prefix

	Log *slog.Logger // is told, once a minute, that there is no room; nothing is if nil
}

// Limit bounds the connections that a server accepts from a listener, and returns
// the listener to serve on, with Serve or ServeTLS. It is called once for a server,
// before it serves: it adds to the server's Handler, ConnState and ConnContext, and
// keeps those that are there.
func Limit(s *http.Server, l net.Listener, config Config) net.Listener {
	bounds := conns.New(conns.Config{Most: config.Most, Each: config.Each, Exempt: within(config.Exempt), Log: config.Log})
	bounds.Attach(s)
	return bounds.Listen(l)
}

func within(networks []netip.Prefix) func(netip.Addr) bool {
	networks = slices.Clone(networks)
	return func(addr netip.Addr) bool {
		return slices.ContainsFunc(networks, func(one netip.Prefix) bool { return one.Contains(addr.Unmap()) })
	}
}
