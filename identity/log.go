package identity

import (
	"cmp"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/recorder"
	"github.com/holdfast-go/holdfast/internal/requestlog"
)

// visit is a request on its way through the front: its answer, and who it is from.
type visit struct {
	recorder.Recorder
	peer

	id     string
	values [2]string // of the answer's header; the lists there are parts of it, and full
}

// logged writes one line of log for each request and gives it an id, which the
// response carries as X-Request-Id. An id that the caller sends is not taken:
// it would let callers write into the log. Of those that succeed, one of so many has
// a line.
func logged(log *slog.Logger, oneOf int, trusted proxies, next func(*visit, *http.Request)) http.Handler {
	var succeeded atomic.Uint64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() //nolint:forbidigo // how long it took, for the log alone
		v := &visit{Recorder: recorder.Recorder{ResponseWriter: w}, peer: trusted.peerOf(r), id: newID()}
		v.values[0] = v.id
		w.Header()["X-Request-Id"] = v.values[0:1:1]
		defer func() {
			status := cmp.Or(v.Status(), http.StatusOK) // net/http sends 200 when nothing is written
			if status < http.StatusBadRequest && oneOf > 1 && succeeded.Add(1)%uint64(oneOf) != 1 {
				return
			}
			took := time.Since(start) //nolint:forbidigo // as above
			line := requestlog.Line{At: start.Add(took), ID: v.id, Method: r.Method, Path: r.URL.Path, Status: status, Took: took, From: v.source}
			line.Write(r.Context(), log)
		}()
		next(v, r)
	})
}

// unkept has no cache keep what is answered to a credential, unless a handler says
// otherwise.
func (v *visit) unkept(r *http.Request) {
	if len(r.Header["Authorization"]) > 0 {
		v.values[1] = "no-store"
		v.Header()["Cache-Control"] = v.values[1:2:2]
	}
}

// newID is the id of a request: no other has it, here or on any other server. It
// opens nothing, so that others could not guess it does not matter.
func newID() string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var out [26]byte                          // 130 bits
	high, low := rand.Uint64(), rand.Uint64() //nolint:gosec // 128 bits of the runtime's generator, which the system has seeded
	for i := range 13 {
		out[i], out[13+i] = digits[high&31], digits[low&31]
		high, low = high>>5, low>>5
	}
	return string(out[:])
}
