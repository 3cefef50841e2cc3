package holdfast

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Observation is how a request ended, for metrics.
type Observation struct {
	Status int           // as it was sent; 0 if nothing was
	Took   time.Duration // from when the route was found to the end of the answer

	// Refusal is why the request was refused, and empty if it was not:
	// "no route", "no credential", "credential", "scope", "role", "input",
	// "size", "busy", "timeout", "failed", "panic", or "handler" for what a
	// handler or dependency chose.
	Refusal string
}

// watched remembers what is answered.
type watched struct {
	http.ResponseWriter
	status  int
	refusal string
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe lets Config.Observe see what serve does. name is empty where no
// route fits.
func (a *App) observe(name string, w http.ResponseWriter, serve func(http.ResponseWriter)) {
	if a.config.Observe == nil {
		serve(w)
		return
	}
	began := time.Now() //nolint:forbidigo // how long it took, for the observer alone
	seen := &watched{ResponseWriter: w}
	done := a.config.Observe(name)
	ended := false
	defer func() {
		if ended && seen.status == 0 {
			seen.status = http.StatusOK // as net/http says for whom says nothing
		}
		if done != nil {
			done(Observation{seen.status, time.Since(began), seen.refusal}) //nolint:forbidigo // as above
		}
	}()
	serve(seen)
	ended = true
}

// refused notes why w's request is refused, if somebody watches.
func (a *App) refused(w http.ResponseWriter, err error) {
	for a.config.Observe != nil && w != nil {
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

// reason is the kind of an error in the words of Observation.
func reason(err error) string {
	var (
		broken  *panicError
		none    *noCredential
		refused *refusedCredential
		scope   *noScope
		role    *noRole
		input   *invalidInput
		large   *http.MaxBytesError
		chosen  *Error
	)
	switch {
	case errors.As(err, &broken):
		return "panic"
	case errors.Is(err, errNoRoute):
		return "no route"
	case isBusy(err):
		return "busy"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &none):
		return "no credential"
	case errors.As(err, &refused):
		return "credential"
	case errors.As(err, &scope):
		return "scope"
	case errors.As(err, &role):
		return "role"
	case errors.As(err, &input):
		return "input"
	case errors.As(err, &large):
		return "size"
	case errors.As(err, &chosen) && chosen.status() < http.StatusInternalServerError:
		return "handler"
	}
	return "failed"
}

// errNoRoute is the cause of a 404 or 405 of the router's.
var errNoRoute = errors.New("no route")
