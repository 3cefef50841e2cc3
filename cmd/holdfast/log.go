package main

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"
)

// logged writes one line of log for each request and gives it an id, which the
// response carries as X-Request-Id. An id that the caller sends is not taken:
// it would let callers write into the log.
func logged(log *slog.Logger, trusted proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() //nolint:forbidigo // how long it took, for the log alone
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("id", id),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", seen.code()),
				slog.Duration("took", time.Since(start)), //nolint:forbidigo // as above
				slog.String("from", trusted.client(r)),
			)
		}()
		next.ServeHTTP(seen, r)
	})
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
