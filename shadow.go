package holdfast

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/access"
)

// This file reports what a table of who may do what would show too late.

// Shadows says that the route is meant to answer for paths that the pattern of
// another route would match as well, although it lets in callers whom that
// one refuses: "/users/me" beside "/users/{id}". The other route is named by
// its path; without this option such a pair is an error at start.
func Shadows(path string) RouteOption {
	return func(o *routeOptions) { o.shadows = append(o.shadows, path) }
}

// shadowFaults reports routes that take paths of another and are easier to
// call, and options that say so of no such pair. The docs page is where its
// configuration says.
func (a *App) shadowFaults() []error {
	var out []error
	for _, rt := range a.routes {
		meant := map[string]bool{}
		for _, other := range a.routes {
			if rt == other || rt.at == builtIn || rt.method != other.method || !rt.pattern.within(other.pattern) {
				continue
			}
			meant[other.path] = true
			if err := rt.shadows(other); err != nil {
				out = append(out, err)
			}
		}
		for _, path := range rt.options.shadows {
			if !meant[path] {
				out = append(out, fmt.Errorf("%v: %s %s: Shadows(%q): it takes no path of such a route", rt.at, rt.method, rt.path, path))
			}
		}
	}
	return out
}

func (rt *route) shadows(other *route) error {
	if slices.Contains(rt.options.shadows, other.path) {
		return nil
	}
	who, looser, err := rt.rule().Looser(other.rule())
	if err != nil {
		return err
	}
	if !looser {
		return nil
	}
	return fmt.Errorf("%v: %s %s takes paths of %s %s at %v and lets in %s, whom that refuses; if it is meant, say Shadows(%q)",
		rt.at, rt.method, rt.path, other.method, other.path, other.at, who, other.path)
}

// within reports whether every path of p is one of q, so that p, which says
// more, gets them.
func (p pattern) within(q pattern) bool {
	n := len(q.segments)
	if len(p.segments) < n || len(p.segments) > n && !q.rest || p.rest && !q.rest {
		return false
	}
	for i, segment := range q.segments {
		wild := strings.HasPrefix(segment, "{")
		switch {
		case wild && q.rest && i == n-1:
			return true
		case !wild && segment != p.segments[i]:
			return false
		case wild && p.segments[i] == "":
			return false // a wildcard is never empty
		}
	}
	return true
}

// Grants says that the role comes with the scopes, which belongs beside it in
// [Config]'s Roles. It is for the table, its tests and the checks at start:
// what a credential carries is its verifier's to say.
func (r Role) Grants(scopes ...Scope) Role {
	if r.r == nil {
		return r
	}
	more := *r.r
	more.grants = append(more.grants[:len(more.grants):len(more.grants)], scopes...)
	return Role{&more}
}

func (r Role) rule() access.Role {
	if r.r == nil {
		return access.Role{Scopes: []string{}}
	}
	return access.Role{Name: r.r.name, Description: r.r.text, Scopes: scopeNames(r.r.grants)}
}

// roleFaults compares the roles and scopes that routes ask for with those that
// the configuration declares, if it declares any.
func (a *App) roleFaults() []error {
	if len(a.config.Roles) == 0 {
		return nil
	}
	var out []error
	d := a.ruleDocument()
	for _, r := range a.config.Roles {
		if r.r == nil {
			out = append(out, errors.New("the zero Role is in Config.Roles; declare it with NewRole"))
			continue
		}
		if !usedRole(d, r.rule()) {
			out = append(out, fmt.Errorf("%v: role %s: no route asks for it, and none for a scope that it grants", r.r.at, r.Name()))
		}
	}
	for _, r := range d.Routes {
		out = append(out, a.undeclared(d, r)...)
	}
	return out
}

func usedRole(d access.Document, r access.Role) bool {
	return slices.ContainsFunc(d.Routes, func(rt access.Route) bool {
		return slices.Contains(rt.Roles, r.Name) ||
			slices.ContainsFunc(r.Scopes, func(scope string) bool { return slices.Contains(rt.Scopes, scope) })
	})
}

// undeclared reports what a route asks for and no role of the configuration
// can give.
func (a *App) undeclared(d access.Document, r access.Route) []error {
	var out []error
	for _, name := range r.Roles {
		if _, ok := d.Role(name); !ok {
			out = append(out, fmt.Errorf("%s: %s asks for the role %s, which Config.Roles does not have", r.Declared, r.Name(), name))
		}
	}
	for _, name := range r.Scopes {
		granted := slices.ContainsFunc(d.Roles, func(role access.Role) bool { return slices.Contains(role.Scopes, name) })
		meant := slices.ContainsFunc(a.config.Ungranted, func(s Scope) bool { return s.Name() == name })
		if !granted && !meant && slices.ContainsFunc(d.Roles, func(role access.Role) bool { return len(role.Scopes) > 0 }) {
			out = append(out, fmt.Errorf("%s: %s asks for the scope %s, which no role of Config.Roles grants; if it is meant, put it into Config.Ungranted", r.Declared, r.Name(), name))
		}
	}
	return out
}
