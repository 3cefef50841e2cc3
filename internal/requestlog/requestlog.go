// Package requestlog writes the log of a server as the handlers of log/slog do, but
// the line of a request without making a record of it first: that line is most of
// the log, and all of what the log costs.
package requestlog

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// Line is what the log says of a request that has ended.
type Line struct {
	At               time.Time
	ID, Method, Path string
	Status           int
	Took             time.Duration
	From             string // the address
}

// message is what all of these lines say.
const message = "request"

// Write writes the line into a log. A Handler of this package writes it by itself,
// any other one gets a record, without a place in the source.
func (l *Line) Write(ctx context.Context, log *slog.Logger) {
	h := log.Handler()
	if !h.Enabled(ctx, slog.LevelInfo) {
		return
	}
	if own, ok := h.(*Handler); ok && l.plain() {
		own.write(l)
		return
	}
	record := slog.NewRecord(l.At, slog.LevelInfo, message, 0)
	record.AddAttrs(
		slog.String("id", l.ID),
		slog.String("method", l.Method),
		slog.String("path", l.Path),
		slog.Int("status", l.Status),
		slog.Duration("took", l.Took),
		slog.String("from", l.From),
	)
	_ = h.Handle(ctx, record) // there is no place to say that the log cannot be written
}

// Handler is one of log/slog, which also writes lines of requests.
type Handler struct {
	slog.Handler
	out    *output
	append func([]byte, *Line) []byte
}

// NewText makes a handler that writes as slog.NewTextHandler's does.
func NewText(w io.Writer) *Handler {
	out := &output{w: w}
	return &Handler{slog.NewTextHandler(out, nil), out, appendText}
}

// NewJSON makes a handler that writes as slog.NewJSONHandler's does.
func NewJSON(w io.Writer) *Handler {
	out := &output{w: w}
	return &Handler{slog.NewJSONHandler(out, nil), out, appendJSON}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func (h *Handler) write(l *Line) {
	buf := buffers.Get().(*[]byte) //nolint:forcetypeassert // as New made it
	defer buffers.Put(buf)
	*buf = h.append((*buf)[:0], l)
	_, _ = h.out.Write(*buf) // as with records
}

// output is where a handler of log/slog and this one write, one line at a time.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(line)
}

// longest is the longest text that is written in place: buffers are kept.
const longest = 256

// plain reports whether nothing in the line has to be quoted or escaped.
func (l *Line) plain() bool {
	return plain(l.ID) && plain(l.Method) && plain(l.Path) && plain(l.From) && l.At.Year() >= 0 && l.At.Year() < 10000
}

func plain(text string) bool {
	for i := range len(text) {
		if !safe[text[i]] {
			return false
		}
	}
	return text != "" && len(text) <= longest
}

// safe are the bytes that stand for themselves in both forms.
var safe = func() (out [256]bool) {
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:@,") {
		out[b] = true
	}
	return out
}()

func appendText(b []byte, l *Line) []byte {
	b = appendMillis(append(b, "time="...), l.At)
	b = append(append(b, " level=INFO msg="+message+" id="...), l.ID...)
	b = append(append(b, " method="...), l.Method...)
	b = append(append(b, " path="...), l.Path...)
	b = strconv.AppendInt(append(b, " status="...), int64(l.Status), 10)
	b = append(append(b, " took="...), l.Took.String()...)
	b = append(append(b, " from="...), l.From...)
	return append(b, '\n')
}

// appendMillis writes a time with milliseconds, by the layout that package time
// writes fastest.
func appendMillis(b []byte, at time.Time) []byte {
	end := len(b) + len("2006-01-02T15:04:05.000")
	b = at.Truncate(time.Millisecond).Add(time.Millisecond/10).AppendFormat(b, time.RFC3339Nano) // one digit more, which is never 0
	return append(b[:end], b[end+1:]...)
}

func appendJSON(b []byte, l *Line) []byte {
	b = l.At.AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(append(b, `","level":"INFO","msg":"`+message+`","id":"`...), l.ID...)
	b = append(append(b, `","method":"`...), l.Method...)
	b = append(append(b, `","path":"`...), l.Path...)
	b = strconv.AppendInt(append(b, `","status":`...), int64(l.Status), 10)
	b = strconv.AppendInt(append(b, `,"took":`...), int64(l.Took), 10)
	b = append(append(b, `,"from":"`...), l.From...)
	return append(b, "\"}\n"...)
}
