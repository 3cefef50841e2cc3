package holdfast

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/recorder"
)

// buffer holds a body before anything of it is sent, so that a value which
// cannot be encoded becomes an error and not half a response.
type buffer struct{ buf bytes.Buffer }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// maxKept is how large a buffer may be to be used again.
const maxKept = 64 << 10

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) free() {
	if b != nil && b.buf.Cap() <= maxKept {
		b.buf.Reset()
		buffers.Put(b)
	}
}

// shape replaces what the buffer holds with the body of an error, and returns its
// media type.
func (b *buffer) shape(format answer.Format, r *http.Request, f answer.Failure) (kind string, err error) {
	b.buf.Reset()
	err = panics.Catch(func() (err error) { kind, err = format.Encode(&b.buf, r, f); return err })
	return kind, err
}

// text replaces what the buffer holds with a text, and returns its media type.
func (b *buffer) text(text string) (kind string) {
	b.buf.Reset()
	b.buf.WriteString(text)
	return textKind
}

// encode replaces what the buffer holds with a value as JSON.
func (b *buffer) encode(value any) error {
	b.buf.Reset()
	into := json.NewEncoder(&b.buf)
	into.SetEscapeHTML(false)
	return into.Encode(value)
}

// replace replaces what the buffer holds with what fn makes of it.
func (b *buffer) replace(fn func([]byte) []byte) {
	was := b.buf.Bytes()
	if now := fn(was); len(was) > 0 && &now[0] != &was[0] {
		b.buf.Reset()
		b.buf.Write(now)
	}
}

// bytes is the body, without the line's end that an encoder adds.
func (b *buffer) bytes() []byte { return bytes.TrimSuffix(b.buf.Bytes(), []byte("\n")) }

// NoContent is for handlers that answer 204 without a body.
type NoContent struct{}

// response is the answer to a request, on its way.
type response struct {
	writer http.ResponseWriter
	body   *buffer // what was encoded; nil for no body
	status int     // of success
	values headerValues

	// broken says that the connection must be closed: the handler asked for it,
	// or the caller was sent half an answer, or told of a success that did not
	// happen.
	broken bool
}

// encode encodes what the handler returned, a pointer to it.
func (r *response) encode(out any) error {
	if _, ok := out.(*NoContent); ok {
		return nil
	}
	r.body = takeBuffer()
	return r.body.encode(out)
}

// sendEncoded sends what was encoded.
func (r *response) sendEncoded(request *http.Request) {
	if r.body == nil {
		r.writer.WriteHeader(r.status)
		return
	}
	writeWhole(r.writer, request, r.status, jsonKind, r.body.bytes(), &r.values)
}

// addHeaders adds those of an answer to the response, but none about the bytes of
// its body.
func (r *response) addHeaders(more http.Header) {
	h := r.writer.Header()
	for name, values := range more {
		switch name {
		case "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Trailer":
		case "Location":
			h[name] = slices.Clone(values[len(values)-1:])
		default:
			h[name] = slices.Concat(h[name], values)
		}
	}
}

// track makes a handler's own writes known, and returns the writer for it.
func (r *response) track() http.ResponseWriter {
	r.writer = &rawWriter{Recorder: recorder.Recorder{ResponseWriter: r.writer}}
	return r.writer
}

// extendStream gives a stream time for its end, which the server writes.
func (r *response) extendStream() {
	if tracked, ok := r.writer.(*rawWriter); ok && tracked.streams {
		tracked.extend()
	}
}

// begun reports whether a handler that writes for itself has begun to.
func (r *response) begun() bool {
	tracked, ok := r.writer.(*rawWriter)
	return ok && tracked.Wrote()
}

// hijacked reports whether a handler has taken over the connection.
func (r *response) hijacked() bool {
	tracked, ok := r.writer.(*rawWriter)
	return ok && tracked.Hijacked()
}

// claimsSuccess reports whether a handler has begun to tell the caller that it
// did what was asked.
func (r *response) claimsSuccess() bool {
	tracked, ok := r.writer.(*rawWriter)
	return ok && !tracked.Hijacked() && tracked.Wrote() && tracked.Status() < http.StatusBadRequest
}

// flush sends what the server still keeps.
func (r *response) flush() {
	if r.hijacked() {
		return
	}
	_ = http.NewResponseController(r.writer).Flush() // a writer that cannot flush sends the response later
}

const (
	jsonKind = "application/json"
	textKind = "text/plain; charset=utf-8"
)

// headerValues is the memory of a response's own headers, one value each. The
// lists in the header are parts of it, and full, so that adding to one makes a
// copy; it belongs to one response alone.
type headerValues [3]string

