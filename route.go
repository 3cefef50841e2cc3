package holdfast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/routing"
)

// Routes is where routes are registered: an [App] or a [Group].
type Routes interface {
	// Handle registers an endpoint under "METHOD /path".
	Handle(pattern string, e Endpoint, options ...RouteOption)

	// Mount puts a handler under a prefix and a policy.
	Mount(prefix string, p AnyPolicy, h http.Handler, options ...RouteOption)

	register(pattern string, e Endpoint, at plan.Place, options []RouteOption) *route
}

// RouteOption describes a route further; it never changes who may call.
type RouteOption func(*routeOptions)

type routeOptions struct {
	status      int
	more        []int // other statuses of a success
	id          string
	summary     string
	description string
	tags        []string
	accepts     string
	answers     string
	hidden      bool
	maxBody     int64
	bounds      bounds
	nilLane     bool
	noTime      bool
	noBytes     bool
	about       apidoc.Operation
	shadows     []string
	errors      errorRules
	badErrors   []error    // what is wrong with them
	prefix      string     // of the groups that the route is in
	at          plan.Place // if a package declares the route for another
}

// ofOneRoute lists the options among these that a group cannot have.
func (o *routeOptions) ofOneRoute() []string {
	var out []string
	for name, said := range map[string]bool{
		"Status": o.status != 0, "OperationID": o.id != "", "Summary": o.summary != "", "Description": o.description != "",
		"Accepts": o.accepts != "", "Answers": o.answers != "", "Limit": o.bounds.atOnce != nil, "Shadows": o.shadows != nil,
		"examples of Document": o.about.Examples != nil, "callbacks of Document": o.about.Callbacks != nil,
	} {
		if said {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Status sets the status of a successful response: 200 if not given, or 204
// for [NoContent]. For a handler that writes for itself it is what the document
// says; 101 is that of a WebSocket.
//
// A handler that returns an [github.com/holdfast-go/holdfast/answer.Answer]
// chooses, and needs this option: more are the other statuses that it may choose,
// and the first is that of an answer which names none.
func Status(first int, more ...int) RouteOption {
	return func(o *routeOptions) { o.status, o.more = first, more }
}

// AnswerErrors gives a route, or a group by its With, rules of its own for errors.
// What they do not say is as it is outside: Own is asked before that of the application, and the Format
// holds in place of the application's;
// [github.com/holdfast-go/holdfast/answer.Detail] is FastAPI's. A path or a method
// that no route serves is answered by the application's rules.
func AnswerErrors(e Errors) RouteOption {
	return func(o *routeOptions) {
		o.errors = append(errorRules{e}, o.errors...)
		if err := e.fault(); err != nil {
			o.badErrors = append(o.badErrors, fmt.Errorf("AnswerErrors: %w", err))
		}
		if e.Own == nil && e.Format.IsZero() {
			o.badErrors = append(o.badErrors, errors.New("AnswerErrors of the zero Errors says nothing; FastAPI's shape is answer.Detail()"))
		}
	}
}

// OperationID sets the operation's id in the document.
func OperationID(id string) RouteOption { return func(o *routeOptions) { o.id = id } }

// Summary sets the line that the docs page shows beside the path.
func Summary(text string) RouteOption { return func(o *routeOptions) { o.summary = text } }

// Description sets the operation's longer text.
func Description(text string) RouteOption { return func(o *routeOptions) { o.description = text } }

// Tags groups the operation in the docs page, beside the tags of its group.
func Tags(tags ...string) RouteOption {
	return func(o *routeOptions) {
		for _, tag := range tags {
			if !slices.Contains(o.tags, tag) {
				o.tags = append(o.tags, tag)
			}
		}
	}
}

// Document says more about the operation in the document: that it is deprecated,
// which other answers the handler gives, examples, callbacks. Said several times
// it adds up.
func Document(about apidoc.Operation) RouteOption {
	return func(o *routeOptions) {
		o.about.Deprecated = o.about.Deprecated || about.Deprecated
		if about.ExternalDocs != (apidoc.ExternalDocs{}) {
			o.about.ExternalDocs = about.ExternalDocs
		}
		o.about.Examples = slices.Concat(o.about.Examples, about.Examples)
		o.about.Answers = slices.Concat(o.about.Answers, about.Answers)
		o.about.Callbacks = slices.Concat(o.about.Callbacks, about.Callbacks)
		o.about.WithoutFlows = slices.Concat(o.about.WithoutFlows, about.WithoutFlows)
	}
}

// Accepts says in the document that the body of a request is of a media type,
// for a handler that reads it for itself. Nothing else is checked or read.
func Accepts(mediaType string) RouteOption { return func(o *routeOptions) { o.accepts = mediaType } }

// Answers says in the document which media type the response has, for a handler
// that writes it for itself, such as "text/event-stream".
func Answers(mediaType string) RouteOption { return func(o *routeOptions) { o.answers = mediaType } }

// Hidden leaves the route out of the OpenAPI document, not out of the access
// table.
func Hidden() RouteOption { return func(o *routeOptions) { o.hidden = true } }

// MaxBody sets the largest request body of the route in bytes, instead of the
// application's.
func MaxBody(bytes int64) RouteOption {
	return func(o *routeOptions) { o.maxBody, o.noBytes = bytes, bytes <= 0 }
}

// Limit bounds how many requests of the route are in its handler at once, from
// the handler's own dependencies to its deferred functions, or to the end of a
// stream that the handler returned. A request that finds
// the queue full, or waits in it for ten seconds, gets a 503 with Retry-After. It
// is a bulkhead: a handler that waits for something slow cannot take everything
// that the other routes need too.
//
// A caller who may not call, or whose input does not fit, is refused before and
// never takes a place.
func Limit(most AtOnce) RouteOption { return func(o *routeOptions) { o.bounds.atOnce = &most } }

// InLane runs the handler and its own dependencies in a lane. It is for
// handlers that compute for long: waiting needs no lane, since every request
// has a goroutine of its own. Where the lane is full, the answer is 503 with
// Retry-After. As with [Limit], only callers who passed come so far.
//
// Several routes may share a lane. A handler must not call Do of the lane it
// runs in: it would wait for itself.
func InLane(lane Lane) RouteOption {
	return func(o *routeOptions) { o.bounds.lane, o.nilLane = lane, isNil(lane) }
}

// Timeout gives the whole request at most d, from its policy to its handler,
// with the time that it waits for a place and a lane. When d is over the context
// ends; if the handler returns its error, the answer is 503. A handler that does not
// look at its context is not stopped: nothing in Go can. What was registered
// with [Defer] has time of its own.
func Timeout(d time.Duration) RouteOption {
	return func(o *routeOptions) { o.bounds.timeout, o.noTime = d, d <= 0 }
}

// Shadows says that the route is meant to answer for paths that the pattern of
// another route would match as well, although it lets in callers that the other
// one refuses: "/users/me" beside "/users/{id}". The other route is named by
// its path, in a group with or without the group's prefix; without this option such a pair is an error at start.
func Shadows(path string) RouteOption {
	return func(o *routeOptions) { o.shadows = append(o.shadows, path) }
}

// Get registers a handler for GET, and HEAD with the same policy, unless there
// is a route of its own for HEAD.
func Get[P, In, Out any](on Routes, path string, p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), options ...RouteOption) *Route[In] {
	at := plan.Caller()
	return &Route[In]{on.register("GET "+path, to(p, handler, at), at, options)}
}

// Post registers a handler for POST.
func Post[P, In, Out any](on Routes, path string, p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), options ...RouteOption) *Route[In] {
	at := plan.Caller()
	return &Route[In]{on.register("POST "+path, to(p, handler, at), at, options)}
}

// Put registers a handler for PUT.
func Put[P, In, Out any](on Routes, path string, p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), options ...RouteOption) *Route[In] {
	at := plan.Caller()
	return &Route[In]{on.register("PUT "+path, to(p, handler, at), at, options)}
}

