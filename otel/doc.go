// Package otel tells OpenTelemetry what an application does: traces of its requests,
// and metrics.
//
//	app := holdfast.NewApp(config)
//	otel.Observe(app, otel.Config{})
//
// Each request has a span and the metrics of otelhttp (http.server.request.duration
// and its kin), with the route as it was registered as http.route. Within the span
// are its parts, one span each:
//
//	GET /notes/{id}              the request; holdfast.reason says why it was refused
//	├─ policy                    holdfast.decision: allow, refuse, or fail if it could not be decided
//	│  ├─ verify bearer          a credential is checked
//	│  │  └─ store read          a transaction: what is remembered of a caller needs none
//	│  └─ dependency findNote    one of the policy's, or
//	├─ dependency openSession    of the handler's own
//	└─ handler
//	   ├─ store write
//	   └─ lane hash              heavy work; holdfast.lane.wait is how long it waited for its turn
//
// A span that failed has holdfast.reason: a word of holdfast.Observation's, and for a
// store and a lane the text of the error. One of a policy that lacks scopes or roles has
// them as holdfast.missing. Spans that a handler begins with its context are within the
// handler's.
//
// Secrets are in none of them: no query, no header, no body, no credential. What others
// may find out is the address of callers (client.address), their user agent, and paths.
//
// It is a module of its own, so that only those who want it have OpenTelemetry in their
// program. Where nothing is observed, a part costs one look at a number in memory.
package otel
