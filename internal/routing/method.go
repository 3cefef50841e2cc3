package routing

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Any stands for every method.
const Any = "*"

// registered are the methods of the HTTP Method Registry (RFC 9110 section
// 16.1.1) that are about a resource: CONNECT and TRACE are about the connection,
// and PRI is no request. A name that is none of them is a mistake.
var registered = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "QUERY",
	"ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
	"MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT",
	"UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL",
}

// CheckMethod says why nothing can be registered for a method.
func CheckMethod(method string) error {
	switch upper := strings.ToUpper(method); {
	case slices.Contains(registered, method):
		return nil
	case slices.Contains(registered, upper):
		return fmt.Errorf("method %q: methods are case-sensitive; write %s", method, upper)
	case method == Any:
		return errors.New("a route has one method; Mount is for all of them")
	case upper == http.MethodConnect || upper == http.MethodTrace:
		return fmt.Errorf("method %q is about the connection, and not for a route", method)
	}
	return fmt.Errorf("method %q is none that HTTP knows, such as %s (HEAD comes with GET)", method, strings.Join(registered[:8], ", "))
}

// Methods lists the methods of requests that something registered for a method
// serves.
func Methods(method string) []string {
	if method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{method}
}

// Serves reports whether what is registered for a method is for requests with
// another one as well.
func Serves(registered, method string) bool {
	return registered == Any || slices.Contains(Methods(registered), method)
}

// Takes reports whether something at p takes requests that something at q would
// serve otherwise: because its path says more, or of the same path its method.
func (p *Pattern) Takes(method string, q *Pattern, from string) bool {
	switch {
	case !p.Within(q):
		return false
	case q.Within(p): // two of the same paths and method are a conflict
		return method != from && Serves(from, method)
	}
	return Serves(from, method) || Serves(method, from)
}
