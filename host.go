package holdfast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/recorder"
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
	if worse := panics.Catch(func() error { return h.tell(w, r, err) }); worse != nil {
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
	kind, body := content(answer, r, err)
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

// content is what the answer's body says about an error, and in which form.
func content(e *Error, r *http.Request, err error) (kind string, body any) {
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

// withReference adds to a refusal's body what is missing and the reference
// under which it can be looked up, and nothing else.
func withReference(body map[string]any, err error) map[string]any {
	e, ok := errors.AsType[*explained](err)
	if !ok {
		return body
	}
	body["request"] = e.reference
	missing := map[string][]string{}
	if len(e.scopes) > 0 {
		missing["scopes"] = e.scopes
	}
	if len(e.roles) > 0 {
		missing["any_role_of"] = e.roles
	}
	if len(missing) > 0 {
		body["missing"] = missing
	}
	return body
}

func (h *host) logFailure(r *http.Request, err error) {
	if r.Context().Err() != nil && isCanceled(err) {
		return // the caller left; nothing failed
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", textOf(err))}
	if broken := panics.In(err); broken != nil {
		attrs = append(attrs, slog.String("stack", string(broken.Stack)))
	}
	h.log.LogAttrs(r.Context(), slog.LevelError, "request failed", attrs...)
}

// isCanceled reports whether err is that of a context that was cancelled, also
// if asking for it panics.
func isCanceled(err error) (yes bool) {
	defer func() { _ = recover() }() // then it is not
	return errors.Is(err, context.Canceled)
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

// observe lets Config.Observe see what serve does. name is empty where no
// route fits.
func (h *host) observe(name string, w http.ResponseWriter, serve func(http.ResponseWriter)) {
	if h.watch == nil {
		serve(w)
		return
	}
	began := time.Now() //nolint:forbidigo // how long it took, for the observer alone
	seen := &watched{Recorder: recorder.Recorder{ResponseWriter: w}}
	done := h.watch(name)
	ended := false
	defer func() {
		status := seen.Status()
		if ended && status == 0 {
			status = http.StatusOK // net/http sends 200 when nothing is written
		}
		if done != nil {
			done(Observation{status, time.Since(began), seen.refusal}) //nolint:forbidigo // as above
		}
	}()
	serve(seen)
	ended = true
}

// noteRefusal notes why w's request is refused, if something observes.
func (h *host) noteRefusal(w http.ResponseWriter, err error) {
	for h.watch != nil && w != nil {
		if seen, ok := w.(*watched); ok {
			seen.refusal = reason(err)
			return
		}
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = wrapped.Unwrap()
	}
}
