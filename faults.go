package holdfast

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/access"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/routing"
)

// This file has the checks at start: everything that can be wrong about what
// was declared and that neither the compiler nor the making of a plan says.

// faults says what is wrong with the declaration of a route. unparsed is why its
// path could not be read.
func (rt *route) faults(pattern, path string, unparsed error) []error {
	var out []error
	check := func(wrong bool, format string, args ...any) {
		if wrong {
			out = append(out, fmt.Errorf(format, args...))
		}
	}
	switch {
	case !strings.Contains(pattern, " "):
		return []error{errors.New(`a pattern is "METHOD /path"`)}
	case !strings.HasPrefix(path, "/"):
		return []error{errors.New("a path begins with a slash")}
	}
	check(unparsed != nil, "%w", unparsed)
	if err := routing.CheckMethod(rt.method); err != nil && !(rt.method == routing.Any && rt.endpoint.mounted) {
		out = append(out, err)
	}
	wrong := rt.policy.Wrong()
	check(wrong != "", "%s", wrong)
	check(rt.endpoint.fault != "", "%s", rt.endpoint.fault)
	says := rt.options.answers != "" || rt.options.accepts != ""
	check(says && !rt.endpoint.writesItself(), "Accepts and Answers are for handlers that write the response themselves; what this one takes and returns is in the document already")
	for _, dep := range rt.endpoint.deps {
		check(dep.Wrong() != "", "the handler takes %s", dep.Wrong())
	}
	return append(append(out, rt.statusFaults()...), rt.options.faults()...)
}

// statusFaults says what is wrong with the statuses between which a handler
// chooses.
func (rt *route) statusFaults() []error {
	var out []error
	o, e := rt.options, rt.endpoint
	if len(o.more) > 0 && !e.chosen && !e.writesItself() {
		out = append(out, errors.New("Status with several: the handler chooses none of them; one that does returns an answer.Answer"))
	}
	if e.chosen && o.status == 0 && e.fault == "" {
		out = append(out, errors.New("a handler that returns an Answer says its statuses, the usual one first: holdfast.Status(200, 201)"))
	}
	if o.status != 0 && !answer.HasBody(o.status) && e.sendsValue() {
		out = append(out, fmt.Errorf("an answer of status %d has no body, and the handler returns a value: let it return holdfast.NoContent", o.status))
	}
	seen := map[int]bool{}
	for _, status := range append([]int{o.status}, o.more...) {
		switch {
		case seen[status]:
			out = append(out, fmt.Errorf("Status names %d twice", status))
		case status == 0 && len(seen) == 0: // not given
		case e.chosen && (status < 200 || status > 399):
			out = append(out, fmt.Errorf("status %d is none of an Answer, which is a success; for others the handler returns an *Error", status))
		case status != http.StatusSwitchingProtocols && (status < 200 || status > 599):
			out = append(out, fmt.Errorf("status %d is no status of a response", status))
		}
		seen[status] = true
	}
	return out
}

// faults says what is wrong with options by themselves.
func (o *routeOptions) faults() []error {
	var out []error
	check := func(wrong bool, text string) {
		if wrong {
			out = append(out, errors.New(text))
		}
	}
	if most := o.bounds.atOnce; most != nil {
		check(most.Requests < 1 || most.Queue < 0, "Limit wants at least one request at once, and no negative queue")
	}
	check(o.nilLane, "InLane wants a lane, not nil")
	check(o.noTime, "Timeout wants more than no time")
	out = append(out, o.about.Faults()...)
	check(o.noBytes, "MaxBody wants at least one byte; a handler without a body in its input reads none")
	return append(out, o.badErrors...)
}

// conflict names both places of two routes that do not go together.
func conflict(rt *route, routes []*route, err error) error {
	if with, ok := errors.AsType[*routing.Conflict[*compiled]](err); ok {
		for _, other := range routes {
			if other.compiled == with.With {
				return twoRoutes(rt, other)
			}
		}
	}
	return fmt.Errorf("%v: %s: %w", rt.at, rt.name(), err)
}

