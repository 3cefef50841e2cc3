package otel

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/overrides"
	"github.com/holdfast-go/holdfast/internal/spans"
)

// scope is the name of what makes the spans and metrics.
const scope = "github.com/holdfast-go/holdfast/otel"

// Config says where traces and metrics go. The zero Config uses the providers that
// were set for the process.
type Config struct {
	Traces  trace.TracerProvider // otel.GetTracerProvider() if nil
	Metrics metric.MeterProvider // otel.GetMeterProvider() if nil

	// Propagators read the trace that a caller is in, from the headers of the request.
	// W3C Trace Context if nil.
	Propagators propagation.TextMapPropagator

	// TrustCallers has requests go on with the trace that a caller names, with the
	// caller's word on whether it is recorded: for those behind a gateway that begins
	// traces, and takes such headers from strangers away. If false, each request begins
	// a trace of its own, with a link to the caller's.
	TrustCallers bool
}

// Observe tells OpenTelemetry what an application does. It is called once, before the
// application serves. An instrument that cannot be made is an error of App.Err.
func Observe(app *holdfast.App, config Config) {
	if config.Traces == nil {
		config.Traces = otel.GetTracerProvider()
	}
	if config.Metrics == nil {
		config.Metrics = otel.GetMeterProvider()
	}
	if config.Propagators == nil {
		config.Propagators = propagation.TraceContext{}
	}
	told, err := newInstruments(config)
	if err != nil {
		file, line := caller()
		overrides.Fault(app, file, line, err)
		return
	}
	spans.Enable()
	overrides.Around(app, func(next http.Handler) http.Handler {
		return otelhttp.NewHandler(told.follow(next), "holdfast",
			otelhttp.WithTracerProvider(config.Traces), otelhttp.WithMeterProvider(config.Metrics), otelhttp.WithPropagators(config.Propagators),
			otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return !config.TrustCallers }),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return known(r.Method) }),
		)
	})
}

// known is a method, or a word for those that anybody can make up.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "HTTP"
}
