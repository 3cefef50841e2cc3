package holdfast

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Routes is where routes are registered: an [App] or a [Group].
type Routes interface {
	// Handle registers an endpoint under "METHOD /path".
	Handle(pattern string, e Endpoint, options ...RouteOption)
	register(pattern string, e Endpoint, at place, options []RouteOption)
}

// RouteOption describes a route further; it never changes who may call.
type RouteOption func(*routeOptions)

type routeOptions struct {
	status      int
	id          string
	summary     string
	description string
	tags        []string
	hidden      bool
	maxBody     int64
	limits
	shadows []string
}

// Status sets the status of a successful response: 200 if not given, or 204
// for [NoContent].
func Status(code int) RouteOption { return func(o *routeOptions) { o.status = code } }

// OperationID sets the operation's id in the document.
func OperationID(id string) RouteOption { return func(o *routeOptions) { o.id = id } }

// Summary sets the line that the docs page shows beside the path.
func Summary(text string) RouteOption { return func(o *routeOptions) { o.summary = text } }

// Description sets the operation's longer text.
func Description(text string) RouteOption { return func(o *routeOptions) { o.description = text } }

// Tags groups the operation in the docs page.
func Tags(tags ...string) RouteOption { return func(o *routeOptions) { o.tags = tags } }

// Hidden leaves the route out of the OpenAPI document, not out of the access
// table.
func Hidden() RouteOption { return func(o *routeOptions) { o.hidden = true } }

// MaxBody sets the largest request body of the route in bytes, instead of the
// application's.
func MaxBody(bytes int64) RouteOption { return func(o *routeOptions) { o.maxBody = bytes } }

// Get registers a handler for GET, and HEAD with the same policy.
func Get[P, In, Out any](on Routes, path string, p Policy[P], handler func(context.Context, P, In) (Out, error), options ...RouteOption) {
	at := caller(1)
	on.register("GET "+path, to(p, handler, at), at, options)
}

// Post registers a handler for POST.
func Post[P, In, Out any](on Routes, path string, p Policy[P], handler func(context.Context, P, In) (Out, error), options ...RouteOption) {
	at := caller(1)
	on.register("POST "+path, to(p, handler, at), at, options)
}

// Put registers a handler for PUT.
func Put[P, In, Out any](on Routes, path string, p Policy[P], handler func(context.Context, P, In) (Out, error), options ...RouteOption) {
	at := caller(1)
	on.register("PUT "+path, to(p, handler, at), at, options)
}

// Patch registers a handler for PATCH.
func Patch[P, In, Out any](on Routes, path string, p Policy[P], handler func(context.Context, P, In) (Out, error), options ...RouteOption) {
	at := caller(1)
	on.register("PATCH "+path, to(p, handler, at), at, options)
}

// Delete registers a handler for DELETE.
func Delete[P, In, Out any](on Routes, path string, p Policy[P], handler func(context.Context, P, In) (Out, error), options ...RouteOption) {
	at := caller(1)
	on.register("DELETE "+path, to(p, handler, at), at, options)
}

// route is one method and path with everything that serves it.
type route struct {
	app      *App
	method   string
	path     string
	pattern  pattern
	endpoint *endpoint
	policy   *policy // with the groups'
	options  routeOptions
	at       place

	plan  plan
	input *input
	pool  sync.Pool

	row     Access // for those who explain
	rowOnce sync.Once
}

func (rt *route) status() int {
	switch {
	case rt.options.status != 0:
		return rt.options.status
	case rt.endpoint.out == reflect.TypeFor[NoContent]():
		return http.StatusNoContent
	}
	return http.StatusOK
}

// compile makes the route's plan and ties the endpoint to it.
func (rt *route) compile() []error {
	e := rt.endpoint
	pl := newPlanner(rt.app, func(n *node) (*input, error) { return rt.newInput(n.params, noBody) })
	pl.policy(rt.policy, e.deps)
	deps := pl.handler(e.deps)
	if e.in != nil {
		in, err := rt.newInput(e.in, mayBody)
		if err != nil {
			pl.fault(rt.at, "%w", err)
		}
		rt.input = in
	}
	rt.plan = pl.plan
	io := len(rt.plan.cells)
	rt.plan.cells = append(rt.plan.cells, e.newCells...)
	rt.pool.New = func() any { return newFrame(rt.plan.cells) }
	tie := *e
	tie.bind = func(x *exchange) error { return e.bindTo(x, io) }
	tie.inspect = e.peek
	tie.call = func(x *exchange, principal int) error { return e.callWith(x, principal, deps, io) }
	tie.respond = func(x *exchange) error { return e.write(x, io) }
	rt.endpoint = &tie
	return rt.named(pl.faults)
}

// named says of mistakes which route has them, and where else to look.
func (rt *route) named(faults []fault) []error {
	out := make([]error, len(faults))
	for i, one := range faults {
		out[i] = fmt.Errorf("%v: %s %s: %w", rt.at, rt.method, rt.path, one.err)
		if one.at != rt.at && one.at != (place{}) {
			out[i] = fmt.Errorf("%w (declared at %v)", out[i], one.at)
		}
	}
	return out
}

func newFrame(cells []func() cleaner) *frame {
	f := &frame{cells: make([]cleaner, len(cells)), state: make([]slotState, len(cells)), errs: make([]error, len(cells))}
	for i, make := range cells {
		f.cells[i] = make()
	}
	return f
}

// pattern is a path split at its slashes, as it was written. Values are cut
// out of the escaped path, so that an encoded slash stays inside its segment.
type pattern struct {
	segments []string
	names    map[string]int // wildcard -> segment
	rest     bool           // the last wildcard takes everything that is left
}

func parsePattern(path string) (pattern, error) {
	p := pattern{segments: strings.Split(path, "/")[1:], names: map[string]int{}}
	for i, segment := range p.segments {
		name, ok := strings.CutPrefix(segment, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		if short, ok := strings.CutSuffix(name, "..."); ok {
			name, p.rest = short, true
		}
		if _, twice := p.names[name]; twice || name == "" || name == "$" {
			return p, fmt.Errorf("path %s: bad wildcard {%s}", path, name)
		}
		p.names[name] = i
	}
	return p, nil
}

// wildcards lists the names of the path's wildcards, for messages.
func (p pattern) wildcards() string {
	if len(p.names) == 0 {
		return "none"
	}
	return "{" + strings.Join(slices.Sorted(maps.Keys(p.names)), "}, {") + "}"
}

// fits reports whether an escaped path has this pattern's shape.
func (p pattern) fits(escaped string) bool {
	n := strings.Count(escaped, "/")
	if p.rest {
		return n >= len(p.segments)
	}
	last := p.segments[len(p.segments)-1]
	return n == len(p.segments) && (last != "" || strings.HasSuffix(escaped, "/"))
}

// value is the decoded value of a wildcard.
func (p pattern) value(r *http.Request, at int) (string, bool) {
	escaped := r.URL.EscapedPath()
	if !p.fits(escaped) {
		return "", false
	}
	rest := escaped[1:]
	for range at {
		_, rest, _ = strings.Cut(rest, "/")
	}
	if !p.rest || at != len(p.segments)-1 {
		rest, _, _ = strings.Cut(rest, "/")
	}
	value, err := url.PathUnescape(rest)
	return value, err == nil
}
