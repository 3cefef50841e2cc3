package holdfast

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recorder"
	"github.com/holdfast-go/holdfast/internal/spans"
)

// Observation is how a request ended, for metrics.
type Observation struct {
	Status int           // as it was sent; 0 if nothing was
	Took   time.Duration // from when the route was found until everything of the request has ended

	// Refusal is why the request was refused, or why it failed after a handler had
	// begun to tell of a success, and empty if neither is so:
	// "no route", "no credential", "credential", "scope", "role", "input",
	// "size", "busy", "timeout", "left" (the caller has, with status 499), "failed",
	// "panic", or "handler" for what a handler or dependency chose.
	Refusal string
}

// observer lets Config.Observe see how requests end. The zero observer does not
// look.
type observer struct {
	watch func(route string) func(Observation)
}

// watched remembers what is answered, and why.
type watched struct {
	recorder.Recorder
	refusal string
}

// reasons are the kinds of errors in the words of Observation, in the order in
// which they are looked for.
var reasons = []struct {
	word string
	is   func(error) bool
}{
	{"panic", panics.Is},
	{"no route", is[*noRoute]},
	{"busy", isBusy},
	{"timeout", func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
	{"no credential", is[*plan.NoCredential]},
	{"credential", is[*plan.BadCredential]},
	{"scope", is[*plan.NoScope]},
	{"role", is[*plan.NoRole]},
	{"input", is[*ValidationError]},
	{"size", is[*http.MaxBytesError]},
	{"input", is[*bind.BodyError]},
	{"left", func(err error) bool { return answerTo(err).status() == statusLeft }},
	{"handler", func(err error) bool { return is[*Error](err) && !answerTo(err).ours() }},
}

// reason is the kind of an error.
func reason(err error) string {
	for _, one := range reasons {
		if one.is(err) {
			return one.word
		}
	}
	return "failed"
}

// observe calls serve with a writer that notes what is sent, and says how it ended,
// also if serve panics. name is empty where no route fits.
func (o observer) observe(name string, w http.ResponseWriter, serve func(http.ResponseWriter)) {
	if o.watch == nil {
		serve(w)
		return
	}
	began := time.Now() //nolint:forbidigo // how long it took, for the observer alone
	seen := &watched{Recorder: recorder.Recorder{ResponseWriter: w}}
	done := o.watch(name)
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
func (o observer) noteRefusal(w http.ResponseWriter, err error) {
	for o.watch != nil && w != nil {
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

// watchSteps makes of a traced request what its frame tells of dependencies; nil if
// nothing traces it.
func watchSteps(r *http.Request) func(*plan.Step) func(error) {
	tracer := spans.From(r.Context())
	if tracer == nil {
		return nil
	}
	return func(s *plan.Step) func(error) {
		kind := spans.Dependency
		if s.Kind == plan.VerifyCredential {
			kind = spans.Verify
		}
		part := tracer.Enter(kind, s.Node.Describe())
		return func(err error) { part.End(reasonOr(err)) }
	}
}

// reasonOr is the reason of an error, and "" of none.
func reasonOr(err error) string {
	if err == nil {
		return ""
	}
	return reason(err)
}

// endSpan ends a part of a request, with why it failed.
func endSpan(span spans.Span, err error) {
	if span.Traced() {
		span.End(reasonOr(err))
	}
}

// endPolicy ends the part that decides, with what was decided.
func endPolicy(span spans.Span, err error) {
	if !span.Traced() {
		return
	}
	decision := "fail"
	switch {
	case err == nil:
		decision = "allow"
	case isRefusal(err) || is[*ValidationError](err):
		decision = "refuse"
	}
	span.Set(spans.Decision, decision)
	if lacking, ok := errors.AsType[*plan.NoScope](err); ok {
		span.Set(spans.Missing, strings.Join(lacking.Scopes.Names(), " "))
	}
	if lacking, ok := errors.AsType[*plan.NoRole](err); ok {
		span.Set(spans.Missing, strings.Join(plan.RoleNames(lacking.Roles), " "))
	}
	span.End(reasonOr(err))
}

// noteSpan notes why a traced request was refused or failed.
func noteSpan(r *http.Request, err error) {
	if tracer := spans.From(r.Context()); tracer != nil {
		tracer.Note(reason(err))
	}
}
