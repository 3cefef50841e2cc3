package holdfast

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// This file writes responses.

// buffer holds a body before anything of it is sent, so that a value which
// cannot be encoded becomes an error and not half a response.
type buffer struct{ buf bytes.Buffer }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// maxKept is how large a buffer may be to be used again.
const maxKept = 64 << 10

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) free() {
	if b.buf.Cap() <= maxKept {
		b.buf.Reset()
		buffers.Put(b)
	}
}

// plainText is a body that is no JSON.
type plainText string

// encode replaces what the buffer holds with a value as JSON, or a text.
func (b *buffer) encode(value any) error {
	b.buf.Reset()
	if text, ok := value.(plainText); ok {
		b.buf.WriteString(string(text))
		return nil
	}
	enc := json.NewEncoder(&b.buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// bytes is the body, without the line's end that an encoder adds.
func (b *buffer) bytes() []byte { return bytes.TrimSuffix(b.buf.Bytes(), []byte("\n")) }

// encode encodes what the handler returned. A list that is nil is an empty one.
func (x *exchange) encode(out any) error {
	if _, ok := out.(*NoContent); ok {
		return nil
	}
	if v := reflect.ValueOf(out).Elem(); v.Kind() == reflect.Slice && v.IsNil() {
		out = []struct{}{}
	}
	x.body = takeBuffer()
	return x.body.encode(out)
}

// respond sends what was encoded.
func (x *exchange) respond() {
	status := x.route.status()
	if x.body == nil {
		x.writer.WriteHeader(status)
		return
	}
	write(x.writer, x.request, status, jsonKind, x.body.bytes())
}

const (
	jsonKind = "application/json"
	textKind = "text/plain; charset=utf-8"
)

// Header values that most responses have. They are shared, and full, so that
// whoever adds one gets a copy.
var (
	noSniff    = []string{"nosniff"}
	jsonHeader = []string{jsonKind}
)

// write sends a whole response.
func write(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	header := w.Header()
	if kind == jsonKind {
		header["Content-Type"] = jsonHeader
	} else {
		header["Content-Type"] = []string{kind}
	}
	header["X-Content-Type-Options"] = noSniff
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may be gone; there is nobody left to tell
	}
}

// fail writes the answer to an error, and logs the errors that are ours. What
// goes wrong with that itself, such as a detail that cannot be encoded, is a
// plain 500.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	if worse := guard(func() error { return a.tell(w, r, err) }); worse != nil {
		a.logFailure(r, worse)
		write(w, r, http.StatusInternalServerError, textKind, []byte(http.StatusText(http.StatusInternalServerError)))
	}
}

// tell writes nothing if it returns an error.
func (a *App) tell(w http.ResponseWriter, r *http.Request, err error) error {
	answer := toError(err)
	status := answer.status()
	a.refused(w, err)
	if status >= http.StatusInternalServerError && !(status == http.StatusServiceUnavailable && isBusy(err)) { // a flood must not flood the log
		a.logFailure(r, err)
	}
	kind, body := answer.content(r, err)
	buf := takeBuffer()
	defer buf.free()
	if err := buf.encode(body); err != nil {
		return err
	}
	for name, values := range answer.Header {
		name = http.CanonicalHeaderKey(name)
		w.Header()[name] = slices.Concat(w.Header()[name], values)
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return nil
	}
	write(w, r, status, kind, buf.bytes())
	return nil
}

// content is what the answer's body says about an error, and in which form.
func (e *Error) content(r *http.Request, err error) (kind string, body any) {
	switch {
	case e.Body != nil:
		return jsonKind, e.Body
	case wantsProblem(r):
		status := e.status()
		return "application/problem+json", withReference(map[string]any{
			"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": e.detail(),
		}, err)
	case e.unexpected:
		return textKind, plainText(http.StatusText(e.status()))
	}
	return jsonKind, withReference(map[string]any{"detail": e.detail()}, err)
}

func (a *App) logFailure(r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the caller left; nothing failed
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", textOf(err))}
	if broken, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(broken.stack)))
	}
	a.log.LogAttrs(r.Context(), slog.LevelError, "request failed", attrs...)
}

// textOf is the error's text, also if asking for it panics.
func textOf(err error) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			text = fmt.Sprintf("%T, whose text panics: %v", err, cause)
		}
	}()
	return err.Error()
}

// wantsProblem reports whether Accept asks for RFC 9457's form by name.
func wantsProblem(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "application/problem+json") {
			return true
		}
	}
	return false
}
