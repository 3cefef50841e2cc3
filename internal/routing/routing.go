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
	methods []string
}

// entry is what the ServeMux is given; it is found there and never called.
type entry[T any] struct {
	http.Handler
	method  string
	pattern *Pattern
	value   T
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
func (t *Table[T]) Find(r *http.Request) (value T, ok bool) {
	h, _ := t.mux.Handler(r)
	one, ok := h.(*entry[T])
	escaped := r.URL.EscapedPath()
	if !ok || !one.pattern.fits(escaped) || one.pattern.rest && t.elsewhere(one, escaped) {
		return value, false
	}
	return one.value, true
}

// elsewhere reports whether the path that was found at an entry is one of another
// pattern to whoever decodes its slashes, as file servers do: then what stands
// there would be reached by the wrong entry. Where the entries are
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

// Miss says what to answer when nothing was found: that the path is there for
// other methods, or with or without a last slash, or not at all.
type Miss struct {
	Allowed  []string // methods, sorted
	Location string   // a path on this server, with the query
}

// Miss explains why nothing was found for a request.
func (t *Table[T]) Miss(r *http.Request) Miss {
	here := r.URL.EscapedPath()
	if allowed := t.allowed(r, here); len(allowed) > 0 {
		return Miss{Allowed: allowed}
	}
	there := toggleSlash(here)
	if len(t.allowed(r, there)) == 0 {
		return Miss{}
	}
	location := prefixOf(r, here) + there
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	return Miss{Location: location}
}

// allowed lists the methods for which there is something at an escaped path.
func (t *Table[T]) allowed(r *http.Request, escaped string) []string {
	path, err := url.PathUnescape(escaped)
	if err != nil || path == "" {
		return nil
	}
	probe := *r
	probe.URL = &url.URL{Path: path, RawPath: escaped}
	var out []string
	for _, method := range t.methods {
		probe.Method = method
		if _, ok := t.Find(&probe); ok {
			out = append(out, Methods(method)...)
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