func twoRoutes(rt, other *route) error {
	if rt.name() == other.name() {
		return fmt.Errorf("%v: %s is registered already at %v", rt.at, rt.name(), other.at)
	}
	return fmt.Errorf("%v: %s conflicts with %s at %v: some path would match both", rt.at, rt.name(), other.name(), other.at)
}

// docsFault says what is wrong with the paths of the docs page.
func docsFault(d Docs) error {
	paths := []string{d.Path, d.DocumentPath}
	if d.RedirectPath != "" {
		paths = append(paths, d.RedirectPath)
	}
	if d.Viewer != apidoc.SwaggerUI && (d.RedirectPath != "" || d.OAuth.ClientID != "") {
		return errors.New("RedirectPath and OAuth are Swagger UI's: another viewer signs nobody in")
	}
	if d.Viewer != apidoc.SwaggerUI && d.Viewer != apidoc.ReDoc {
		return fmt.Errorf("viewer %d is none", d.Viewer)
	}
	for _, path := range paths {
		if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || strings.ContainsAny(path, "{}?#:") {
			return errors.New(path + ` is no path of a page, such as "/docs"`)
		}
	}
	return nil
}

// componentName is what OpenAPI allows as the name of a component.
var componentName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// schemeFaults reports two schemes of one name, and mistakes in a scheme's
// own declaration.
func schemeFaults(routes []*route) []error {
	var out []error
	named := map[string]*plan.Scheme{}
	for _, s := range schemesOf(routes) {
		out = append(out, s.Faults...)
		if !componentName.MatchString(s.Name) {
			out = append(out, fmt.Errorf("%v: scheme name %q: OpenAPI allows letters, digits, and . _ -", s.At, s.Name))
		}
		if other, ok := named[s.Name]; ok {
			out = append(out, fmt.Errorf("%v: scheme %s has the name of another at %v; give one of them Named(...)", s.At, s.Name, other.At))
		}
		named[s.Name] = s
	}
	return append(out, lenderFaults(routes)...)
}

// lenderFaults are the mistakes in declarations of schemes that no route reads,
// but whose scopes another one carries.
func lenderFaults(routes []*route) []error {
	var out []error
	known := schemesOf(routes)
	for _, s := range known {
		lender := s.ScopesOf
		if lender == nil {
			continue
		}
		if !slices.Contains(known, lender) {
			known = append(known, lender)
			out = append(out, lender.Faults...)
		}
		out = append(out, sameNames(s, lender)...)
	}
	return out
}

// sameNames reports scopes of a scheme that are called as those are which it
// carries of another: claims are asked by name, so one would stand for the other.
func sameNames(s, lender *plan.Scheme) []error {
	var out []error
	for _, own := range s.Scopes {
		if slices.ContainsFunc(lender.Scopes, func(lent *plan.Scope) bool { return lent.Name == own.Name }) {
			out = append(out, fmt.Errorf("%v: scope %q of scheme %s: there is one of this name among the scopes of %s, which it carries", own.At, own.Name, s.Name, lender.Name))
		}
	}
	return out
}

// documentFaults reports routes that the document could not tell apart: of one
// method and path there, as /files/{p} and /files/{p...} are, or of one
// operation id. A route that is registered twice has its error from mount.
func documentFaults(routes []*route) []error {
	var out []error
	seen, ids := map[string]*route{}, map[string]*route{}
	for _, rt := range routes {
		if rt.options.hidden {
			continue
		}
		key := rt.method + " " + openapi.PathOf(rt.pattern.Path)
		other, ok := seen[key]
		if ok && other.name() == rt.name() {
			continue
		}
		twin, twice := ids[rt.operationID()]
		switch {
		case ok:
			out = append(out, fmt.Errorf("%v: %s is %s in the document, as the route at %v is; make one of them Hidden()", rt.at, rt.pattern.Path, key, other.at))
		case twice:
			out = append(out, fmt.Errorf("%v: %s: operation id %q is also that of %s at %v; say another with OperationID", rt.at, rt.name(), rt.operationID(), twin.name(), twin.at))
		}
		seen[key], ids[rt.operationID()] = rt, rt
	}
	return out
}

