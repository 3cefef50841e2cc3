package identity

import (
	"errors"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// sessionCookie is the cookie's name. Browsers take one of this prefix only over
// https, for all paths, and from this host itself, so that no other host of the
// domain can put one in its place (RFC 6265bis section 4.1.3.2).
const sessionCookie = "__Host-session"

// sessionName is the scheme's name in the document and in the access table.
const sessionName = "Session"

// sessionChallenge is what a 401 says of it. Browsers know nothing of the word,
// and so do not ask for a password.
const sessionChallenge = "Cookie"

// sessionScheme is how a browser presents a session, with the scopes of tokens.
func sessionScheme(tokens *holdfast.Scheme[string]) *holdfast.Scheme[presented] {
	return holdfast.NewScheme(sessionName, sessionChallenge, map[string]any{"type": "apiKey", "in": "cookie", "name": sessionCookie},
		findSession, holdfast.ScopesOf(tokens), holdfast.Described("The session of a browser, from the sign-in page"))
}

// presented is what a request says of its session, and the request itself: who
// caused it is a part of whether the session may be used.
type presented struct {
	cookies []string // one, if all is well
	request *http.Request
}

// findSession reports whether a request presents a session. An empty cookie is
// none.
func findSession(r *http.Request) (presented, bool) {
	found := presented{cookiesOf(r), r}
	return found, len(found.cookies) > 1 || len(found.cookies) == 1 && found.cookies[0] != ""
}

// cookieSpace is what may stand around a cookie's name and value. What Unicode
// calls space is a part of the name: a browser takes such a cookie from other
// hosts of the domain, because its name does not begin with the prefix.
const cookieSpace = " \t"

// cookiesOf lists what was sent as the session's cookie, byte by byte.
// Request.Cookies leaves out what is malformed, and so could take one of two for
// the only one.
func cookiesOf(r *http.Request) (values []string) {
	for _, header := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(header, ";") {
			if name, value, _ := strings.Cut(pair, "="); strings.Trim(name, cookieSpace) == sessionCookie {
				values = append(values, strings.Trim(value, cookieSpace))
			}
		}
	}
	return values
}

// errRepeated is about a cookie that is sent twice: a proxy may have looked at
// the other one.
var errRepeated = errors.New("the cookie of the session is sent more than once")
