package identity

import (
	"fmt"
	"net/url"
	"strings"
)

// Pages makes sessions for a program's own pages: see [Identity.Session]. The
// zero Pages has a sign-in page.
//
// Browsers keep the cookie only if the public URL is https, or, for trying, that
// of the machine itself: Chrome and Firefox do for http://127.0.0.1 and
// http://localhost, Safari does not.
type Pages struct {
	// SignIn is the path of the program's own sign-in page, which calls
	// Identity.SignIn. If empty, there is one: GET and POST /signin, under the
	// scheme's prefix.
	SignIn string

	Home string // where a sign-in leads that began at no other page; "/" if empty
}

// check says what is wrong with the pages of a program that is reached at a URL.
func (p *Pages) check(public string) (reason string) {
	if p == nil {
		return ""
	}
	for _, one := range []string{p.SignIn, p.Home} {
		if _, ok := LocalPath(one); !ok && one != "" {
			return fmt.Sprintf(`%q is no path of this program, such as "/signin"`, one)
		}
	}
	if strings.ContainsAny(p.SignIn, "?#") {
		return fmt.Sprintf("%q: the path of the sign-in page has no query, which says where to go on", p.SignIn)
	}
	if !keepsCookies(public) {
		return "browsers keep the cookie of a session only over https, and the URL is " + public
	}
	return ""
}

// keepsCookies reports whether browsers keep the cookie of a session that they
// are given at a URL.
func keepsCookies(public string) bool { return !strings.HasPrefix(public, "http:") || IsLocal(public) }

// LocalPath returns a path, with its query, to which a browser may be sent after
// a sign-in, and reports whether text is one: of this origin, whatever its source.
// "//other.example", "/\other.example", and whatever has a host, control
// characters, spaces, backslashes or empty or dotted segments, are not.
func LocalPath(text string) (path string, ok bool) {
	const longest = 8 << 10 // which a request for a code fits into
	if len(text) > longest || !strings.HasPrefix(text, "/") {
		return "", false
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == '\\' {
			return "", false
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return "", false
	}
	if strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") || strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return "", false // also where it is written with %
	}
	return text, true
}
