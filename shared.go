package holdfast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/background"
	"github.com/holdfast-go/holdfast/internal/bodies"
	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recheck"
)

// shared is what serving a request needs of the application.
type shared struct {
	log        *slog.Logger
	observer   observer
	errors     Errors
	onDecision atomic.Pointer[func(Decision) string]

	bodies *bodies.Budget                    // memory of all requests
	work   *background.Work                  // after responses
	places map[*plan.Node]*bulkhead.Bulkhead // of dependencies that are bounded

	living  recheck.Watch // requests that may last
	changes func() uint64 // Config.Changes
	gauge   func(name string, read func() (running, queued, most int))
}

// placesOf returns the places of a bounded dependency, one set for the whole
// application. It is for the start, as Config.Gauge is told.
func (s *shared) placesOf(n *plan.Node) *bulkhead.Bulkhead {
	found := s.places[n]
	if found == nil {
		found = bulkhead.New(bulkhead.Config{Slots: n.Bound.Slots, Queue: n.Bound.Queue, MaxWait: bulkhead.UsualWait})
		if s.places == nil {
			s.places = map[*plan.Node]*bulkhead.Bulkhead{}
		}
		s.places[n] = found
		s.measure(n.Describe(), n.Bound.Slots, found)
	}
	return found
}

// measure tells the function that wants to know how many are at something.
func (s *shared) measure(name string, most int, places *bulkhead.Bulkhead) {
	if s.gauge != nil {
		s.gauge(name, func() (running, queued, limit int) {
			now := places.Stats()
			return now.Held, now.Queued, most
		})
	}
}

// runLater runs what a request has left for after its response.
func (s *shared) runLater(ctx context.Context, request any, fn func(context.Context) error) {
	err := panics.Catch(func() error { return fn(ctx) })
	if err == nil {
		return
	}
	r := request.(interface{ Sent() *http.Request }).Sent()
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", textOf(err))}
	if broken := panics.In(err); broken != nil {
		attrs = append(attrs, slog.String("stack", string(broken.Stack)))
	}
	s.log.LogAttrs(ctx, slog.LevelError, "background work failed", attrs...)
}

// answering is what answers to errors of one route, or to those of none.
type answering struct {
	*shared
	rules errorRules // the route's, and then the application's
}

// by puts the rules of a route before those of the application.
func (s *shared) by(rules errorRules) answering {
	return answering{s, append(slices.Clone(rules), s.errors)}
}

// format is the shape of errors.
func (s answering) format() answer.Format { return s.rules.format() }

// answerError answers with an error that belongs to no route.
func (s *shared) answerError(w http.ResponseWriter, r *http.Request, err error) {
	s.by(nil).answerError(w, r, err)
}

// answerError answers with an error, and logs those that are ours. What goes
// wrong with that itself, such as a detail that cannot be encoded, is a plain
// 500.
func (s answering) answerError(w http.ResponseWriter, r *http.Request, err error) {
	if worse := panics.Catch(func() error { return s.tryAnswer(w, r, err) }); worse != nil {
		s.logFailure(r, worse)
		writeWhole(w, r, lastResort, textKind, []byte(http.StatusText(lastResort)), new(headerValues))
	}
}

// lastResort is the status of an answer that cannot be written.
const lastResort = http.StatusInternalServerError

// tryAnswer notes, logs and writes the answer to an error. It has written nothing
// if it returns one.
func (s answering) tryAnswer(w http.ResponseWriter, r *http.Request, err error) error {
	err = s.rules.known(err)
	if r.Context().Err() != nil && isCanceled(err) {
		err = &Error{Status: statusLeft, Detail: "The caller has left", Cause: err} // nothing failed
	}
	answer := answerTo(err)
	s.observer.noteRefusal(w, err)
	noteSpan(r, err)
	if answer.logged(err) {
		s.logFailure(r, err)
	}
	buf := takeBuffer()
	defer buf.free()
	kind, broken := s.content(buf, answer, r, err)
	switch {
	case broken != nil && answer.refuses(): // which it still does, with its challenge
		s.logFailure(r, broken)
		kind = buf.text(http.StatusText(answer.status()))
	case broken != nil:
		return broken
	}
	if answer.status() >= http.StatusBadRequest {
		forgetSuccess(w.Header())
		for name, values := range s.rules.format().Header() {
			w.Header()[name] = values
		}
	}
	if says := answer.challenge; says != "" {
		w.Header()["Www-Authenticate"] = append(slices.Clip(w.Header()["Www-Authenticate"]), says)
	}
	for name, values := range answer.headers() {
		name = http.CanonicalHeaderKey(name)
		w.Header()[name] = slices.Concat(w.Header()[name], values)
	}
	if answer.bodiless() {
		w.WriteHeader(answer.status())
		return nil
	}
	writeWhole(w, r, answer.status(), kind, buf.bytes(), new(headerValues))
	return nil
}

// ofSuccess are headers that a handler or a dependency sets for the body that it
// means to send. They would be false of an error, or have a proxy in front send
// or keep something else.
var ofSuccess = []string{
	"Content-Encoding", "Content-Language", "Content-Disposition", "Content-Location", "Content-Range",
	"Content-Digest", "Repr-Digest", "Digest", "Etag", "Last-Modified", "Expires", "Trailer",
	"Cdn-Cache-Control", "Surrogate-Control", "X-Accel-Redirect", "X-Sendfile",
}

// forgetSuccess removes headers of a success from those of an error. Where there
// was a word on keeping the success, none may keep the error.
func forgetSuccess(h http.Header) {
	if len(h) == 0 {
		return
	}
	for _, name := range ofSuccess {
		delete(h, name)
	}
	if len(h["Cache-Control"]) > 0 {
		h["Cache-Control"] = []string{"no-store"}
	}
}

// content encodes what the body of an answer says, and returns its media type.
// Where the program's own shape fails, the error keeps its status and its
// headers, and is said in the framework's.
func (s answering) content(buf *buffer, e *Error, r *http.Request, err error) (kind string, broken error) {
	if e.Body != nil {
		return jsonKind, buf.encode(e.Body)
	}
	format, failure := s.rules.format(), e.failure(err)
	if !format.IsZero() && e.status() >= http.StatusBadRequest {
		failure.Reason = reason(err)
		if kind, broken = buf.shape(format, withoutBody(r), failure); broken == nil {
			return kind, nil
		}
		s.logFailure(r, fmt.Errorf("Errors.Format: %w", broken))
	}
	return buf.shape(answer.Format{}, r, failure)
}

// withoutBody is a copy of a request whose body nothing can read: the caller may
// be one who may not call.
func withoutBody(r *http.Request) *http.Request {
	out := r.WithContext(r.Context())
	out.Body = http.NoBody
	return out
}

// failure is what may be told of an error, but for its Reason.
func (e *Error) failure(err error) answer.Failure {
	out := answer.Failure{Status: e.status(), Detail: e.detail(), Code: e.Code, Unexpected: e.unexpected}
	out.Violations, _ = e.Detail.([]Violation)
	if told, ok := errors.AsType[*explained](err); ok {
		out.Request, out.MissingScopes, out.MissingRoles = told.reference, told.scopes, told.roles
	}
	return out
}

func (s *shared) logFailure(r *http.Request, err error) {
	if r.Context().Err() != nil && isCanceled(err) {
		return // the caller has left; nothing failed
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", textOf(err))}
	if broken := panics.In(err); broken != nil {
		attrs = append(attrs, slog.String("stack", string(broken.Stack)))
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "request failed", attrs...)
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
