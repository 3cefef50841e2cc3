package holdfast

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"reflect"
	"sync"
)

// NoInput is for handlers that take nothing from the request.
type NoInput struct{}

// NoContent is for handlers that answer 204 without a body.
type NoContent struct{}

// Endpoint is a handler with its policy, ready to be given to Handle. The zero
// Endpoint is refused when the application starts.
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
	e.write = func(x *exchange, io int) error {
		return respond(x, &x.frame.cells[io+1].(*cell[Out]).v)
	}
	if writesItself(e.out) {
		e.write = func(x *exchange, io int) error {
			h, _ := any(take[Out](x.frame, io+1)).(http.Handler)
			return respondWith(x, h)
		}
	}
	return e
}

func store[Out any](x *exchange, io int, out Out, err error) error {
	if err != nil {
		return err
	}
	put(x.frame, io+1, out)
	x.frame.state[io+1] = made
	return nil
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
		return store(x, io, out, err)
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
		return store(x, io, out, err)
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
		return store(x, io, out, err)
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
	for name, at := range x.route.pattern.names {
		if value, ok := x.route.pattern.value(x.request, name, at); ok {
			r.SetPathValue(name, value)
		}
	}
	return r
}

// rawWriter remembers whether a raw handler has begun to answer.
type rawWriter struct {
	http.ResponseWriter
	wrote bool
}

func (w *rawWriter) WriteHeader(status int) {
	w.wrote = w.wrote || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

func (w *rawWriter) Write(data []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *rawWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what was written so far.
func (w *rawWriter) Flush() {
	w.wrote = true
	_ = http.NewResponseController(w.ResponseWriter).Flush() // http.Flusher has no way to say it
}

// Hijack hands the connection to the handler, as a WebSocket needs.
func (w *rawWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
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

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// respond writes a handler's value as JSON.
func respond(x *exchange, out any) error {
	status := x.route.status()
	if _, ok := out.(*NoContent); ok {
		x.writer.WriteHeader(status)
		return nil
	}
	if v := reflect.ValueOf(out).Elem(); v.Kind() == reflect.Slice && v.IsNil() {
		out = []struct{}{}
	}
	return writeJSON(x.writer, x.request, status, "application/json", out)
}

// writeJSON encodes first, so that a value which cannot be encoded becomes an
// error and not half a response.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, kind string, value any) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err
	}
	write(w, r, status, kind, bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
	return nil
}

// Header values that most responses have. They are shared, and full, so that
// whoever adds one gets a copy.
var (
	noSniff  = []string{"nosniff"}
	jsonKind = []string{"application/json"}
)

func kindHeader(kind string) []string {
	if kind == jsonKind[0] {
		return jsonKind
	}
	return []string{kind}
}

// write sends a whole response.
func write(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	header := w.Header()
	header["Content-Type"] = kindHeader(kind)
	header["X-Content-Type-Options"] = noSniff
	setLength(header, len(body))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may be gone; there is nobody left to tell
	}
}
