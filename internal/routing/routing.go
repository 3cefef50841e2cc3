// Package routing finds what is registered for a request: by method and exact
// path, over the [http.ServeMux]. "/items/" does not serve "/items/7", an
// encoded slash never stands for a slash, and redirects come from here alone.
// It imports nothing of this module.
package routing

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Table has values of type T, each for one method and pattern. The zero Table
// is empty. Finding is safe for concurrent use once nothing is added any more.
type Table[T any] struct {
	mux     http.ServeMux
	entries []*entry[T]
	any     []*entry[T] // those of them that are for every method
	methods []string
}

// entry is what the ServeMux is given; it is found there and never called.
type entry[T any] struct {
	http.Handler
	method  string
	pattern *Pattern
	value   T

	// inner says that this is for every method, and that there are patterns within
	// its own: only then a path can have something better.
	inner bool
}

// Conflict says that some path would match both of two patterns, and neither
// says more than the other.
type Conflict[T any] struct{ With T }

func (c *Conflict[T]) Error() string { return "it conflicts with another pattern" }

// Add registers a value. The error is a [Conflict] or says what is wrong with
// the pattern.
func (t *Table[T]) Add(method string, pattern *Pattern, value T) error {
	one := &entry[T]{method: method, pattern: pattern, value: value}
	if err := one.register(&t.mux); err != nil {
		if other := t.conflicting(one); other != nil {
			return &Conflict[T]{other.value}
		}
		return err
	}
	for _, other := range t.any {
		other.inner = other.inner || pattern.inside(other.pattern)
	}
	if method == Any {
		one.inner = slices.ContainsFunc(t.entries, func(other *entry[T]) bool { return other.pattern.inside(pattern) })
		t.any = append(t.any, one)
	}
	t.entries = append(t.entries, one)
	if !slices.Contains(t.methods, method) {
		t.methods = append(t.methods, method)
	}
	return nil
}

// register gives the entry to a ServeMux, which panics when it cannot take it.
func (e *entry[T]) register(mux *http.ServeMux) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	mux.Handle(e.pattern.forMux(e.method), e)
	return nil
}

// conflicting finds the entry that does not go together with a new one; nil if
// the new one is refused even alone.
func (t *Table[T]) conflicting(one *entry[T]) *entry[T] {
	if one.register(http.NewServeMux()) != nil {
		return nil
	}
	for _, other := range t.entries {
		pair := http.NewServeMux()
		if other.register(pair) == nil && one.register(pair) != nil {
			return other
		}
	}
	return nil
}

// Find returns the value for a request. HEAD finds what is registered for GET
// where nothing is registered for HEAD.
//
// Of all patterns for a path, the one that says the most decides, whatever the
// method: what is registered for every method below a prefix is not found for a
// path that has something of its own, with or without a last slash. Miss then
// says what that is.
func (t *Table[T]) Find(r *http.Request) (value T, ok bool) {
	if lossy(r.URL) {
		return value, false
	}
	one := t.match(r)
	if one == nil || one.inner && t.better(r, one) {
		return value, false
	}
	return one.value, true
}

// lossy reports whether a path has an encoded slash that net/url forgets, as it
// does where another character should have been encoded and is not, such as a
// backslash: the path would be read as one with a slash more.
func lossy(u *url.URL) bool {
	return u.RawPath != "" && u.EscapedPath() != u.RawPath && strings.Contains(strings.ToLower(u.RawPath), "%2f")
}

