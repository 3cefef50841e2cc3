package holdfast

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/background"
	"github.com/holdfast-go/holdfast/internal/bodies"
	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recorder"
	"github.com/holdfast-go/holdfast/internal/routing"
)

// exchange is one request in progress, and the context that its dependencies
// and handler see. It is never pooled: handlers leak contexts.
type exchange struct {
	context.Context // of the request, with the deadline of the route

	sent        *http.Request
	withoutBody *http.Request // the request without its body, made when first asked for
	handed      *http.Request // what the handler was given, if it takes a request
	route       *routeInfo
	foreign     bool        // another router found the route, and has set the path values
	limited     bool        // the body has its bound
	holds       uint8       // places of dependencies that are given back with what is deferred
	lent        bool        // a dependency may hold the request while the handler works
	ended       atomic.Bool // everything has run, in order
	frame       *plan.Frame // nil once the request is over

	response response
	held     *bulkhead.Bulkhead // of which a place is held; nil for none

	deferred stack // before the response
	after    stack // after it
}

// routeInfo is what requests need to know of the route that serves them.
type routeInfo struct {
	name     string // "GET /items/{id}"
	pattern  *routing.Pattern
	maxBody  int64          // in bytes
	statuses []int          // that a success may have
	hidden   []*plan.Scheme // whose credentials the handler does not see
	work     *background.Work
	bodies   *bodies.Budget // of which all requests have their bodies in memory
	app      http.Handler   // the application; a copy if it is one

	answerError func(http.ResponseWriter, *http.Request, error) // by the route's rules
}

// Frame is the memory of the request.
func (x *exchange) Frame() *plan.Frame { return x.frame }

// Sent is the request as it was sent, with its body. After LimitBody it is a
// copy whose body has a bound; the one that came from outside never changes.
func (x *exchange) Sent() *http.Request { return x.sent }

// WithoutBody is the request as dependencies may see it: with everything but the
// body, because the caller may not have passed yet. It is made when first asked
// for.
func (x *exchange) WithoutBody() *http.Request {
	if x.withoutBody == nil {
		x.withoutBody = x.withPath()
		x.withoutBody.Body = http.NoBody
	}
	return x.withoutBody
}

// whole is the request as handlers see it: with its body.
func (x *exchange) whole() *http.Request {
	x.LimitBody()
	x.handed = x.withPath()
	if len(x.route.hidden) > 0 {
		x.handed.Header = x.handed.Header.Clone()
	}
	for _, one := range x.route.hidden {
		one.Hide(x.handed.Header)
	}
	return x.handed
}

// keptBody is a body of which something is kept until the request is over: the
// files of a form, or what counts as memory of all requests. It hangs on the body,
// and not on the exchange, so that requests without do without the place.
type keptBody struct {
	io.ReadCloser
	files io.Closer // nil for none
	held  int64     // in bytes
}

// Keep has files of the form that is read removed when the request is over.
func (x *exchange) Keep(files io.Closer) { x.keptBody().files = files }

// Hold counts bytes of the body as memory of all requests, until the request is
// over.
func (x *exchange) Hold(bytes int64) error {
	if err := x.route.bodies.Take(x, bytes); err != nil {
		return err
	}
	x.keptBody().held += bytes
	return nil
}

// keptBody makes the body one of which something is kept.
func (x *exchange) keptBody() *keptBody {
	if body, ok := x.sent.Body.(*keptBody); ok {
		return body
	}
	x.sent = x.sent.WithContext(x.sent.Context())
	if x.sent.Body == nil {
		x.sent.Body = http.NoBody
	}
	body := &keptBody{ReadCloser: x.sent.Body}
	x.sent.Body = body
	return body
}

// dropBody gives back the memory of the body, and removes the files of the form
// that was read, and those of one that a handler has parsed for itself: the server
// does so only for the request that it made.
func (x *exchange) dropBody() {
	if body, ok := x.sent.Body.(*keptBody); ok {
		if body.files != nil {
			_ = body.files.Close() // what cannot be removed now has no name, or is the system's to remove
		}
		x.route.bodies.Give(body.held)
	}
	if x.handed != nil && x.handed.MultipartForm != nil {
		_ = x.handed.MultipartForm.RemoveAll() // what is gone already is no loss
	}
}

// withPath is the request with the exchange as context, and with the pattern
// and path values of its route.
func (x *exchange) withPath() *http.Request {
	r := x.sent.WithContext(x)
	if r.Pattern != "" && !x.foreign || x.lent { // the values of a router outside are its own
		r = x.sent.Clone(x)
	}
	if r.Pattern == "" {
		r.Pattern = x.route.name
	}
	if !x.foreign {
		r.Pattern = x.route.name
		x.route.pattern.SetValues(r)
	}
	return r
}

