package otel

import (
	"cmp"
	"context"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/holdfast-go/holdfast/internal/spans"
)

// request is one that is traced. Its parts follow each other, or are within each
// other; the context of the request always is that of the part that runs.
type request struct {
	*instruments
	server trace.Span // of the whole
	labels *otelhttp.Labeler
	route  string // its path

	now    atomic.Pointer[within]
	reason string // why it was refused or failed
}

// within is the context of a part, and the part around it; nil for none.
type within struct {
	context.Context
	around *within
	part   *part
}

// current is the context of a request, as what runs now has it. Only its values
// change, so it ends as the request's does.
type current struct {
	context.Context
	of *request
}

func (c *current) Value(key any) any { return c.of.now.Load().Value(key) }

// Begin implements spans.Tracer.
func (q *request) Begin(ctx context.Context, kind, name string) (context.Context, spans.Part) {
	ctx, span := q.tracer.Start(ctx, title(kind, name))
	return ctx, &part{q: q, ctx: ctx, span: span, kind: kind, name: name, began: time.Now()} //nolint:forbidigo // how long it takes, for the metrics alone
}

// Enter implements spans.Tracer.
func (q *request) Enter(kind, name string) spans.Part {
	if kind == spans.Policy {
		q.of(name)
	}
	around := q.now.Load()
	ctx, begun := q.Begin(around, kind, name)
	inner := begun.(*part)
	inner.leaves = around
	q.now.Store(&within{ctx, around, inner})
	return inner
}

// of notes which route the request is for, as in "GET /notes/{id}".
func (q *request) of(route string) {
	q.server.SetName(route)
	_, path, found := strings.Cut(route, " ")
	if !found {
		path = route
	}
	q.route = path
	q.server.SetAttributes(routeKey.String(path))
	q.labels.Add(routeKey.String(path))
}

// Note implements spans.Tracer.
func (q *request) Note(reason string) { q.reason = reason }

// end ends what a panic has left.
func (q *request) end() {
	for at := q.now.Load(); at != nil && at.part != nil; at = at.around {
		at.part.span.SetStatus(codes.Error, "panic")
		at.part.finish("panic")
		q.now.Store(at.around)
	}
	if q.reason != "" {
		q.server.SetAttributes(reasonKey.String(q.reason))
	}
}

// title is the name of a part's span.
func title(kind, name string) string {
	switch kind {
	case spans.Policy, spans.Handler: // the route is that of the request
		return kind
	}
	return kind + " " + name
}

// part is a part of a request that has begun.
type part struct {
	q          *request
	ctx        context.Context
	span       trace.Span
	kind, name string
	began      time.Time
	leaves     *within // what the request is within when the part has ended; nil if it is not one of the request's own
	decision   string
}

// Set implements spans.Part.
func (p *part) Set(key, value string) {
	if key == spans.Decision {
		p.decision = value
	}
	p.span.SetAttributes(attr(key, value))
}

// End implements spans.Part.
func (p *part) End(reason string) {
	if p.leaves != nil {
		p.q.now.Store(p.leaves)
	}
	p.finish(reason)
}

func (p *part) finish(reason string) {
	if reason != "" {
		p.span.SetAttributes(reasonKey.String(reason))
	}
	p.q.took(p.ctx, p.kind, p.name, p.began)
	if p.kind == spans.Policy {
		p.q.decisions.Add(p.ctx, 1, metric.WithAttributes(routeKey.String(p.q.route), decisionKey.String(cmp.Or(p.decision, "fail")), reasonKey.String(reason)))
	}
	p.span.End()
}