// elsewhere reports whether the path that was found at an entry is one of another
// pattern once its slashes are decoded, as file servers do: then what stands there
// would be reached by the wrong entry. Where the entries are
// /files/{rest...} and /files/secret/{rest...}, so it is with
// /files/secret%2Fplan. Only an entry that takes the rest of a path can take such,
// and one for all methods takes none with dots, see [Pattern.Strip].
func (t *Table[T]) elsewhere(one *entry[T], escaped string) bool {
	plain, err := url.PathUnescape(escaped)
	slashed := strings.ReplaceAll(plain, `\`, "/")
	read := path.Clean(slashed)
	switch {
	case err != nil:
		return true
	case strings.Count(escaped, "/") == strings.Count(slashed, "/") && (read == slashed || read+"/" == slashed):
		return false // every slash is one
	case one.method == Any && dotted(slashed):
		return false
	}
	return t.hasOther(one, read) || read != "/" && t.hasOther(one, read+"/")
}

// hasOther reports whether a path is one of another pattern than an entry's, for
// any method.
func (t *Table[T]) hasOther(one *entry[T], at string) bool {
	probe := http.Request{URL: &url.URL{Path: at}}
	for _, probe.Method = range t.methods {
		h, _ := t.mux.Handler(&probe)
		if other, ok := h.(*entry[T]); ok && other.pattern.Path != one.pattern.Path && other.pattern.fits(probe.URL.EscapedPath()) {
			return true
		}
	}
	return false
}

// match is the entry for a request's method and path; nil for none.
func (t *Table[T]) match(r *http.Request) *entry[T] {
	h, _ := t.mux.Handler(r)
	one, ok := h.(*entry[T])
	if !ok {
		return nil
	}
	escaped := r.URL.EscapedPath()
	if !one.pattern.fits(escaped) || one.pattern.rest && t.elsewhere(one, escaped) {
		return nil
	}
	return one
}

// better reports whether something that says more than one is at a request's
// path for other methods, or at the path with or without a last slash.
func (t *Table[T]) better(r *http.Request, one *entry[T]) bool {
	here := r.URL.EscapedPath()
	return saysMore(t.at(r, here), one) || saysMore(t.at(r, toggleSlash(here)), one)
}

// saysMore reports whether one of the entries has a pattern within another's.
func saysMore[T any](entries []*entry[T], than *entry[T]) bool {
	return slices.ContainsFunc(entries, func(e *entry[T]) bool { return e.pattern.inside(than.pattern) })
}

// Miss says what to answer when nothing was found: that the path is there for
// other methods, or with or without a last slash, or not at all.
type Miss struct {
	Allowed  []string // methods, sorted
	Location string   // a path on this server, with the query
}

// Miss explains why nothing was found for a request.
func (t *Table[T]) Miss(r *http.Request) Miss {
	here := r.URL.EscapedPath()
	if allowed := methodsOf(t.at(r, here)); len(allowed) > 0 {
		return Miss{Allowed: allowed}
	}
	there := toggleSlash(here)
	if len(t.at(r, there)) == 0 {
		return Miss{}
	}
	location := prefixOf(r, here) + there
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	return Miss{Location: location}
}

// at lists what there is at an escaped path, for each method.
func (t *Table[T]) at(r *http.Request, escaped string) []*entry[T] {
	path, err := url.PathUnescape(escaped)
	if err != nil || path == "" {
		return nil
	}
	probe := *r
	probe.URL = &url.URL{Path: path, RawPath: escaped}
	var out []*entry[T]
	for _, method := range t.methods {
		probe.Method = method
		if one := t.match(&probe); one != nil {
			out = append(out, one)
		}
	}
	return out
}

// methodsOf lists the methods of entries, sorted. What is for every method is not
// one of them: it was not asked because of the others.
func methodsOf[T any](entries []*entry[T]) []string {
	var out []string
	for _, one := range entries {
		if one.method != Any {
			out = append(out, Methods(one.method)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func toggleSlash(path string) string {
	if path == "" || path == "/" {
		return ""
	}
	if short, ok := strings.CutSuffix(path, "/"); ok {
		return short
	}
	return path + "/"
}

// prefixOf is what another router has cut off the path before us, such as
// [http.StripPrefix], if the request still says so. The location of a redirect
// is a path, so that no Host header can turn it elsewhere; and it is known to
// fit a pattern, so that it cannot begin with two slashes.
func prefixOf(r *http.Request, here string) string {
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(sent, here)
	if !ok || !strings.HasPrefix(prefix, "/") || strings.HasPrefix(prefix, "//") || strings.ContainsAny(prefix, "\\%") {
		return ""
	}
	return prefix
}
