package audit

import (
	"context"
	"sync"
	"time"
)

type originKey struct{}

// Origin is where something comes from that is done in a context: a request, or a
// program. It is safe for concurrent use.
type Origin struct {
	Source  string // the address
	Shared  bool   // by callers who are not one person
	Device  string // the User-Agent
	Request string // the id

	mu    sync.Mutex
	actor Actor
}

// With returns a context of an origin.
func With(ctx context.Context, o *Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// within is a context with an origin, in one piece.
type within struct {
	context.Context
	origin Origin
}

// Value is the origin, or a value of the context below.
func (w *within) Value(key any) any {
	if key == (originKey{}) {
		return &w.origin
	}
	return w.Context.Value(key)
}

// Request returns a context of one request.
func Request(ctx context.Context, source string, shared bool, device, id string) context.Context {
	return &within{ctx, Origin{Source: source, Shared: shared, Device: device, Request: id}}
}

// From is the origin of a context, or nil.
func From(ctx context.Context) *Origin {
	o, _ := ctx.Value(originKey{}).(*Origin)
	return o
}

// Act says who acts. Of several who have shown who they are in one request, the last
// counts.
func (o *Origin) Act(a Actor) {
	if o == nil {
		return
	}
	o.mu.Lock()
	o.actor = a
	o.mu.Unlock()
}

// Actor is who acts, as far as that is known.
func (o *Origin) Actor() Actor {
	if o == nil {
		return Actor{Kind: "program"}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.actor
}

type clockKey struct{}

// At returns a context in which it is a certain time, for stores, which have no
// clock of their own.
func At(ctx context.Context, now time.Time) context.Context {
	return context.WithValue(ctx, clockKey{}, now)
}

// Now is the time of a context that At has made, or the machine's.
func Now(ctx context.Context) time.Time {
	if now, ok := ctx.Value(clockKey{}).(time.Time); ok {
		return now
	}
	return time.Now() //nolint:forbidigo // of callers without a clock, such as a command
}

// Complete fills in what a context knows of an event.
func (e Event) Complete(ctx context.Context, now time.Time) Event {
	o := From(ctx)
	if e.At.IsZero() {
		e.At = now
	}
	if e.Actor == (Actor{}) {
		e.Actor = o.Actor()
	}
	if o != nil {
		if e.Source == "" {
			e.Source = o.Source
		}
		if e.Request == "" {
			e.Request = o.Request
		}
	}
	if e.Result == "" {
		e.Result = "ok"
	}
	return e.Bounded()
}
