package holdfast

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/host"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/routing"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// NoInput is for handlers that take nothing from the request.
type NoInput struct{}

// Endpoint is a handler with its policy, ready to be given to Handle: made by
// [To], or by [To1], [To2] and [To3] for handlers that take dependencies beside the
// principal, or by [Raw] and [RawInput]. The zero Endpoint is refused when the
// application starts.
type Endpoint struct{ e *endpoint }

// endpoint is what was declared of a handler.
type endpoint struct {
	name    string // of the handler's function
	policy  *plan.Policy
	deps    []*plan.Node
	in      reflect.Type // nil if it reads nothing
	out     reflect.Type // nil if it writes the response itself; of an Answer, what it is an answer of
	chosen  bool         // the handler returns an Answer
	fault   string       // why it cannot be used
	mounted bool         // it is for all methods, and all paths below one
	at      plan.Place

	cells      []func() plan.Cell // for in and out
	newHandler func(layout) handler
}

// writesItself reports whether the handler writes the response itself, or
// returns what does.
func (e *endpoint) writesItself() bool { return e.out == nil || e.out.Implements(handlerType) }

// sendsValue reports whether the handler returns a value for the body of each
// success.
func (e *endpoint) sendsValue() bool {
	return !e.chosen && !e.writesItself() && e.out != noContentType
}

// layout says where a handler finds what it works with.
type layout struct {
	input *bind.Input // nil if there is nothing to read
	deps  []int       // the cells of its dependencies
	io    int         // the cell of its input; that of its result is the next
}

// handler is a typed handler without its types: what the runner asks of it, in
// this order.
type handler interface {
	// bind reads the input, the body last.
	bind(x *exchange) error

	// inspect says what does not fit of the input, without the body, for a
	// caller who is not known to be allowed to call.
	inspect(x *exchange) error

	// call calls the function with the principal.
	call(x *exchange, principal int) error

	// encode prepares the response before what was deferred runs, since a value
	// that cannot be encoded is an error of the request.
	encode(x *exchange) error

	// deliver writes the response, unless call did.
	deliver(x *exchange) error

	// streams reports whether deliver is work of the handler, for as long as the
	// response takes, and not only the sending of a value.
	streams() bool
}

// reader reads an input of type In.
type reader[In any] struct{ layout }

func (h reader[In]) bind(x *exchange) error {
	return h.input.Read(x, reflect.ValueOf(plan.Fill[In](x.frame, h.io)).Elem())
}

func (h reader[In]) inspect(x *exchange) error {
	var scratch In
	return h.input.Inspect(x, reflect.ValueOf(&scratch).Elem())
}

// typed is a handler whose function returns the response as a value.
type typed[In, Out any] struct {
	reader[In]
	fn     func(x *exchange, principal int, deps []int, in In) (Out, error)
	itself bool           // Out is an http.Handler, which writes the response
	chosen bool           // Out is an answer.Answer
	filler *schema.Filler // nil if there is nothing in what is sent to fill
}

func (h typed[In, Out]) call(x *exchange, principal int) error {
	out, err := h.fn(x, principal, h.deps, plan.Take[In](x.frame, h.io))
	if err == nil {
		*plan.Fill[Out](x.frame, h.io+1) = out
	}
	return err
}

func (h typed[In, Out]) streams() bool { return h.itself }

func (h typed[In, Out]) encode(x *exchange) error {
	if h.itself {
		return nil
	}
	out := any(plan.Pointer[Out](x.frame, h.io+1))
	if h.chosen {
		one := out.(answer.Chosen)
		if err := x.choose(one); err != nil || !answer.HasBody(x.response.status) {
			return err
		}
		out = one.Pointer()
	}
	if h.filler != nil {
		h.filler.Fill(reflect.ValueOf(out).Elem())
	}
	err := x.response.encode(out)
	if h.filler != nil && err == nil {
		x.response.body.replace(h.filler.Rewrite)
	}
	return err
}

func (h typed[In, Out]) deliver(x *exchange) error {
	if h.chosen {
		x.response.addHeaders(any(plan.Pointer[Out](x.frame, h.io+1)).(answer.Chosen).Header())
	}
	if !h.itself {
		x.response.sendEncoded(x.sent)
		return nil
	}
	out, _ := any(plan.Take[Out](x.frame, h.io+1)).(http.Handler)
	if out == nil {
		return errNoResponse
	}
	out.ServeHTTP(x.response.track(), x.whole())
	return nil
}

// raw is a handler that writes the response itself.
type raw[In any] struct {
	reader[In]
	fn func(w http.ResponseWriter, r *http.Request, x *exchange, principal int, in In) error
}

func (h raw[In]) call(x *exchange, principal int) error {
	return h.fn(x.response.track(), x.whole(), x, principal, plan.Take[In](x.frame, h.io))
}

