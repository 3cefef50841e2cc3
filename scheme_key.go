package holdfast

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// APIKeyHeader makes the scheme of a key in the request header called name. An
// empty value is no key; a header that is sent more than once is refused, also by
// a policy that is [Optional].
func APIKeyHeader(name string, options ...SchemeOption) *Scheme[string] {
	find := func(r *http.Request) (string, presence) { return single(r, name) }
	return newAPIKey("APIKeyHeader", "header", name, find, plan.Caller()).apply(options)
}

// APIKeyQuery makes the scheme of a key in the query parameter called name,
// where logs and histories keep it: prefer a header. A repeated parameter is
// refused, also by a policy that is [Optional].
func APIKeyQuery(name string, options ...SchemeOption) *Scheme[string] {
	find := func(r *http.Request) (string, presence) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return "", unreadable
		}
		return only(values[name])
	}
	return newAPIKey("APIKeyQuery", "query", name, find, plan.Caller()).apply(options)
}

// APIKeyCookie makes the scheme of a key in the cookie called name. Browsers
// send cookies with requests that other sites cause: protect routes that change
// something with [net/http.CrossOriginProtection]. A repeated cookie is refused,
// also by a policy that is [Optional].
func APIKeyCookie(name string, options ...SchemeOption) *Scheme[string] {
	find := func(r *http.Request) (string, presence) {
		var values []string
		for _, c := range r.CookiesNamed(name) {
			values = append(values, c.Value)
		}
		if len(values) == 0 && mentionsCookie(r, name) {
			return "", unreadable
		}
		return only(values)
	}
	return newAPIKey("APIKeyCookie", "cookie", name, find, plan.Caller()).apply(options)
}

// mentionsCookie reports whether a Cookie header names the cookie, also if its
// value is malformed.
func mentionsCookie(r *http.Request, name string) bool {
	for _, header := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(header, ";") {
			if found, _, _ := strings.Cut(strings.Trim(pair, " \t"), "="); found == name {
				return true
			}
		}
	}
	return false
}

func newAPIKey(kind, in, name string, find func(*http.Request) (string, presence), at plan.Place) *Scheme[string] {
	s := newScheme(kind, "APIKey", map[string]any{"type": "apiKey", "in": in, "name": name}, builtIn(find), at)
	if name == "" {
		s.fault(at, "%s: the key has no name", kind)
	}
	return s
}
