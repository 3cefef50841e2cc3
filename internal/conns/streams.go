package conns

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// streams are the requests of a connection of HTTP/2. There a handler that waits for
// its caller waits for nothing of the connection itself: others go on beside it. The
// zero value is ready.
type streams struct {
	seen    atomic.Bool  // there was one
	open    atomic.Int64 // in the hands of handlers
	reading atomic.Int64 // of those that wait for a part of a body
	writing atomic.Int64 // that wait until a part of an answer is taken
	wrote   atomic.Int64 // when the last of those began, in nanoseconds
}

// stuck reports whether all requests wait for the caller. None in the hands of a
// handler is all: their answers are not taken.
func (s *streams) stuck(now time.Time) bool {
	writing := s.writing.Load()
	if !s.seen.Load() || s.open.Load() > s.reading.Load()+writing {
		return false
	}
	return writing == 0 || now.UnixNano()-s.wrote.Load() >= int64(patience)
}

// watch notes what a request waits for, until its handler has ended.
func (s *streams) watch(w http.ResponseWriter, r *http.Request, now func() time.Time) (http.ResponseWriter, *http.Request) {
	s.open.Add(1)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = streamBody{r.Body, s}
	}
	return &streamWriter{w, s, now}, r
}

// streamBody notes while somebody waits for a part of it.
type streamBody struct {
	io.ReadCloser
	s *streams
}

func (b streamBody) Read(into []byte) (int, error) {
	b.s.reading.Add(1)
	defer b.s.reading.Add(-1)
	return b.ReadCloser.Read(into)
}

// streamWriter notes while a part of an answer is not taken.
type streamWriter struct {
	http.ResponseWriter
	s   *streams
	now func() time.Time
}

func (w *streamWriter) begin() (end func()) {
	w.s.wrote.Store(w.now().UnixNano())
	w.s.writing.Add(1)
	return func() { w.s.writing.Add(-1) }
}

// Write implements [http.ResponseWriter].
func (w *streamWriter) Write(data []byte) (int, error) {
	defer w.begin()()
	return w.ResponseWriter.Write(data)
}

// Unwrap is for [http.ResponseController].
func (w *streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is FlushError for callers who ask for an [http.Flusher].
func (w *streamWriter) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far.
func (w *streamWriter) FlushError() error {
	defer w.begin()()
	return http.NewResponseController(w.ResponseWriter).Flush()
}
