package main

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// What the pages behind one-time links share.

// readForm reads the form of a request, which may not be long.
func readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	return r.ParseForm() == nil
}

// pageError turns an error into a status and a sentence for the page, and logs
// what is no mistake of the visitor.
func pageError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) (int, string) {
	var invalid *account.InvalidError
	var throttled *account.ThrottledError
	switch {
	case errors.As(err, &throttled):
		seconds := retryafter.Seconds(throttled.RetryAfter)
		w.Header().Set("Retry-After", retryafter.Value(throttled.RetryAfter))
		return http.StatusTooManyRequests, fmt.Sprintf("There were too many attempts from your address. Try again in %v.", time.Duration(seconds)*time.Second)
	case errors.Is(err, account.ErrBadSetup):
		return http.StatusForbidden, "This link was used already or is too old. If nobody is administrator yet, a restart of the server prints a new one."
	case errors.Is(err, account.ErrBadReset):
		return http.StatusForbidden, "This link was used already or is too old. Ask for a new one."
	case errors.Is(err, account.ErrNameTaken):
		return http.StatusConflict, "Somebody has that name already."
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "The " + invalid.Field + " " + invalid.Reason + "."
	}
	log.LogAttrs(r.Context(), slog.LevelError, "a page failed", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
	return http.StatusServiceUnavailable, "That did not work; the server's log says why."
}

// renderPage answers with a page that no cache keeps, no other site frames, and
// whose address no other site learns. Its error is that of a page that broke
// off, which can only be logged.
func renderPage(w http.ResponseWriter, status int, page *template.Template, view any) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	return page.Execute(w, view)
}