func (h raw[In]) encode(*exchange) error  { return nil }
func (h raw[In]) deliver(*exchange) error { return nil }
func (h raw[In]) streams() bool           { return false } // call does it

var (
	handlerType   = reflect.TypeFor[http.Handler]()
	noContentType = reflect.TypeFor[NoContent]()
	chosenType    = reflect.TypeFor[answer.Chosen]()
)

// newTyped declares a handler that returns its response.
func newTyped[P, In, Out any](p Policy[P], function any, at plan.Place, fn func(*exchange, int, []int, In) (Out, error), deps ...*plan.Node) Endpoint {
	e := declare[In](p, function, at, deps...)
	e.returns(reflect.TypeFor[Out](), any(new(Out)))
	e.cells = append(e.cells, plan.NewCell[Out])
	filler := schema.FillerOf(e.out)
	e.newHandler = func(l layout) handler {
		return typed[In, Out]{reader[In]{l}, fn, e.writesItself(), e.chosen, filler}
	}
	return Endpoint{e}
}

// returns notes what the handler returns. value points to one.
func (e *endpoint) returns(out reflect.Type, value any) {
	e.out = out
	if one, ok := value.(answer.Chosen); ok {
		e.out, e.chosen = reflect.TypeOf(one.Pointer()).Elem(), true
	}
	switch {
	case e.chosen && e.out.Implements(handlerType):
		e.fault = "the handler returns an Answer of an http.Handler, which writes the response by itself: return that"
	case out.Kind() == reflect.Pointer && out.Implements(chosenType):
		e.fault = "the handler returns a pointer to an Answer: return the Answer"
	}
}

func declare[In any](p AnyPolicy, function any, at plan.Place, deps ...*plan.Node) *endpoint {
	e := &endpoint{
		name: plan.FunctionOf(function).Name, policy: erasedPolicy(p), deps: deps, at: at,
		in: reflect.TypeFor[In](), cells: []func() plan.Cell{plan.NewCell[In]},
	}
	if isNil(function) {
		e.fault = "the handler is nil"
	}
	return e
}

// isNil reports whether a value is none: nil, or a nil function or pointer.
func isNil(value any) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || (v.Kind() == reflect.Func || v.Kind() == reflect.Pointer) && v.IsNil()
}

// To makes an endpoint from a policy and a handler. What the handler returns
// is written as JSON; if it is an [http.Handler] instead (a redirect, a file, a
// stream), that writes the response, after what was deferred has run. It keeps
// the place of [Limit] until it has written, but is outside of [InLane].
func To[P, In, Out any](p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error)) Endpoint {
	return to(p, handler, plan.Caller())
}

func to[P, In, Out any](p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), at plan.Place) Endpoint {
	return newTyped(p, handler, at, func(x *exchange, principal int, _ []int, in In) (Out, error) {
		return handler(x, plan.Take[P](x.frame, principal), in)
	})
}

// To1 makes an endpoint whose handler takes one dependency beside the
// principal. It runs after the caller has passed and the input was read, unless
// it depends on a credential: then it is part of the policy, and runs with that.
func To1[P, A, In, Out any](p Policy[P], a Dep[A], handler func(ctx context.Context, principal P, a A, input In) (Out, error)) Endpoint {
	return newTyped(p, handler, plan.Caller(), func(x *exchange, principal int, deps []int, in In) (Out, error) {
		f := x.frame
		return handler(x, plan.Take[P](f, principal), plan.Take[A](f, deps[0]), in)
	}, a.n)
}

// To2 is To1 with two dependencies.
func To2[P, A, B, In, Out any](p Policy[P], a Dep[A], b Dep[B], handler func(ctx context.Context, principal P, a A, b B, input In) (Out, error)) Endpoint {
	return newTyped(p, handler, plan.Caller(), func(x *exchange, principal int, deps []int, in In) (Out, error) {
		f := x.frame
		return handler(x, plan.Take[P](f, principal), plan.Take[A](f, deps[0]), plan.Take[B](f, deps[1]), in)
	}, a.n, b.n)
}

// To3 is To1 with three dependencies. A handler that needs more takes a struct of
// them from one dependency.
func To3[P, A, B, C, In, Out any](p Policy[P], a Dep[A], b Dep[B], c Dep[C], handler func(ctx context.Context, principal P, a A, b B, c C, input In) (Out, error)) Endpoint {
	return newTyped(p, handler, plan.Caller(), func(x *exchange, principal int, deps []int, in In) (Out, error) {
		f := x.frame
		return handler(x, plan.Take[P](f, principal), plan.Take[A](f, deps[0]), plan.Take[B](f, deps[1]), plan.Take[C](f, deps[2]), in)
	}, a.n, b.n, c.n)
}

