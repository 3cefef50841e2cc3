package identity

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// CheckServe says why a program must not serve on an address: others can reach it,
// so that passwords and tokens cross networks, and nothing says that they do so
// encrypted; or its public URL is http:// for others than this machine. Its error is
// a *[ConfigError]. Serve asks it; a program asks before it opens anything. A URL
// that is empty, and so the store's, is not looked at.
func (c *Config) CheckServe(at net.Addr) error {
	switch {
	case c.TLS != nil && strings.HasPrefix(c.URL, "http:"):
		return &ConfigError{"URL", fmt.Sprintf("%s: the program serves TLS, so the URL is https://", c.URL)}
	case c.InsecureHTTP && c.TLS != nil:
		return &ConfigError{"InsecureHTTP", "the program serves TLS; say one of the two"}
	case c.InsecureHTTP:
		return nil
	case strings.HasPrefix(c.URL, "http:") && !IsLocal(c.URL):
		return &ConfigError{"URL", fmt.Sprintf("%s is not https://, so passwords and tokens would be for everybody to read who is on the way", c.URL)}
	case c.TLS == nil && len(c.TrustedProxies) == 0 && reachable(at):
		return &ConfigError{"InsecureHTTP", fmt.Sprintf("others can reach %s, which is plain http: give the program a certificate (TLS), say which proxy in front has one (TrustedProxies), or that the network is one's own (InsecureHTTP)", at)}
	}
	return nil
}

// checkServing says what is wrong with how the program serves.
func (c *Config) checkServing() error {
	switch {
	case c.Drain < 0:
		return &ConfigError{"Drain", "it must not be negative"}
	case c.MaxConns < 0:
		return &ConfigError{"MaxConns", "it must be 1 or more"}
	case c.MaxConnsEach < 0 || c.MaxConnsEach > c.MaxConns:
		return &ConfigError{"MaxConnsEach", "it must be 1 or more, and not more than MaxConns"}
	case c.TLS != nil && len(c.TLS.Certificates) == 0 && c.TLS.GetCertificate == nil && c.TLS.GetConfigForClient == nil:
		return &ConfigError{"TLS", "it has no certificate"}
	}
	return nil
}

// reachable reports whether others than this machine can reach an address.
func reachable(at net.Addr) bool {
	addr, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return at.Network() != "unix"
	}
	return !addr.Addr().Unmap().IsLoopback()
}

// strictly tells browsers that the program is reached over TLS only (RFC 6797), for
// a year. It is for a name that others know: one of the machine itself is shared by
// all programs on it.
func strictly(public string, next http.Handler) http.Handler {
	if IsLocal(public) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}