// Patch registers a handler for PATCH.
func Patch[P, In, Out any](on Routes, path string, p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), options ...RouteOption) *Route[In] {
	at := plan.Caller()
	return &Route[In]{on.register("PATCH "+path, to(p, handler, at), at, options)}
}

// Delete registers a handler for DELETE.
func Delete[P, In, Out any](on Routes, path string, p Policy[P], handler func(ctx context.Context, principal P, input In) (Out, error), options ...RouteOption) *Route[In] {
	at := plan.Caller()
	return &Route[In]{on.register("DELETE "+path, to(p, handler, at), at, options)}
}

// Route is a route that was registered, whose handler takes an In. It is safe
// for concurrent use.
type Route[In any] struct{ rt *route }

// URL is the path and query of a request that the route's handler reads in from:
// values are escaped, prefixes of groups are part of it, lists are repeated,
// durations are written as answers write them, PT1H30M, and
// what is zero in the query is left out unless it is required, so that the
// default holds; a pointer says zero. What in reads from headers, cookies and
// the body is not looked at. It begins at the application's root, and may be
// asked for before the application starts.
//
// Path values that the policy reads and in does not have are in more: structs
// with the same tags.
//
// URL panics where there is no such path: a value of the path is missing or
// empty, or is . or .., which browsers take for a folder. Use [Route.TryURL]
// where others choose such values.
func (r *Route[In]) URL(in In, more ...any) string {
	out, err := r.TryURL(in, more...)
	if err != nil {
		panic("holdfast: URL: " + err.Error())
	}
	return out
}

// TryURL is URL with an error in place of a panic.
func (r *Route[In]) TryURL(in In, more ...any) (string, error) {
	if r.rt == nil {
		return "", errors.New("the route is not registered, because of what App.Err says")
	}
	path, query := map[string]string{}, url.Values{}
	for _, one := range append([]any{in}, more...) {
		if err := bind.Write(one, path, query); err != nil {
			return "", fmt.Errorf("%s (declared at %v): %w", r.rt.name(), r.rt.at, err)
		}
	}
	out, err := r.rt.pattern.URL(path)
	if err != nil {
		return "", fmt.Errorf("%s (declared at %v): %w", r.rt.name(), r.rt.at, err)
	}
	if len(query) > 0 {
		out += "?" + query.Encode()
	}
	return out, nil
}

// route is what was declared of one method and path.
type route struct {
	method   string
	pattern  *routing.Pattern
	endpoint *endpoint
	policy   *plan.Policy // with the groups'
	options  routeOptions
	guard    bool // another router serves it, never this application's own
	at       plan.Place

	compiled *compiled // nil until the application starts
}

// name is the route as messages name it.
func (rt *route) name() string { return rt.method + " " + rt.pattern.Path }

// operationID is the operation's id in the document.
func (rt *route) operationID() string {
	if rt.options.id != "" {
		return rt.options.id
	}
	return openapi.OperationID(rt.method, rt.pattern.Path, rt.endpoint.name)
}

// status is that of a successful response.
func (rt *route) status() int {
	switch {
	case rt.options.status != 0:
		return rt.options.status
	case rt.endpoint.out == noContentType:
		return http.StatusNoContent
	}
	return http.StatusOK
}

// statuses are all of a successful response, the usual one first.
func (rt *route) statuses() []int { return append([]int{rt.status()}, rt.options.more...) }

// roots lists the dependencies that the route names.
func (rt *route) roots() []*plan.Node { return append(rt.policy.Roots(), rt.endpoint.deps...) }
