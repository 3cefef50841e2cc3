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

// carriers is the network that carriers and clouds use between their own machines
// (RFC 6598).
var carriers = netip.MustParsePrefix("100.64.0.0/10")

// near reports whether an address is of this machine or of a network of one's own.
func near(addr netip.Addr) bool {
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() || carriers.Contains(addr)
}

// peer is who sent a request, and what proxies say of that.
type peer struct {
	// source is the address: that of the one who is connected, or if that is a
	// trusted proxy, the last one that proxies name which is none of them. It is ""
	// if a proxy names something that is no address: then it is not known who it was,
	// and the callers of that proxy are not one person.
	source string

	hops    []string // as the headers name them
	trusted bool     // the one who is connected is a trusted proxy

	// shared says that the request comes through something on this machine or network
	// that names callers and is not trusted, which is a proxy that was forgotten: its
	// callers are not one person, so wrong passwords are not counted for its address.
	// That stands in the records all the same, or anybody on the network could leave
	// none. From elsewhere such a header is taken for what anybody can send.
	shared bool
}

// peerOf is who sent a request.
func (p proxies) peerOf(r *http.Request) peer {
	out := peer{source: r.RemoteAddr, hops: forwarded.Hops(r.Header)}
	connected, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return out
	}
	addr := connected.Addr()
	out.trusted = p.trust(addr)
	out.shared = !out.trusted && len(out.hops) > 0 && near(addr.Unmap())
	for _, hop := range slices.Backward(out.hops) {
		if !p.trust(addr) {
			break
		}
		next, ok := forwarded.Addr(hop)
		if !ok {
			out.source = ""
			return out
		}
		addr = next
	}
	if addr == connected.Addr() && addr.Is4() { // it is written as it was read
		out.source = r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')]
	} else {
		out.source = addr.String()
	}
	return out
}

// sourced tells the handlers behind it who sent a request: wrong passwords are
// counted for them. What is wrong with proxies is said once.
func sourced(log *slog.Logger, next http.Handler) func(*visit, *http.Request) {
	var untrusted, unreadable sync.Once
	return func(v *visit, r *http.Request) {
		switch {
		case len(v.hops) > 0 && !v.trusted:
			untrusted.Do(func() {
				log.LogAttrs(r.Context(), slog.LevelError,
					"somebody who is not trusted says from which address a request comes; if it is your proxy, say so (--trusted-proxy, Config.TrustedProxies). Until then all who come through it have its address in sessions and in the log, and wrong passwords are counted for accounts alone if it is near, and for its address if it is not",
					slog.String("peer", r.RemoteAddr), slog.String("said", beginning(strings.Join(v.hops, ", "))))
			})
		case v.source == "":
			unreadable.Do(func() {
				log.LogAttrs(r.Context(), slog.LevelWarn,
					"a trusted proxy names callers by something that is no address: wrong passwords of its callers are counted for accounts alone",
					slog.String("proxy", r.RemoteAddr), slog.String("said", beginning(strings.Join(v.hops, ", "))))
			})
		}
		ctx := account.WithOrigin(r.Context(), account.Origin{Source: v.source, Shared: v.shared, Device: r.UserAgent(), RequestID: v.id})
		if r.Method == http.MethodPost { // as all requests that may begin a session
			ctx = withDevice(ctx, r)
		}
		v.unkept(r)
		next.ServeHTTP(v, r.WithContext(ctx))
	}
}

// beginning is as much of a text as is worth a place in the log.
func beginning(text string) string { return text[:min(len(text), 200)] }
