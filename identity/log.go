package identity

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/internal/recorder"
)

// logged writes one line of log for each request and gives it an id, which the
// response carries as X-Request-Id. An id that the caller sends is not taken:
// it would let callers write into the log.
func logged(log *slog.Logger, trusted proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() //nolint:forbidigo // how long it took, for the log alone
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		seen := &recorder.Recorder{ResponseWriter: w}
		defer func() {
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("id", id),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", cmp.Or(seen.Status(), http.StatusOK)), // net/http sends 200 when nothing is written
				slog.Duration("took", time.Since(start)),                 //nolint:forbidigo // as above
				slog.String("from", trusted.client(r)),
			)
		}()
		next.ServeHTTP(seen, r)
	})
}
