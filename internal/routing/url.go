package routing

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// URL writes a path that the pattern matches, with values for its wildcards. It
// is escaped, and never one that clients or routers would read in another way:
// an empty segment, or one of dots, is an error.
func (p *Pattern) URL(values map[string]string) (string, error) {
	for name := range values {
		if _, ok := p.names[name]; !ok {
			return "", fmt.Errorf("the path %s has no {%s}", p.Path, name)
		}
	}
	var out strings.Builder
	for i, segment := range p.segments {
		name, wild := p.nameAt(i)
		if wild {
			value, ok := values[name]
			if !ok {
				return "", fmt.Errorf("the path %s: nothing says what {%s} is", p.Path, name)
			}
			segment = value
		}
		parts := []string{segment}
		last := i == len(p.segments)-1
		if wild && last && p.rest && segment != "" {
			parts = strings.Split(segment, "/")
		}
		for j, part := range parts {
			if bad := misread(part); wild && bad != "" && (part != "" || !last || !p.rest || j < len(parts)-1) {
				return "", fmt.Errorf("the path %s: {%s} is %q, %s", p.Path, name, segment, bad)
			}
			out.WriteString("/" + url.PathEscape(part))
		}
	}
	return out.String(), nil
}

// nameAt is the name of the wildcard that is a segment.
func (p *Pattern) nameAt(i int) (string, bool) {
	for name, at := range p.names {
		if at == i {
			return name, true
		}
	}
	return "", false
}

// misread says how others read a segment otherwise; nothing if they do not.
func misread(segment string) string {
	switch segment {
	case "":
		return "and an empty segment is none"
	case "/":
		return "which routers take for no segment"
	case ".", "..":
		return "which clients take for a folder"
	}
	return ""
}

// Strip has the request's path begin where the last wildcard does, which takes
// the rest of the path, so that what is mounted there sees its own paths. The
// path of a request that would lead out of there once somebody decodes it does
// not change, and Strip reports false.
func (p *Pattern) Strip(r *http.Request) bool {
	rest := r.URL.EscapedPath()
	if !p.fits(rest) {
		return false
	}
	for range len(p.segments) - 1 {
		rest = rest[1+strings.IndexByte(rest[1:], '/'):]
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return false
	}
	if dotted(path) {
		return false
	}
	below := *r.URL
	below.Path, below.RawPath = path, ""
	if below.EscapedPath() != rest {
		below.RawPath = rest
	}
	r.URL = &below
	return true
}

// dotted reports whether a decoded path has a segment of dots.
func dotted(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		name, _, _ := strings.Cut(segment, ";") // to Java's servers, ..;x is a folder up, too
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}
