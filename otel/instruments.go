package otel

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/holdfast-go/holdfast/internal/spans"
)

// instruments are what is told of all requests.
type instruments struct {
	tracer    trace.Tracer
	parts     metric.Float64Histogram
	decisions metric.Int64Counter
}

func newInstruments(config Config) (_ *instruments, err error) {
	meter := config.Metrics.Meter(scope)
	out := &instruments{tracer: config.Traces.Tracer(scope)}
	out.parts, err = meter.Float64Histogram("holdfast.part.duration", metric.WithUnit("s"),
		metric.WithDescription("How long the parts of requests took."),
		metric.WithExplicitBucketBoundaries(.00001, .0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 10))
	if err != nil {
		return nil, err
	}
	out.decisions, err = meter.Int64Counter("holdfast.decisions", metric.WithUnit("{decision}"),
		metric.WithDescription("Decisions about who may call, by route, decision and reason."))
	return out, err
}

// follow puts a tracer into each request's context.
func (i *instruments) follow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		labels, _ := otelhttp.LabelerFromContext(r.Context())
		q := &request{instruments: i, server: trace.SpanFromContext(r.Context()), labels: labels}
		q.now.Store(&within{Context: spans.With(r.Context(), q)})
		defer q.end()
		next.ServeHTTP(w, r.WithContext(&current{r.Context(), q}))
	})
}

// took notes how long a part has taken.
func (i *instruments) took(ctx context.Context, kind, name string, began time.Time) {
	if kind == spans.Handler || kind == spans.Policy {
		name = "" // the route's, which the metrics of requests have
	}
	i.parts.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(partKey.String(kind), nameKey.String(name))) //nolint:forbidigo // how long it took, for the metrics alone
}

// What attributes are called beside those of package spans.
const (
	partKey     = attribute.Key("holdfast.part")
	nameKey     = attribute.Key("holdfast.name")
	reasonKey   = attribute.Key("holdfast.reason")
	decisionKey = attribute.Key(spans.Decision)
	routeKey    = attribute.Key("http.route")
)

func attr(key, value string) attribute.KeyValue { return attribute.String(key, value) }

// caller is where Observe was called.
func caller() (file string, line int) {
	_, file, line, _ = runtime.Caller(2)
	return file, line
}