// shadowFaults reports routes that take paths of another and are easier to
// call, and options that say so of no such pair. The docs page is where its
// configuration says.
func shadowFaults(routes []*route) []error {
	var out []error
	var all routing.Set
	for i, rt := range routes {
		all.Add(rt.pattern, i)
	}
	for _, rt := range routes {
		meant := map[string]bool{}
		for _, i := range all.Around(rt.pattern) {
			other := routes[i]
			if rt == other || rt.at == plan.BuiltIn || !rt.pattern.Takes(rt.method, other.pattern, other.method) {
				continue
			}
			meant[other.pattern.Path] = true
			if err := rt.shadows(other); err != nil {
				out = append(out, err)
			}
		}
		for _, path := range rt.options.shadows {
			if !meant[path] && !meant[rt.options.prefix+path] {
				out = append(out, fmt.Errorf("%v: %s: Shadows(%q): it takes no path of such a route", rt.at, rt.name(), path))
			}
		}
	}
	return out
}

func (rt *route) shadows(other *route) error {
	if slices.ContainsFunc(rt.options.shadows, func(path string) bool {
		return path == other.pattern.Path || rt.options.prefix+path == other.pattern.Path
	}) {
		return nil
	}
	who, looser, err := rt.access().Looser(other.access())
	if err != nil {
		return err
	}
	if !looser {
		return nil
	}
	return fmt.Errorf("%v: %s takes paths of %s at %v and admits %s, which %s refuses; if it is meant, add Shadows(%q) to the options of %s",
		rt.at, rt.name(), other.name(), other.at, who, other.name(), other.pattern.Path, rt.name())
}

// roleFaults compares the roles and scopes that routes ask for with those that
// the configuration declares, if it declares any.
func roleFaults(routes []*route, config Config) []error {
	if len(config.Roles) == 0 {
		return nil
	}
	var out []error
	d := accessDocument(routes, config.Roles)
	for i, r := range config.Roles {
		if r.r == nil {
			out = append(out, fmt.Errorf("Config.Roles[%d] is the zero Role; declare it with NewRole", i))
			continue
		}
		if !used(d, d.Roles[i]) {
			out = append(out, fmt.Errorf("%v: role %s: no route asks for it, and none for a scope that it grants", r.r.At, r.Name()))
		}
	}
	for _, r := range d.Routes {
		out = append(out, undeclared(d, r, config.Ungranted)...)
	}
	return out
}

func used(d access.Document, r access.Role) bool {
	return slices.ContainsFunc(d.Routes, func(rt access.Route) bool {
		return slices.Contains(rt.Roles, r.Name) ||
			slices.ContainsFunc(r.Scopes, func(scope string) bool { return slices.Contains(rt.Scopes, scope) })
	})
}

// undeclared reports what a route asks for and no role of the configuration
// can give.
func undeclared(d access.Document, r access.Route, ungranted []Scope) []error {
	var out []error
	for _, name := range r.Roles {
		if _, ok := d.Role(name); !ok {
			out = append(out, fmt.Errorf("%s: %s asks for the role %s, which Config.Roles does not have", r.Declared, r.Name(), name))
		}
	}
	grants := slices.ContainsFunc(d.Roles, func(role access.Role) bool { return len(role.Scopes) > 0 })
	for _, name := range r.Scopes {
		granted := slices.ContainsFunc(d.Roles, func(role access.Role) bool { return slices.Contains(role.Scopes, name) })
		meant := slices.ContainsFunc(ungranted, func(s Scope) bool { return s.Name() == name })
		if grants && !granted && !meant {
			out = append(out, fmt.Errorf("%s: %s asks for the scope %s, which no role of Config.Roles grants; if it is meant, put it into Config.Ungranted", r.Declared, r.Name(), name))
		}
	}
	return out
}
