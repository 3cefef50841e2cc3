package identity

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// checkURL returns a public URL without a slash at its end, or why it is none.
func checkURL(text string) (_, reason string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Sprintf("%q: a public URL is http:// or https://, a host and perhaps a path", text)
	}
	return strings.TrimSuffix(text, "/"), ""
}

// IsLocal reports whether a URL leads to the machine that it is opened on, so
// that it is for trying.
func IsLocal(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
