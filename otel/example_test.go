package otel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/otel"
)

// A refusal's span says why. In a program the exporter is one of OTLP's, and the
// providers are shut down at the end, so that nothing is lost.
func ExampleObserve() {
	exporter := tracetest.NewInMemoryExporter()
	traces := trace.NewTracerProvider(trace.WithSyncer(exporter))
	app := holdfast.New("Notes", "1.0.0")
	caller := holdfast.Check(holdfast.HTTPBearer(), func(_ context.Context, token string) (string, error) { return token, nil })
	holdfast.Get(app, "/notes/{id}", holdfast.Security(caller), func(context.Context, string, holdfast.NoInput) (string, error) { return "a note", nil })
	otel.Observe(app, otel.Config{Traces: traces, Metrics: metric.NewMeterProvider()})

	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes/1", nil))
	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name)
		for _, a := range span.Attributes {
			if a.Key == "holdfast.decision" || a.Key == "holdfast.reason" {
				fmt.Println(" ", a.Key, "=", a.Value.AsString())
			}
		}
	}
	// Output:
	// policy
	//   holdfast.decision = refuse
	//   holdfast.reason = no credential
	// GET /notes/{id}
	//   holdfast.reason = no credential
}
