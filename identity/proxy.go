package identity

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast/account"
)

// proxies are the networks of the proxies whose X-Forwarded-For is believed.
// There are none unless somebody says so: anybody can send that header.
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

// client returns who sent a request: the peer, or if that is a trusted proxy,
// the last address of X-Forwarded-For that is not.
func (p proxies) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; ; i-- {
		addr, err := netip.ParseAddr(host)
		if err != nil || !p.trust(addr) || i < 0 {
			return host
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return host // what the proxy believed is not an address
		}
		host = next.String()
	}
}

// sourced tells the handlers behind it who sent a request: wrong passwords are
// counted for them.
func sourced(log *slog.Logger, trusted proxies, next http.Handler) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" && !trusted.trustPeer(r) {
			once.Do(func() {
				log.LogAttrs(r.Context(), slog.LevelWarn,
					"requests come through a proxy that is not trusted: all of its callers count as one address; Config.TrustedProxies (--trusted-proxy) says otherwise", slog.String("proxy", r.RemoteAddr))
			})
		}
		next.ServeHTTP(w, r.WithContext(account.WithSource(r.Context(), trusted.client(r))))
	})
}
