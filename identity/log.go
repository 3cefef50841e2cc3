package identity

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/recorder"
)

// logged writes one line of log for each request and gives it an id, which the
// response carries as X-Request-Id. An id that the caller sends is not taken:
// it would let callers write into the log. Of those that succeed, one of so many has
// a line.
func logged(log *slog.Logger, oneOf int, trusted proxies, next http.Handler) http.Handler {
	var succeeded atomic.Uint64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() //nolint:forbidigo // how long it took, for the log alone
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		seen := &recorder.Recorder{ResponseWriter: w}
		defer func() {
			status := cmp.Or(seen.Status(), http.StatusOK) // net/http sends 200 when nothing is written
			if status < http.StatusBadRequest && oneOf > 1 && succeeded.Add(1)%uint64(oneOf) != 1 {
				return
			}
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("id", id),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", status),
				slog.Duration("took", time.Since(start)), //nolint:forbidigo // as above
				slog.String("from", trusted.client(r)),
			)
		}()
		next.ServeHTTP(seen, r)
	})
}
