package holdfasttest

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// strangers reports handlers that are mounted beside the application's routes
// in a ServeMux, where no policy protects them.
func (p *probe) strangers() {
	p.t.Helper()
	mux, ok := p.outer.(*http.ServeMux)
	if !ok {
		return
	}
	found := patternsOf(reflect.ValueOf(mux), map[uintptr]bool{})
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) == 0 {
		p.t.Errorf("the patterns of %T could not be read; handlers that are mounted in it are not seen", mux)
	}
	for _, pattern := range found {
		if !p.leadsToApp(mux, pattern) {
			p.t.Errorf("%s is served by a handler that is no route of the application: no policy protects it. Mount what Guard or Protect returns, or register it with Raw", pattern)
		}
	}
}

// anyMethod are the methods that are tried of a pattern which names none.
var anyMethod = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// leadsToApp reports whether the pattern's handler is the application, or asks a
// policy of the application, for every method that it does not refuse.
func (p *probe) leadsToApp(mux *http.ServeMux, pattern string) bool {
	method, path, ok := strings.Cut(pattern, " ")
	methods := []string{method}
	if !ok {
		methods, path = anyMethod, pattern
	}
	host := "example.org"
	if i := strings.IndexByte(path, '/'); i > 0 {
		host, path = path[:i], path[i:]
	}
	path = fillPath(strings.ReplaceAll(path, "{$}", ""), nil, nil)
	for _, method := range methods {
		r := &http.Request{Method: method, Host: host, URL: &url.URL{Path: path}}
		h, found := mux.Handler(r)
		if found != pattern && !ok || h == http.Handler(p.app) {
			continue // a pattern with the method is looked at by itself
		}
		r.RequestURI, r.Header, r.Body = r.URL.Path, http.Header{}, http.NoBody
		s := p.serve(r) // there may be something in between, such as a log
		if _, asked := s.verdict(); !asked && !s.reached && s.status != http.StatusMethodNotAllowed {
			return false
		}
	}
	return true
}

// patternsOf finds the patterns of a ServeMux, which does not list them: all
// values of its package's type pattern that can be reached. If a later Go
// keeps them in another way, none are found, and that is an error.
func patternsOf(v reflect.Value, seen map[uintptr]bool) []string {
	var out []string
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] || v.Elem().Kind() != reflect.Struct || v.Elem().Type().PkgPath() != "net/http" {
			return nil
		}
		seen[v.Pointer()] = true
		return patternsOf(v.Elem(), seen)
	case reflect.Struct:
		if v.Type().PkgPath() != "net/http" {
			return nil
		}
		if text := v.FieldByName("str"); v.Type().Name() == "pattern" && text.Kind() == reflect.String {
			return []string{text.String()}
		}
		for i := range v.NumField() {
			out = append(out, patternsOf(v.Field(i), seen)...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, patternsOf(v.Index(i), seen)...)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			out = append(out, patternsOf(it.Value(), seen)...)
		}
	}
	return out
}