// Raw makes an endpoint from a handler that writes the response itself: files,
// server-sent events, WebSockets. The policy is enforced as for any other. An
// error that the handler returns before it has written anything is answered as
// everywhere else, with the headers that it has set and that are true of an
// error. After that it is logged; if the handler has begun to tell of a success,
// the connection is closed, so that half an answer is not taken for a whole one;
// a whole one that was sent already, with its length, cannot be taken back.
// A status below 200, such as 103, only informs: the answer is still to come.
//
// Such a handler may work for hours: an event stream, a WebSocket. Its caller's
// right is decided again meanwhile, by the same policy: when the credential ends,
// when something has changed (see [Verify] and Config.Changes), or else every
// three quarters of a second. When the caller would not be let in any more, the
// request's context ends, at most a second late, and [context.Cause] is an [*Error]
// with the status that the caller would get: 401, 403. Writing and flushing fail
// then, and the connection is closed; who has taken it over, as a WebSocket does,
// has a second for a last word. If nothing was sent yet, the answer is that error.
// Where the right cannot be decided, such as when a database is away, it is tried
// for a second, and then the stream ends with 503. That holds for [RawInput],
// [App.Protect] and [App.Guard] as well, and for handlers that return an
// [http.Handler].
//
// What is decided again is the way by which the caller came in: its credentials
// as they were presented are verified, scopes and roles are compared, and the
// policy's dependencies are made, all in a memory of their own. What they register
// with [Defer] runs when the decision is made. A dependency that has registered
// something in the first decision is left out, unless something that decides takes
// its value. Those that only the handler takes are left out if they have, or take
// one that has.
//
// The document cannot see what such a handler takes and answers: say it with
// [Accepts], [Answers] and [Status].
func Raw[P any](p Policy[P], handler func(w http.ResponseWriter, r *http.Request, principal P) error) Endpoint {
	return newRaw(p, handler, plan.Caller(), func(w http.ResponseWriter, r *http.Request, x *exchange, principal int, _ NoInput) error {
		return handler(w, r, plan.Take[P](x.frame, principal))
	})
}

// RawInput is Raw for a handler that takes input as other handlers do: read
// and validated before it is called, and in the document.
func RawInput[P, In any](p Policy[P], handler func(w http.ResponseWriter, r *http.Request, principal P, input In) error) Endpoint {
	return newRaw(p, handler, plan.Caller(), func(w http.ResponseWriter, r *http.Request, x *exchange, principal int, in In) error {
		return handler(w, r, plan.Take[P](x.frame, principal), in)
	})
}

// plainRaw declares a handler that does not ask who the caller is.
func plainRaw(p AnyPolicy, serve func(http.ResponseWriter, *http.Request) error, at plan.Place) Endpoint {
	return newRaw(p, serve, at, func(w http.ResponseWriter, r *http.Request, _ *exchange, _ int, _ NoInput) error {
		return serve(w, r)
	})
}

// newRaw declares a handler that writes its response.
func newRaw[In any](p AnyPolicy, function any, at plan.Place, fn func(http.ResponseWriter, *http.Request, *exchange, int, In) error) Endpoint {
	e := declare[In](p, function, at)
	e.newHandler = func(l layout) handler { return raw[In]{reader[In]{l}, fn} }
	return Endpoint{e}
}

// below is the pattern of what is mounted at a prefix.
func below(prefix string) string {
	return routing.Any + " " + strings.TrimSuffix(prefix, "/") + "/{rest...}"
}

// mounted is the endpoint of an [http.Handler] for all paths below one.
func mounted(p AnyPolicy, h http.Handler, at plan.Place) Endpoint {
	out := newRaw(p, h, at, func(w http.ResponseWriter, r *http.Request, x *exchange, _ int, _ NoInput) error {
		if !x.route.pattern.Strip(r) {
			return &noRoute{}
		}
		h.ServeHTTP(w, host.Inside(r, x.refuse))
		return nil
	})
	out.e.name, out.e.mounted = "", true
	if isNil(h) {
		out.e.fault = "the handler is nil"
	}
	return out
}

// refuse answers for a mounted handler as everywhere else.
func (x *exchange) refuse(w http.ResponseWriter, why host.Refusal) {
	if why.Cause != nil {
		x.route.answerError(w, x.sent, why.Cause)
		return
	}
	x.route.answerError(w, x.sent, &noRoute{why.Allow})
}

// wrapped is the endpoint of an [http.Handler].
func wrapped(p AnyPolicy, h http.Handler, at plan.Place) Endpoint {
	out := plainRaw(p, func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}, at)
	out.e.name = "handler"
	if isNil(h) {
		out.e.fault = "the handler is nil"
	}
	return out
}
