package routing

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Pattern is a path with wildcards, split at its slashes as it was written.
// Values are cut out of the escaped path, so that an encoded slash stays inside
// its segment.
type Pattern struct {
	Path string // as it was written

	segments []string
	names    map[string]int // wildcard -> segment
	rest     bool           // the last wildcard takes everything that is left
}

// Parse reads a path such as "/items/{id}" or "/files/{path...}".
func Parse(path string) (Pattern, error) {
	p := Pattern{Path: path, segments: strings.Split(path, "/")[1:], names: map[string]int{}}
	for i, segment := range p.segments {
		name, ok := strings.CutPrefix(segment, "{")
		if !ok {
			if literal, err := url.PathUnescape(segment); err == nil { // as ServeMux compares it
				p.segments[i] = literal
			}
			continue
		}
		name = strings.TrimSuffix(name, "}")
		if short, ok := strings.CutSuffix(name, "..."); ok {
			name, p.rest = short, true
		}
		if before, converter, ok := strings.Cut(name, ":"); ok {
			if converter == "path" { // Starlette's
				before += "..."
			}
			return p, fmt.Errorf("path %s: paths have no converters; write {%s}, and the type of the field says what it is", path, before)
		}
		if _, twice := p.names[name]; twice || name == "" || name == "$" {
			return p, fmt.Errorf("path %s: bad wildcard {%s}", path, name)
		}
		p.names[name] = i
	}
	return p, nil
}

// Names lists the wildcards' names, sorted.
func (p *Pattern) Names() []string { return slices.Sorted(maps.Keys(p.names)) }

// fits reports whether an escaped path has this pattern's shape.
func (p *Pattern) fits(escaped string) bool {
	n := strings.Count(escaped, "/")
	if p.rest {
		return n >= len(p.segments)
	}
	last := p.segments[len(p.segments)-1]
	return n == len(p.segments) && (last != "" || strings.HasSuffix(escaped, "/"))
}

// Value is the decoded value of a wildcard in a request's path.
func (p *Pattern) Value(r *http.Request, name string) (string, bool) {
	at, ok := p.names[name]
	escaped := r.URL.EscapedPath()
	if !ok || !p.fits(escaped) {
		return "", false
	}
	rest := escaped[1:]
	for range at {
		_, rest, _ = strings.Cut(rest, "/")
	}
	if !p.rest || at != len(p.segments)-1 {
		rest, _, _ = strings.Cut(rest, "/")
	}
	value, err := url.PathUnescape(rest)
	return value, err == nil
}

// SetValues sets the path values of a request that matched the pattern, as
// [http.ServeMux] does for its own.
func (p *Pattern) SetValues(r *http.Request) {
	for name := range p.names {
		if value, ok := p.Value(r, name); ok {
			r.SetPathValue(name, value)
		}
	}
}

// Within reports whether every path of p is one of q, so that p, which says
// more, gets them.
func (p *Pattern) Within(q *Pattern) bool {
	n := len(q.segments)
	if len(p.segments) < n || len(p.segments) > n && !q.rest || p.rest && !q.rest {
		return false
	}
	for i, segment := range q.segments {
		wild := isWild(segment)
		switch {
		case wild && q.rest && i == n-1:
			return true
		case !wild && segment != p.segments[i]:
			return false
		case wild && p.segments[i] == "":
			return false // a wildcard is never empty
		}
	}
	return true
}

// inside reports whether p says more than q: its paths are some of q's, and not
// all of them.
func (p *Pattern) inside(q *Pattern) bool { return p.Within(q) && !q.Within(p) }

// forMux makes a trailing slash exact, where ServeMux would take it for a
// whole subtree.
func (p *Pattern) forMux(method string) string {
	if method == Any {
		return p.Path // which ends in what takes the rest
	}
	if strings.HasSuffix(p.Path, "/") {
		return method + " " + p.Path + "{$}"
	}
	return method + " " + p.Path
}
