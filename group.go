package holdfast

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// Group returns a group of routes under a path prefix. The group's policies
// hold for each of its routes beside the route's own: a group can only make
// a route stricter.
func (a *App) Group(prefix string, policies ...AnyPolicy) *Group {
	return newGroup(a, prefix, nil, policies, plan.Caller())
}

// Group is a set of routes with a common path prefix and common policies. It
// is immutable; groups of groups are new groups.
type Group struct {
	app      *App
	prefix   string
	policies []*plan.Policy // outermost first
	options  []RouteOption  // outermost first
	unused   *bool          // what With has made is, until it has something; nil for others
}

func newGroup(a *App, prefix string, outer []*plan.Policy, policies []AnyPolicy, at plan.Place) *Group {
	g := &Group{app: a, prefix: prefix, policies: slices.Clone(outer)}
	for _, one := range policies {
		p := erasedPolicy(one)
		if wrong := p.Wrong(); wrong != "" {
			a.fault(at, "group %s: %s", prefix, wrong)
			continue // said once, and not again of each route
		}
		g.policies = append(g.policies, p)
	}
	return g
}

// Group returns a group inside this one.
func (g *Group) Group(prefix string, policies ...AnyPolicy) *Group {
	g.use()
	inner := newGroup(g.app, g.prefix+prefix, g.policies, policies, plan.Caller())
	inner.options = g.options
	return inner
}

// With returns the group with options that its routes and groups inherit, before
// their own: tags and answers add up, of a bound the route's own counts. What
// can only be meant of one route, such as an operation's id, is an error at
// start. Routes of g itself stay as they are, so a group that With returns and that
// has no route, group or mount is an error at start too.
func (g *Group) With(options ...RouteOption) *Group {
	at := plan.Caller()
	var all routeOptions
	g.use()
	out := *g
	out.unused = new(true)
	g.app.late = append(g.app.late, func() error {
		if *out.unused {
			return fmt.Errorf("%v: group %s: With returns another group, which has no route, group or mount; the group it is called on stays as it is", at, g.prefix)
		}
		return nil
	})
	out.options = slices.Clone(g.options)
	for _, option := range options {
		if option == nil {
			g.app.fault(at, "group %s: a nil option", g.prefix)
			continue
		}
		option(&all)
		out.options = append(out.options, option)
	}
	for _, name := range all.ofOneRoute() {
		g.app.fault(at, "group %s: %s is an option of one route, not of a group", g.prefix, name)
		out.options = g.options // said once, and not again of each route
	}
	return &out
}

// use notes that the group has something.
func (g *Group) use() {
	if g.unused != nil {
		*g.unused = false
	}
}

// Handle registers an endpoint under "METHOD /path", the path below the
// group's prefix.
func (g *Group) Handle(pattern string, e Endpoint, options ...RouteOption) {
	g.register(pattern, e, plan.Caller(), options)
}

// Mount is [App.Mount], under the group's prefix and policies.
func (g *Group) Mount(prefix string, p AnyPolicy, h http.Handler, options ...RouteOption) {
	at := plan.Caller()
	g.register(below(prefix), mounted(p, h, at), at, options)
}

func (g *Group) register(pattern string, e Endpoint, at plan.Place, options []RouteOption) *route {
	g.use()
	if method, path, ok := strings.Cut(pattern, " "); ok {
		pattern = method + " " + g.prefix + path
	}
	if e.e == nil {
		return g.app.register(pattern, e, at, options)
	}
	p := e.e.policy
	for _, outer := range slices.Backward(g.policies) {
		p = plan.Under(outer, p)
	}
	within := func(o *routeOptions) { o.prefix = g.prefix }
	return g.app.add(pattern, e.e, p, at, slices.Concat(g.options, options, []RouteOption{within}))
}
