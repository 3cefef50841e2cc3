package holdfast

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"reflect"
	"time"
)

// NoInput is for handlers that take nothing from the request.
type NoInput struct{}

// NoContent is for handlers that answer 204 without a body.
type NoContent struct{}

// Endpoint is a handler with its policy, ready to be given to Handle: made by
// [To], or by [To1] and [To2] for handlers that take dependencies beside the
// principal, or by [Raw]. The zero Endpoint is refused when the application
// starts.
type Endpoint struct{ e *endpoint }

// endpoint is an Endpoint without its types.
type endpoint struct {
	name   string
	policy *policy
	deps   []*node
	in     reflect.Type // nil for raw handlers
	out    reflect.Type
	raw    bool
	empty  bool // the handler is nil
	at     place

	newCells []func() cleaner // cells for in and out, after the plan's
	bindTo   func(*exchange, int) error
	peek     func(*exchange) []Violation
	callWith func(x *exchange, principal int, deps []int, io int) error
	encode   func(*exchange, int) error // before cleanup, which may depend on it
	write    func(*exchange, int) error

	bind    func(*exchange) error
	inspect func(*exchange) []Violation
	call    func(*exchange, int) error
	respond func(*exchange) error
}

// newEndpoint makes what all typed endpoints share: reading In and writing Out.
func newEndpoint[P, In, Out any](p Policy[P], fn any, at place, deps ...*node) *endpoint {
	e := &endpoint{name: funcName(fn), policy: p.p, deps: deps, at: at, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	e.newCells = []func() cleaner{func() cleaner { return new(cell[In]) }, func() cleaner { return new(cell[Out]) }}
	e.bindTo = func(x *exchange, io int) error {
		c := x.frame.cells[io].(*cell[In])
		x.frame.state[io] = made
		return x.route.input.bind(x, reflect.ValueOf(&c.v).Elem())
	}
	e.peek = func(x *exchange) []Violation {
		var scratch In
		return x.route.input.bindParams(x, reflect.ValueOf(&scratch).Elem())
	}
	if writesItself(e.out) {
		e.encode = func(*exchange, int) error { return nil }
		e.write = func(x *exchange, io int) error {
			h, _ := any(take[Out](x.frame, io+1)).(http.Handler)
			return respondWith(x, h)
		}
		return e
	}
	e.encode = func(x *exchange, io int) error { return x.encode(&x.frame.cells[io+1].(*cell[Out]).v) }
	e.write = func(x *exchange, _ int) error {
		x.respond()
		return nil
	}
	return e
}

// store keeps what a handler returned, and encodes it.
func store[Out any](x *exchange, e *endpoint, io int, out Out, err error) error {
	if err != nil {
		return err
	}
	put(x.frame, io+1, out)
	x.frame.state[io+1] = made
	return e.encode(x, io)
}

// To makes an endpoint from a policy and a handler. What the handler returns
// is written as JSON; if it is an [http.Handler] instead (a redirect, a file, a
// stream), that writes the response, after what was deferred has run.
func To[P, In, Out any](p Policy[P], handler func(context.Context, P, In) (Out, error)) Endpoint {
	return to(p, handler, caller(1))
}

func to[P, In, Out any](p Policy[P], handler func(context.Context, P, In) (Out, error), at place) Endpoint {
	e := newEndpoint[P, In, Out](p, handler, at)
	e.empty = handler == nil
	e.callWith = func(x *exchange, principal int, _ []int, io int) error {
		out, err := handler(x, take[P](x.frame, principal), take[In](x.frame, io))
		return store(x, e, io, out, err)
	}
	return Endpoint{e}
}

// To1 makes an endpoint whose handler takes one dependency beside the
// principal. It is made after the caller has passed and the input was read.
func To1[P, A, In, Out any](p Policy[P], a Dep[A], handler func(context.Context, P, A, In) (Out, error)) Endpoint {
	e := newEndpoint[P, In, Out](p, handler, caller(1), a.n)
	e.empty = handler == nil
	e.callWith = func(x *exchange, principal int, deps []int, io int) error {
		f := x.frame
		out, err := handler(x, take[P](f, principal), take[A](f, deps[0]), take[In](f, io))
		return store(x, e, io, out, err)
	}
	return Endpoint{e}
}

// To2 is To1 with two dependencies.
func To2[P, A, B, In, Out any](p Policy[P], a Dep[A], b Dep[B], handler func(context.Context, P, A, B, In) (Out, error)) Endpoint {
	e := newEndpoint[P, In, Out](p, handler, caller(1), a.n, b.n)
	e.empty = handler == nil
	e.callWith = func(x *exchange, principal int, deps []int, io int) error {
		f := x.frame
		out, err := handler(x, take[P](f, principal), take[A](f, deps[0]), take[B](f, deps[1]), take[In](f, io))
		return store(x, e, io, out, err)
	}
	return Endpoint{e}
}

// Raw makes an endpoint from a handler that writes the response itself: files,
// server-sent events, WebSockets. The policy is enforced as for any other.
func Raw[P any](p Policy[P], handler func(http.ResponseWriter, *http.Request, P)) Endpoint {
	e := &endpoint{name: funcName(handler), policy: p.p, raw: true, empty: handler == nil, at: caller(1)}
	e.callWith = func(x *exchange, principal int, _ []int, _ int) error {
		tracked := &rawWriter{ResponseWriter: x.writer}
		x.writer = tracked
		handler(tracked, x.raw(), take[P](x.frame, principal))
		return nil
	}
	return Endpoint{e}
}

// raw is the request with its body, path values and the exchange as context.
func (x *exchange) raw() *http.Request {
	r := x.request.WithContext(x)
	if r.Body != nil {
		r.Body = http.MaxBytesReader(x.writer, r.Body, x.maxBody())
	}
	if x.mounted {
		return r // its router has set the path values
	}
	for name, at := range x.route.pattern.names {
		if value, ok := x.route.pattern.value(x.request, at); ok {
			r.SetPathValue(name, value)
		}
	}
	return r
}

// rawWriter remembers whether a handler has begun to answer, and gives one that
// streams the server's time for each write instead of for all of them.
type rawWriter struct {
	http.ResponseWriter
	wrote   bool
	streams bool // it has flushed
	timed   bool // it sets its own deadlines
}

// writeTimeout is how long a caller may take to take what was written.
const writeTimeout = time.Minute

func (w *rawWriter) control() *http.ResponseController {
	return http.NewResponseController(w.ResponseWriter)
}

func (w *rawWriter) WriteHeader(status int) {
	w.wrote = w.wrote || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

func (w *rawWriter) Write(data []byte) (int, error) {
	w.wrote = true
	if w.streams {
		w.extend()
	}
	return w.ResponseWriter.Write(data)
}

// extend begins the time for the next write.
func (w *rawWriter) extend() {
	if !w.timed {
		_ = w.control().SetWriteDeadline(time.Now().Add(writeTimeout)) //nolint:forbidigo // the connection's clock; what has no deadlines needs none
	}
}

// SetWriteDeadline is for [http.ResponseController]. From then on, deadlines
// are the handler's.
func (w *rawWriter) SetWriteDeadline(at time.Time) error {
	w.timed = true
	return w.control().SetWriteDeadline(at)
}

// Unwrap is for http.ResponseController.
func (w *rawWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what was written so far.
func (w *rawWriter) Flush() {
	w.wrote, w.streams = true, true
	w.extend()
	_ = w.control().Flush() // http.Flusher has no way to say it
}

// Hijack hands the connection to the handler, as a WebSocket needs.
func (w *rawWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return w.control().Hijack()
}

var handlerType = reflect.TypeFor[http.Handler]()

// writesItself reports whether what a handler returns is no value to be
// encoded but an [http.Handler].
func writesItself(out reflect.Type) bool { return out != nil && out.Implements(handlerType) }

// respondWith lets what the handler returned write the response.
func respondWith(x *exchange, h http.Handler) error {
	if h == nil {
		return errors.New("the handler returned no http.Handler and no error")
	}
	tracked := &rawWriter{ResponseWriter: x.writer}
	x.writer = tracked
	h.ServeHTTP(tracked, x.raw())
	return nil
}
