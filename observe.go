package holdfast

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recorder"
)

// Observation is how a request ended, for metrics.
type Observation struct {
	Status int           // as it was sent; 0 if nothing was
	Took   time.Duration // from when the route was found until everything of the request has ended

	// Refusal is why the request was refused, and empty if it was not:
	// "no route", "no credential", "credential", "scope", "role", "input",
	// "size", "busy", "timeout", "failed", "panic", or "handler" for what a
	// handler or dependency chose.
	Refusal string
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
	{"input", is[*invalidInput]},
	{"size", is[*http.MaxBytesError]},
	{"handler", func(err error) bool { return is[*Error](err) && !answerTo(err).ours() }},
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
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
