package account

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxRedirects = 20
	maxURI       = 2000
)

// AllowsRedirect reports whether an authorization may be answered at a URI: at
// one that is registered, compared byte by byte (RFC 9700 section 4.1.3). Of an
// http URI of the machine itself the port is free, since a program there listens
// at one that it is given (RFC 8252 section 7.3).
func (c Client) AllowsRedirect(uri string) bool {
	if slices.Contains(c.Redirects, uri) {
		return true
	}
	given, ok := withoutPort(uri)
	return ok && slices.ContainsFunc(c.Redirects, func(one string) bool {
		registered, ok := withoutPort(one)
		return ok && registered == given
	})
}

// loopbacks are the names of the machine itself, as they stand in a URI.
var loopbacks = []string{"127.0.0.1", "[::1]", "localhost"}

// withoutPort is an http URI of the machine itself without its port. It takes the
// text as it is: what a parser would take for the same is another text.
func withoutPort(uri string) (_ string, ok bool) {
	rest, ok := strings.CutPrefix(uri, "http://")
	if !ok {
		return "", false
	}
	for _, host := range loopbacks {
		after, ok := strings.CutPrefix(rest, host)
		if !ok {
			continue
		}
		if port, ok := strings.CutPrefix(after, ":"); ok {
			end := strings.IndexFunc(port, func(r rune) bool { return r < '0' || r > '9' })
			if end < 0 {
				end = len(port)
			}
			if n, err := strconv.Atoi(port[:end]); err != nil || n < 1 || n > 65535 {
				return "", false
			}
			after = port[end:]
		}
		if after == "" || after[0] == '/' || after[0] == '?' {
			return "http://" + host + after, true
		}
	}
	return "", false
}

// CheckRedirect returns an *InvalidError if a URI may not be registered for a
// client.
func CheckRedirect(uri string) error {
	if reason := checkRedirect(uri); reason != "" {
		return &InvalidError{"redirect_uris", "contains " + quote(uri) + ", which " + reason}
	}
	return nil
}

// checkRedirect says what is wrong with a URI that is to be registered, "" if
// nothing is.
func checkRedirect(uri string) (reason string) {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "" || u.Opaque != "" || len(uri) > maxURI || strings.ContainsFunc(uri, notInURI):
		return "is no absolute URI in ASCII"
	case strings.Contains(uri, "#"):
		return "has a fragment"
	case u.User != nil:
		return "has a user before its host"
	case answersItself(u):
		return "has a parameter in its query that the answer has: code, state, iss or error"
	case strings.Contains(uri, "*"):
		return "has a wildcard; each redirect URI is registered by itself"
	case dotted(u.EscapedPath()):
		return "has a segment . or .. in its path"
	}
	return checkScheme(u, uri)
}

// checkScheme is checkRedirect for where the URI leads.
func checkScheme(u *url.URL, uri string) (reason string) {
	_, local := withoutPort(uri)
	switch {
	case u.Scheme == "https" && !strings.HasPrefix(uri, "https://"), u.Scheme == "http" && !strings.HasPrefix(uri, "http://"):
		return "has a scheme in capitals"
	case u.Scheme == "https" && (u.Hostname() == "" || strings.HasSuffix(u.Host, ":")):
		return "has no host, or an empty port"
	case u.Scheme == "https", u.Scheme == "http" && local:
		return ""
	case u.Scheme == "http":
		return "is http and does not lead to the machine itself; use https, or 127.0.0.1, [::1] or localhost"
	case !strings.Contains(u.Scheme, "."):
		return "has a scheme that is neither https nor one's own, such as com.example.app (RFC 8252 section 7.1)"
	}
	return ""
}

// answersItself reports whether a URI says already what an authorization response
// says: a client would have two codes, or two issuers (RFC 9207), to choose from.
func answersItself(u *url.URL) bool {
	query := u.Query()
	return slices.ContainsFunc([]string{"code", "state", "iss", "error", "error_description", "error_uri"}, query.Has)
}

// notInURI reports whether a URI cannot have the letter; some parsers take a
// backslash for a slash.
func notInURI(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\\\"<>^`{|}", r) }

// dotted reports whether a path has a segment that others might resolve.
func dotted(path string) bool {
	path = strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/").Replace(path)
	return slices.ContainsFunc(strings.Split(path, "/"), func(one string) bool {
		one, _, _ = strings.Cut(one, ";")
		return one == "." || one == ".."
	})
}

// checkResource says what is wrong with a resource (RFC 8707 section 2), "" if
// nothing is.
func checkResource(uri string) (reason string) {
	u, err := url.Parse(uri)
	switch {
	case err != nil || !u.IsAbs() || len(uri) > maxURI || strings.ContainsFunc(uri, notInURI):
		return "is no absolute URI in ASCII"
	case strings.Contains(uri, "#"):
		return "has a fragment"
	}
	return ""
}
