// Package spans is how the parts of a request are told to what traces it: the policy,
// each dependency, the handler, a transaction of the store, work in a lane. The root
// package, the stores and package work say when a part begins and ends; the module
// otel makes spans of OpenTelemetry of that.
//
// Nothing is looked up in a context before [Enable] was called, so a program that does
// not trace pays one load of a number for each part.
package spans

import (
	"context"
	"sync/atomic"
)

// The kinds of parts.
const (
	Policy     = "policy"     // everything that decides who may call; the name is the route's
	Verify     = "verify"     // a credential is checked; the name is the scheme's
	Dependency = "dependency" // the name is its function's
	Handler    = "handler"    // the name is the route's
	Store      = "store"      // a transaction; the name is "read", "write" or what it is for
	Lane       = "lane"       // heavy work, with the wait for its turn; the name is the lane's
)

// What is said of parts, as names of attributes.
const (
	Decision = "holdfast.decision" // of a policy: "allow", "refuse", or "fail" if it could not be decided
	Missing  = "holdfast.missing"  // of a policy: the scopes of which one is lacking, or the roles
)

// Tracer is one request as who traces it sees it.
type Tracer interface {
	// Begin begins a part and returns the context of what is done within it. It is
	// safe for concurrent use.
	Begin(ctx context.Context, kind, name string) (context.Context, Part)

	// Enter begins a part of the request itself: until it ends, what is begun with
	// the request's context is within it. It is for the request's goroutine.
	Enter(kind, name string) Part

	// Note says why the request was refused or failed, in a word of
	// holdfast.Observation. It is for the request's goroutine.
	Note(reason string)
}

// Part is a part that has begun.
type Part interface {
	Set(key, value string)
	End(reason string) // why it failed; "" if it did not
}

// Span is a part that is traced, or nothing. The zero Span does nothing.
type Span struct{ part Part }

// Traced reports whether the span is one.
func (s Span) Traced() bool { return s.part != nil }

// Set says something of the part.
func (s Span) Set(key, value string) {
	if s.part != nil {
		s.part.Set(key, value)
	}
}

// End ends the part, with why it failed; "" if it did not.
func (s Span) End(reason string) {
	if s.part != nil {
		s.part.End(reason)
	}
}

// EndWith ends the part with an error's text.
func (s Span) EndWith(err error) {
	switch {
	case s.part == nil:
	case err == nil:
		s.part.End("")
	default:
		s.part.End(err.Error())
	}
}

var enabled atomic.Bool

// Enable has the process look for tracers from now on.
func Enable() { enabled.Store(true) }

type key struct{}

// With is a context with a tracer.
func With(ctx context.Context, t Tracer) context.Context { return context.WithValue(ctx, key{}, t) }

// From returns the tracer of a context; nil for none.
func From(ctx context.Context) Tracer {
	if !enabled.Load() {
		return nil
	}
	t, _ := ctx.Value(key{}).(Tracer)
	return t
}

// Begin begins a part of what is done with a context, if that is traced.
func Begin(ctx context.Context, kind, name string) (context.Context, Span) {
	t := From(ctx)
	if t == nil {
		return ctx, Span{}
	}
	within, part := t.Begin(ctx, kind, name)
	return within, Span{part}
}

// Enter begins a part of the request itself, if it is traced.
func Enter(ctx context.Context, kind, name string) Span {
	t := From(ctx)
	if t == nil {
		return Span{}
	}
	return Span{t.Enter(kind, name)}
}
