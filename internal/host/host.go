// Package host lets a handler that is mounted in an application refuse as that
// application does: in its shape of errors, whatever middleware stands between.
// It imports nothing of this module.
package host

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Refusal is why a handler has no answer. The zero Refusal is a 404.
type Refusal struct {
	Allow []string // the methods that there are, in a 405
	Cause error    // what went wrong, in a 500: for the log, and never sent
}

// Refuser answers for the application.
type Refuser func(w http.ResponseWriter, why Refusal)

type key struct{}

// Inside is a request as a mounted handler sees it, which refuses by fn.
func Inside(r *http.Request, fn Refuser) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), key{}, fn))
}

// Refuse answers as the innermost application around the handler does, or as one
// that says nothing of its errors where there is none.
func Refuse(w http.ResponseWriter, r *http.Request, why Refusal) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if fn, ok := r.Context().Value(key{}).(Refuser); ok {
		fn(w, why)
		return
	}
	switch {
	case why.Cause != nil:
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	case why.Allow != nil:
		w.Header().Set("Allow", strings.Join(why.Allow, ", "))
		write(w, http.StatusMethodNotAllowed)
	default:
		write(w, http.StatusNotFound)
	}
}

func write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"detail":"`+http.StatusText(status)+`"}`) // the caller has gone, then
}
