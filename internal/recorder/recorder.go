// Package recorder remembers what was sent through an [http.ResponseWriter].
package recorder

import (
	"bufio"
	"errors"
	"net"
	"net/http"
)

// Recorder is an [http.ResponseWriter] that remembers what was sent through it.
// One with a ResponseWriter and nothing else is ready to use, so that it can be
// a part of another struct, without an allocation of its own. Like a
// ResponseWriter it is for one goroutine at a time.
//
// It has no ReadFrom, so that [io.Copy] uses Write. A struct that embeds a
// Recorder and has a Flush of its own needs a FlushError as well:
// [http.ResponseController] prefers that one.
type Recorder struct {
	http.ResponseWriter

	status int
	wrote  bool

	hijacked bool
}

// Status is the status that was sent; 0 if none was. Informational ones (1xx)
// come before it and do not count, except for 101, after which there is none.
func (r *Recorder) Status() int { return r.status }

// Wrote reports whether it is too late for another answer: a status was sent,
// or the connection was taken over (then Status may be 0).
func (r *Recorder) Wrote() bool { return r.wrote }

// Hijacked reports whether the connection was taken over: nothing can be sent
// any more.
func (r *Recorder) Hijacked() bool { return r.hijacked }

// begin remembers the first status. Later ones are not sent: net/http ignores
// them.
func (r *Recorder) begin(status int) {
	if !r.wrote {
		r.wrote, r.status = true, status
	}
}

// WriteHeader sends a status.
func (r *Recorder) WriteHeader(status int) {
	// net/http panics for a status beyond these, and sends nothing.
	if status == http.StatusSwitchingProtocols || status >= http.StatusOK && status <= 999 {
		r.begin(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, after status 200 if none was sent.
func (r *Recorder) Write(data []byte) (int, error) {
	r.begin(http.StatusOK)
	return r.ResponseWriter.Write(data)
}

// Unwrap is for [http.ResponseController].
func (r *Recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is FlushError for callers who ask for an [http.Flusher].
func (r *Recorder) Flush() { _ = r.FlushError() }

// FlushError sends what was written so far, after status 200 if none was sent.
func (r *Recorder) FlushError() error {
	err := http.NewResponseController(r.ResponseWriter).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		r.begin(http.StatusOK)
	}
	return err
}

// Hijack lets the caller take over the connection, as a WebSocket needs.
func (r *Recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.wrote, r.hijacked = true, true
	}
	return conn, rw, err
}

// Innermost returns the writer that all others wrap: the server's own, for what
// asks it for more than [http.ResponseController] knows.
func Innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}
