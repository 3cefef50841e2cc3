package issuer

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrAddress says that the issuer, or something its document names, stands
// where this process is not to go.
var ErrAddress = errors.New("issuer: the address is not allowed")

// rules say where requests may go.
type rules struct {
	loopback  bool // the issuer itself is on this machine
	private   bool
	plainHTTP bool
	redirects bool
}

// rulesFor makes the rules of a program's own configuration: what stands on
// this machine may name other places on it.
func rulesFor(config HTTP, base *url.URL) rules {
	return rules{isLoopback(base.Hostname()), config.AllowPrivateAddresses, config.InsecurePlainHTTP, config.FollowRedirects}
}

// parseURL reads an issuer's or an endpoint's URL from the configuration.
func parseURL(text string, config HTTP) (*url.URL, rules, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, rules{}, fmt.Errorf("issuer: %w", err)
	}
	if u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(text, "?#") {
		return nil, rules{}, fmt.Errorf("issuer: %q is not the URL of an issuer or endpoint: it has a scheme and a host, and no user, query or fragment", text)
	}
	r := rulesFor(config, u)
	return u, r, r.url(u)
}

// url checks what can be seen before a name is looked up.
func (r rules) url(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Host == "" || u.User != nil:
		return fmt.Errorf("%w: %q has no host, or a user in it", ErrAddress, u.Redacted())
	case isLoopback(host) && !r.loopback && !r.private:
		return fmt.Errorf("%w: %q is on this machine, and the issuer is not; say HTTP.AllowPrivateAddresses if that is meant", ErrAddress, u)
	case u.Scheme == "https", u.Scheme == "http" && (r.plainHTTP || isLoopback(host)):
	default:
		return fmt.Errorf("%w: %q is not https; say HTTP.InsecurePlainHTTP if that is meant", ErrAddress, u)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return r.ip(ip)
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// special are networks that are not of the public internet and that netip does
// not tell apart (RFC 6890 and its registry). Those that lead to an IPv4
// address are among them, since that address could be any.
var special = func() (list []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

// ip checks an address that is about to be dialled.
func (r rules) ip(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	switch {
	case r.private, r.loopback && ip.IsLoopback():
		return nil
	case !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) }):
		return fmt.Errorf("%w: %s is not of the public internet; say HTTP.AllowPrivateAddresses if that is meant", ErrAddress, ip)
	}
	return nil
}

// dialled is called for each address that a name has, before it is dialled, so
// that a name cannot mean one thing when it is checked and another when it is
// used.
func (r rules) dialled(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return r.ip(at.Addr())
}

// transport makes connections by the rules. It uses no proxy: which address a
// proxy goes to cannot be seen from here.
func (r rules) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: r.dialled}
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
}

const maxIdle = 32 // connections that are kept for the next request
