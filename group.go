package holdfast

import "strings"

// Group returns a group of routes under a path prefix. The group's policies
// hold for each of its routes beside the route's own: a group can only make
// a route stricter.
func (a *App) Group(prefix string, policies ...AnyPolicy) *Group {
	return newGroup(a, prefix, nil, policies, caller(1))
}

// Group is a set of routes with a common path prefix and common policies. It
// is immutable; groups of groups are new groups.
type Group struct {
	app    *App
	prefix string
	policy []*policy
	at     place
}

func newGroup(a *App, prefix string, outer []*policy, policies []AnyPolicy, at place) *Group {
	g := &Group{app: a, prefix: prefix, policy: append([]*policy(nil), outer...), at: at}
	for _, p := range policies {
		if erase(p) == nil {
			a.fault(at, "group %s: the zero Policy", prefix)
		}
		g.policy = append(g.policy, erase(p))
	}
	return g
}

// Group returns a group inside this one.
func (g *Group) Group(prefix string, policies ...AnyPolicy) *Group {
	return newGroup(g.app, g.prefix+prefix, g.policy, policies, caller(1))
}

// Handle registers an endpoint under "METHOD /path", the path below the
// group's prefix.
func (g *Group) Handle(pattern string, e Endpoint, options ...RouteOption) {
	g.register(pattern, e, caller(1), options)
}

func (g *Group) register(pattern string, e Endpoint, at place, options []RouteOption) {
	method, path, _ := strings.Cut(pattern, " ")
	if e.e == nil {
		g.app.register(pattern, e, at, options)
		return
	}
	p := e.e.policy
	for i := len(g.policy) - 1; i >= 0; i-- {
		p = under(g.policy[i], p)
	}
	g.app.add(method+" "+g.prefix+path, e.e, p, at, options)
}
