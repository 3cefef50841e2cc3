package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

// health is the answer of the probes.
type health struct {
	Status  string `json:"status"`
	Changes string `json:"changes,omitempty" doc:"Why what other processes change is not heard, if that is so. The store is then asked at every request."`
}

// deaf is said to everybody: the reason is for the log and the metrics.
const deaf = "not heard, so every request asks the store"

// errStopping is no failure, and so is not logged.
var errStopping = &holdfast.Error{Status: http.StatusServiceUnavailable, Detail: "Stopping", Cause: errStops{}}

// errStops is busy for good, as package work has it.
type errStops struct{}

func (errStops) Error() string             { return "the program has been told to stop" }
func (errStops) RetryAfter() time.Duration { return time.Second }

// registerHealth adds the probes of those who keep the program running.
func registerHealth(on holdfast.Routes, ping, hears func(context.Context) error, stopping func() bool) {
	alive := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (health, error) {
		holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
		return health{Status: "ok"}, nil
	}
	ready := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (health, error) {
		holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
		if stopping() {
			return health{}, errStopping
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := ping(ctx); err != nil {
			return health{}, &holdfast.Error{Status: http.StatusServiceUnavailable, Cause: err}
		}
		if err := hears(ctx); err != nil {
			return health{"ready", deaf}, nil // all processes on the store would not be ready at the same moment
		}
		return health{Status: "ready"}, nil
	}
	tags := holdfast.Tags("health")
	holdfast.Get(on, "/healthz", holdfast.Public(), alive, tags, holdfast.OperationID("healthz"), holdfast.Summary("The process lives"))
	holdfast.Get(on, "/readyz", holdfast.Public(), ready, tags, holdfast.OperationID("readyz"),
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: http.StatusServiceUnavailable, Text: "It does not, or the program stops"}}}), holdfast.Summary("The store answers"))
}