// writeWhole sends a whole response.
func writeWhole(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte, values *headerValues) {
	header := w.Header()
	*values = headerValues{kind, "nosniff", strconv.Itoa(len(body))}
	header["Content-Type"] = values[0:1:1]
	header["X-Content-Type-Options"] = values[1:2:2]
	header["Content-Length"] = values[2:3:3]
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may be gone, and then there is nothing to be done
	}
}

// rawWriter remembers whether a handler has begun to answer, and gives one that
// streams the server's time for each write instead of for all of them.
type rawWriter struct {
	recorder.Recorder
	streams bool        // it has flushed
	timed   atomic.Bool // it sets its own deadlines; so does the end of a stream of an application in this one
}

// writeTimeout is how long one write may last.
const writeTimeout = time.Minute

// Write begins the answer.
func (w *rawWriter) Write(data []byte) (int, error) {
	if w.streams {
		w.extend()
	}
	return w.Recorder.Write(data)
}

// extend begins the time for the next write.
func (w *rawWriter) extend() {
	if !w.timed.Load() && !w.Hijacked() {
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTimeout)) //nolint:forbidigo // the connection's clock; what has no deadlines needs none
	}
}

// SetWriteDeadline is for [http.ResponseController]. From then on, deadlines
// are the handler's.
func (w *rawWriter) SetWriteDeadline(at time.Time) error {
	w.timed.Store(true)
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(at)
}

// Flush is FlushError for callers who ask for an [http.Flusher].
func (w *rawWriter) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far.
func (w *rawWriter) FlushError() error {
	w.extend()
	err := w.Recorder.FlushError()
	w.streams = w.streams || !errors.Is(err, http.ErrNotSupported)
	return err
}

var errNoResponse = errors.New("the handler returned no http.Handler and no error")

// withdrawable is the writer of a response whose caller's right may end: then it
// fails, and so does what waits for the connection.
type withdrawable struct {
	context.Context // ends with the right
	http.ResponseWriter

	cancel context.CancelCauseFunc
	ended  atomic.Pointer[error]
	conn   atomic.Pointer[net.Conn] // that a handler has taken over
	time   sync.Mutex               // of who sets deadlines
}

// why is why the right has ended; nil while it stands.
func (w *withdrawable) why() error {
	if why := w.ended.Load(); why != nil {
		return *why
	}
	return nil
}

// withdraw ends reading and writing; who has taken over the connection has some
// time for a last word.
func (w *withdrawable) withdraw(why error) {
	w.time.Lock()
	defer w.time.Unlock()
	w.ended.Store(&why)
	w.cancel(why)
	if w.conn.Load() != nil {
		return
	}
	control, past := http.NewResponseController(w.ResponseWriter), time.Unix(1, 0)
	_ = control.SetReadDeadline(past) // what has no deadlines is not waited for
	_ = control.SetWriteDeadline(past)
}

// SetReadDeadline is for [http.ResponseController]. Who sets a deadline for each
// read gets no more of the body once the right has ended.
func (w *withdrawable) SetReadDeadline(at time.Time) error {
	return w.limit(func(c *http.ResponseController) error { return c.SetReadDeadline(at) })
}

// SetWriteDeadline is for [http.ResponseController].
func (w *withdrawable) SetWriteDeadline(at time.Time) error {
	return w.limit(func(c *http.ResponseController) error { return c.SetWriteDeadline(at) })
}

// limit sets a deadline, unless the right has ended and with it all of them.
func (w *withdrawable) limit(set func(*http.ResponseController) error) error {
	w.time.Lock()
	defer w.time.Unlock()
	if why := w.why(); why != nil {
		return why
	}
	return set(http.NewResponseController(w.ResponseWriter))
}

// cut closes a connection that was taken over.
func (w *withdrawable) cut() {
	if conn := w.conn.Load(); conn != nil {
		_ = (*conn).Close() // it may be closed already
	}
}

// Write fails once the right has ended: a handler that does not look at its
// context ends then.
func (w *withdrawable) Write(data []byte) (int, error) {
	if why := w.why(); why != nil {
		return 0, why
	}
	return w.ResponseWriter.Write(data)
}

// FlushError is for [http.ResponseController].
func (w *withdrawable) FlushError() error {
	if why := w.why(); why != nil {
		return why
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack is for [http.ResponseController].
func (w *withdrawable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if why := w.why(); why != nil {
		return nil, nil, why
	}
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.conn.Store(&conn)
	}
	return conn, buffered, err
}

// Unwrap is for [http.ResponseController].
func (w *withdrawable) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// restore lets an answer be written after all, to a caller who has been sent
// nothing.
func (w *withdrawable) restore() http.ResponseWriter {
	(&rawWriter{Recorder: recorder.Recorder{ResponseWriter: w.ResponseWriter}}).extend()
	return w.ResponseWriter
}

// nowhere is the writer of a response that is not sent.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}

func (n *nowhere) Write(data []byte) (int, error) { return len(data), nil }
func (n *nowhere) WriteHeader(int)                {}
