package holdfast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
)

// host is what serving a request needs of the application.
type host struct {
	log        *slog.Logger
	watch      func(route string) func(Observation) // nil if nothing observes
	onDecision atomic.Pointer[func(Decision) string]
}

// fail writes the answer to an error, and logs the errors that are ours. What
// goes wrong with that itself, such as a detail that cannot be encoded, is a
// plain 500.
func (h *host) fail(w http.ResponseWriter, r *http.Request, err error) {
	if worse := guard(func() error { return h.tell(w, r, err) }); worse != nil {
		h.logFailure(r, worse)
		status := lastResort.status()
		write(w, r, status, textKind, []byte(http.StatusText(status)))
	}
}

// tell writes nothing if it returns an error.
func (h *host) tell(w http.ResponseWriter, r *http.Request, err error) error {
	answer := answerTo(err)
	h.noteRefusal(w, err)
	if answer.logged(err) {
		h.logFailure(r, err)
	}
	kind, body := answer.content(r, err)
	buf := takeBuffer()
	defer buf.free()
	if err := buf.encode(body); err != nil {
		return err
	}
	for name, values := range answer.headers() {
		name = http.CanonicalHeaderKey(name)
		w.Header()[name] = slices.Concat(w.Header()[name], values)
	}
	if answer.bodiless() {
		w.WriteHeader(answer.status())
		return nil
	}
	write(w, r, answer.status(), kind, buf.bytes())
	return nil
}

func (h *host) logFailure(r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the caller left; nothing failed
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", textOf(err))}
	if broken, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(broken.stack)))
	}
	h.log.LogAttrs(r.Context(), slog.LevelError, "request failed", attrs...)
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