// PathValue is the decoded value of a wildcard: of the router that found the
// route, which may be another one. Of that one's wildcards, only what takes the
// rest of a path may be empty.
func (x *exchange) PathValue(name string) (string, bool) {
	if x.foreign {
		value := x.sent.PathValue(name)
		return value, value != "" || strings.Contains(x.sent.Pattern, "{"+name+"...}")
	}
	return x.route.pattern.Value(x.sent, name)
}

// LimitBody bounds the body and returns how many bytes of it may be read. The
// request that arrived is left as it is: it may be another application's. Where
// the bound is passed, the server closes the connection.
func (x *exchange) LimitBody() int64 {
	if body := x.sent.Body; !x.limited && body != nil && body != http.NoBody {
		x.sent = x.sent.WithContext(x.sent.Context())
		x.sent.Body = http.MaxBytesReader(recorder.Innermost(x.response.writer), body, x.route.maxBody)
	}
	x.limited = true
	return x.route.maxBody
}

// within gives the exchange a deadline, and returns what gives it up.
func (x *exchange) within(d time.Duration) context.CancelFunc {
	ctx, cancel := context.WithTimeout(x.Context, d)
	x.Context = ctx
	return cancel
}

// lasting is the context of what runs at the end, whether or not the caller is
// still there.
func (x *exchange) lasting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(x), cleanupTime)
}

// application is the one that serves the request.
func (x *exchange) application() http.Handler { return x.route.app }

// Value makes the exchange findable by Defer from any context derived from it.
func (x *exchange) Value(key any) any {
	if key == (ownerKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// choose takes the status that a handler has chosen, if the route declares it.
func (x *exchange) choose(one answer.Chosen) error {
	status := one.Status()
	switch {
	case status == 0: // the route's first
		status = x.response.status
	case !slices.Contains(x.route.statuses, status):
		all := strings.Trim(strings.ReplaceAll(fmt.Sprint(append(slices.Clone(x.route.statuses), status)), " ", ", "), "[]")
		return fmt.Errorf("the answer has status %d, which %s does not declare: give it the option holdfast.Status(%s)", status, x.route.name, all)
	}
	if answer.Redirects(status) && one.Header().Get("Location") == "" {
		return fmt.Errorf("the answer has status %d and says not where to go: it needs a Location", status)
	}
	x.response.status = status
	return nil
}

// Registered is how many functions were registered for the end.
// Places that are given back then do not count.
func (x *exchange) Registered() int { return x.deferred.len() + x.after.len() - int(x.holds) }

// hold waits for a place, and gives it back when what is deferred from now on has
// run. A request that is decided again has its places already.
func (x *exchange) hold(places *bulkhead.Bulkhead) error {
	if _, again := x.response.writer.(*nowhere); again {
		return nil
	}
	if err := places.Acquire(x); err != nil {
		return err
	}
	x.holds++
	x.deferred.push(func(context.Context, error) error { places.Release(); return nil })
	return nil
}

func (x *exchange) atEnd() *stack         { return &x.deferred }
func (x *exchange) afterResponse() *stack { return &x.after }

// background leaves work for after the response, and reports whether it is in
// time. What a decision of a stream registers was registered by the first one.
func (x *exchange) background(fn func(context.Context) error) (ok bool, err error) {
	if _, again := x.response.writer.(*nowhere); again {
		return true, nil
	}
	work := x.route.work
	first, err := work.Add(x, fn)
	if err != nil || !first {
		return true, err
	}
	ok = x.after.push(func(ctx context.Context, err error) error {
		if err != nil {
			work.Drop(x)
		} else {
			work.Start(ctx, x)
		}
		return nil
	})
	if !ok {
		work.Drop(x)
	}
	return ok, nil
}

// header is that of the response, and nil once everything has run: it is the
// server's again.
func (x *exchange) header() http.Header {
	if x.ended.Load() {
		return nil
	}
	return x.response.writer.Header()
}

// unwind runs what was deferred and returns the error that is left.
func (x *exchange) unwind(err error) error {
	if x.deferred.closeIfEmpty() {
		return err
	}
	ctx, cancel := x.lasting()
	defer cancel()
	return x.deferred.unwind(ctx, err)
}

// giveBack gives back the place that the request holds, if it does.
func (x *exchange) giveBack() {
	if x.held != nil {
		x.held.Release()
		x.held = nil
	}
}
