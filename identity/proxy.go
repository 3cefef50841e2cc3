package identity

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/forwarded"
)

// proxies are the networks of the proxies whose X-Forwarded-For, or Forwarded, is
// believed. There are none unless somebody says so: anybody can send such a header.
type proxies []netip.Prefix

func parseProxies(list []string) (proxies, error) {
	var out proxies
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if addr, err2 := netip.ParseAddr(text); err != nil && err2 == nil {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, &ConfigError{"TrustedProxies", fmt.Sprintf("%q: want an address or a network as in 10.0.0.0/8", text)}
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, network := range p {
		if network.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// trustPeer reports whether the one who is connected is a trusted proxy.
func (p proxies) trustPeer(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.trust(peer.Addr())
}

// shared reports whether a request comes through something on this machine or network
// that names callers and is not trusted, which is a proxy that was forgotten: its
// callers are not one person, so wrong passwords are not counted for its address.
// That stands in the records all the same, or anybody on the network could leave none.
// From elsewhere such a header is taken for what anybody can send.
func (p proxies) shared(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && !p.trust(peer.Addr()) && near(peer.Addr().Unmap()) && len(forwarded.Hops(r.Header)) > 0
}

// carriers is the network that carriers and clouds use between their own machines
// (RFC 6598).
var carriers = netip.MustParsePrefix("100.64.0.0/10")

// near reports whether an address is of this machine or of a network of one's own.
func near(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || carriers.Contains(addr)
}

// client returns who sent a request: the peer, or if that is a trusted proxy,
// the last address that proxies name which is none of them. It is "" if a proxy
// names something that is no address: then it is not known who it was, and the
// callers of that proxy are not one person.
func (p proxies) client(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr()
	for _, hop := range slices.Backward(forwarded.Hops(r.Header)) {
		if !p.trust(addr) {
			break
		}
		next, ok := forwarded.Addr(hop)
		if !ok {
			return ""
		}
		addr = next
	}
	return addr.String()
}

// sourced tells the handlers behind it who sent a request: wrong passwords are
// counted for them. What is wrong with proxies is said once.
func sourced(log *slog.Logger, trusted proxies, next http.Handler) http.Handler {
	var untrusted, unreadable sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source, hops := trusted.client(r), forwarded.Hops(r.Header)
		switch {
		case len(hops) > 0 && !trusted.trustPeer(r):
			untrusted.Do(func() {
				log.LogAttrs(r.Context(), slog.LevelError,
					"somebody who is not trusted says from which address a request comes; if it is your proxy, say so (--trusted-proxy, Config.TrustedProxies). Until then all who come through it have its address in sessions and in the log, and wrong passwords are counted for accounts alone if it is near, and for its address if it is not",
					slog.String("peer", r.RemoteAddr), slog.String("said", beginning(strings.Join(hops, ", "))))
			})
		case source == "":
			unreadable.Do(func() {
				log.LogAttrs(r.Context(), slog.LevelWarn,
					"a trusted proxy names callers by something that is no address: wrong passwords of its callers are counted for accounts alone",
					slog.String("proxy", r.RemoteAddr), slog.String("said", beginning(strings.Join(hops, ", "))))
			})
		}
		ctx := account.WithOrigin(r.Context(), account.Origin{Source: source, Shared: trusted.shared(r), Device: r.UserAgent(), RequestID: w.Header().Get("X-Request-Id")})
		if r.Method == http.MethodPost { // as all requests that may begin a session
			ctx = withDevice(ctx, r)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// beginning is as much of a text as is worth a place in the log.
func beginning(text string) string { return text[:min(len(text), 200)] }
