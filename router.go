package holdfast

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mount gives the route to the ServeMux, and names both places when it
// conflicts with another.
func (a *App) mount(rt *route) {
	if err := tryHandle(a.mux, rt); err == nil {
		return
	}
	for _, other := range a.routes {
		if other == rt {
			break
		}
		pair := http.NewServeMux()
		if tryHandle(pair, other) == nil && tryHandle(pair, rt) != nil {
			a.fault(rt.at, "%s %s conflicts with %s %s at %v: some path would match both", rt.method, rt.path, other.method, other.path, other.at)
			return
		}
	}
	a.fault(rt.at, "%s %s: %w", rt.method, rt.path, tryHandle(http.NewServeMux(), rt))
}

func tryHandle(mux *http.ServeMux, rt *route) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	mux.Handle(rt.muxPattern(), rt)
	return nil
}

// muxPattern makes a trailing slash exact, where ServeMux would take it for a
// whole subtree.
func (rt *route) muxPattern() string {
	if strings.HasSuffix(rt.path, "/") {
		return rt.method + " " + rt.path + "{$}"
	}
	return rt.method + " " + rt.path
}

// ServeHTTP finds the route and serves it. The route that was matched is the
// one whose policy is enforced; no path is ever compared again.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := a.Err(); err != nil {
		a.fail(w, r, err)
		return
	}
	if rt := a.match(r); rt != nil {
		rt.ServeHTTP(w, r)
		return
	}
	a.observe("", w, func(w http.ResponseWriter) { a.miss(w, r) })
}

// match asks the ServeMux, and takes only an answer that is one of our routes:
// its redirects are not, and an encoded slash never stands for a slash.
func (a *App) match(r *http.Request) *route {
	h, _ := a.mux.Handler(r)
	rt, ok := h.(*route)
	if !ok || !rt.pattern.fits(r.URL.EscapedPath()) {
		return nil
	}
	return rt
}

// miss answers for a path or method that no route serves.
func (a *App) miss(w http.ResponseWriter, r *http.Request) {
	here := r.URL.EscapedPath()
	if allowed := a.allowed(r, here); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		a.fail(w, r, &Error{Status: http.StatusMethodNotAllowed, Cause: errNoRoute})
		return
	}
	if there := toggleSlash(here); len(a.allowed(r, there)) > 0 {
		redirect(w, r, prefixOf(r, here)+there)
		return
	}
	a.fail(w, r, &Error{Status: http.StatusNotFound, Cause: errNoRoute})
}

// allowed lists the methods that some route serves at an escaped path.
func (a *App) allowed(r *http.Request, escaped string) []string {
	path, err := url.PathUnescape(escaped)
	if err != nil || path == "" {
		return nil
	}
	probe := *r
	probe.URL = &url.URL{Path: path, RawPath: escaped}
	var out []string
	for _, method := range a.methods {
		probe.Method = method
		if a.match(&probe) == nil {
			continue
		}
		out = append(out, method)
		if method == http.MethodGet {
			out = append(out, http.MethodHead)
		}
	}
	slices.Sort(out)
	return out
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
// [http.StripPrefix], if the request still says so.
func prefixOf(r *http.Request, here string) string {
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(sent, here)
	if !ok || !strings.HasPrefix(prefix, "/") || strings.HasPrefix(prefix, "//") || strings.ContainsAny(prefix, "\\%") {
		return ""
	}
	return prefix
}

// redirect sends the caller to the same path with or without its last slash.
// The location is a path, so that no Host header can turn it elsewhere; and it
// is known to fit a route, so that it cannot begin with two slashes.
func redirect(w http.ResponseWriter, r *http.Request, location string) {
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusTemporaryRedirect)
}
