package identity

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// origins tells requests that the program's own pages cause from those that
// pages of others do: a browser sends its cookies with both.
type origins struct{ protection *http.CrossOriginProtection }

// newOrigins trusts the origin of a public URL, whatever Host a proxy sends.
func newOrigins(public string) *origins {
	o := &origins{http.NewCrossOriginProtection()}
	if origin := originOf(public); origin != "" {
		_ = o.protection.AddTrustedOrigin(origin) // it is one
	}
	return o
}

// originOf is the origin of a URL as browsers send it (RFC 6454 section 6.2):
// in lower case and without the port that goes without saying.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}

// errForeign is about a request that is no doing of the program's own pages.
var errForeign = errors.New("a page of another site has sent the request")

// check refuses a request that may change something and that a page of another
// origin has caused. The handshake of a WebSocket is a GET that opens a way to
// change things, and that browsers let every page make.
func (o *origins) check(r *http.Request) error {
	if len(r.Header["Upgrade"]) > 0 {
		r = asUnsafe(r)
	}
	err := o.protection.Check(r)
	if err == nil && nameless(r) {
		err = errors.New("it names neither where it comes from nor where it goes to")
	}
	if err != nil {
		return &holdfast.Error{Status: http.StatusForbidden, Detail: "A page of another site has sent this request", Cause: fmt.Errorf("%w: %w", errForeign, err)}
	}
	return nil
}

// nameless reports whether a request that may change something has an origin
// that says nothing, or goes to no host, so that the two cannot be compared. What
// says itself where it comes from (Sec-Fetch-Site) is compared by that.
func nameless(r *http.Request) bool {
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	return !safe && r.Header.Get("Sec-Fetch-Site") == "" && (r.Header.Get("Origin") == "null" || r.Host == "")
}

// asUnsafe is a request as if its method changed something.
func asUnsafe(r *http.Request) *http.Request {
	unsafe := *r
	unsafe.Method = http.MethodPost
	return &unsafe
}
