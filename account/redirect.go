package account

import (
	"net"
	"net/url"
	"slices"
)

// AllowsRedirect reports whether the client is answered at a redirect URI: one of
// its own byte for byte, but for the port of a loopback address (RFC 8252 section
// 7.3).
func (c Client) AllowsRedirect(uri string) bool {
	if slices.Contains(c.Redirects, uri) {
		return true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" || u.Port() == "" || u.String() != uri {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return false
	}
	return slices.ContainsFunc(c.Redirects, func(have string) bool {
		h, err := url.Parse(have)
		if err != nil || h.Hostname() != u.Hostname() {
			return false
		}
		h.Host = u.Host
		return h.String() == uri
	})
}
