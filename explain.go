package holdfast

import (
	"errors"
	"net/http"
	"slices"
)

// Decision is how a route's policy decided about one request. It is made of
// what the runner has at hand, so that nobody pays for what is not asked; it
// is good only until the function that was given it returns.
type Decision struct {
	x    *exchange
	err  error
	memo *[]Step // of a refusal: the steps, once they were asked for
}

// Allowed reports whether the caller passed.
func (d Decision) Allowed() bool { return d.err == nil }

// Status is the status of the refusal, or 0 if the caller passed. It is 422 if
// a parameter that the policy needs did not fit, so that nothing was decided.
func (d Decision) Status() int {
	if d.err == nil {
		return 0
	}
	return toError(d.err).status()
}

// Route is the route with its policy. It is shared: do not change its lists.
func (d Decision) Route() Access {
	rt := d.x.route
	rt.rowOnce.Do(func() { rt.row = rt.access() })
	return rt.row
}

// Request is the request without its body. Its headers hold secrets.
func (d Decision) Request() *http.Request { return d.x.bodiless() }

// Header is the header of the response so far, where a request id may be.
func (d Decision) Header() http.Header { return d.x.writer.Header() }

// Step is one step of a decision.
type Step struct {
	Way      int    // the alternative of the policy, from 0
	Kind     string // "credential", "verify", "scopes", "roles", "no credential" or "dependency"
	Name     string // the scheme, or the dependency's function
	Declared string // file:line of a dependency; "" for other steps

	Reached bool  // whether it could be decided: what it rests on was there
	Err     error // why it did not hold; nil if it did. It may quote secrets

	Wanted []string // scopes, or roles of which one is enough
	Held   []string // those of them that the caller has
	Value  any      // what the step made of a good credential, nil otherwise. It may be secret
}

// Steps lists everything that the policy asks for, whether the runner came to
// it or not: scopes and roles are compared for a caller who failed before, if
// it is known who that is.
func (d Decision) Steps() []Step {
	if d.memo == nil {
		return d.steps()
	}
	if *d.memo == nil {
		*d.memo = d.steps()
	}
	return *d.memo
}

func (d Decision) steps() []Step {
	var out []Step
	for i := range d.x.route.plan.branches {
		b := &d.x.route.plan.branches[i]
		roles := 0
		for j := range b.steps {
			s := &b.steps[j]
			if one, ok := d.step(s, b, &roles); ok {
				one.Way = i
				out = append(out, one)
			}
		}
	}
	return out
}

func (d Decision) step(s *step, b *branch, roles *int) (Step, bool) {
	f := d.x.frame
	out := Step{Name: s.n.name}
	switch {
	case s.check == nil && s.n.kind == credentialNode:
		out.Kind = "credential"
	case s.check == nil && s.n.kind == verifyNode:
		out.Kind = "verify"
		if f.state[s.out] == made {
			out.Value = s.n.box(f, s.out)
		}
	case s.check == nil && (s.n.kind == dependNode || s.n.kind == requestNode) && s.n.name != "":
		out.Kind, out.Declared = "dependency", s.n.at.String()
	case s.check != nil && s.n.kind == credentialNode && s.has == nil:
		out.Kind, out.Name = "no credential", s.n.scheme.name
		out.Reached, out.Err = true, s.check(d.x, s)
		return out, true
	case s.check != nil && len(s.scopes) > 0:
		return d.scopes(s, out), true
	case s.check != nil:
		*roles++
		return d.roles(s, out, b.roles[*roles-1]), true
	default:
		return out, false
	}
	out.Reached = f.state[s.out] == made || f.state[s.out] == failed
	out.Err = f.errs[s.out]
	return out, true
}

func (d Decision) scopes(s *step, out Step) Step {
	out.Kind, out.Wanted, out.Held = "scopes", scopeNames(s.scopes), []string{}
	if out.Reached = d.x.frame.state[s.in[0]] == made; !out.Reached {
		return out
	}
	for _, name := range out.Wanted {
		if s.n.holds(d.x.frame, s.in[0], name) {
			out.Held = append(out.Held, name)
		}
	}
	if len(out.Held) < len(out.Wanted) {
		out.Err = &noScope{s.n.scheme, s.scopes}
	}
	return out
}

func (d Decision) roles(s *step, out Step, wanted []Role) Step {
	out.Kind, out.Wanted, out.Held = "roles", roleList(wanted), []string{}
	if out.Reached = d.x.frame.state[s.in[0]] == made; !out.Reached {
		return out
	}
	for _, name := range out.Wanted {
		if s.has(d.x.frame, s.in[0], name) {
			out.Held = append(out.Held, name)
		}
	}
	if len(out.Held) == 0 {
		out.Err = &noRole{wanted}
	}
	return out
}

// Missing lists the scopes that the caller lacks, and the roles of which one
// is lacking, for the alternative that comes nearest to letting the caller in;
// nothing if no good credential was presented.
func (d Decision) Missing() (scopes, roles []string) {
	best := -1
	steps := d.Steps()
	for i := range d.x.route.plan.branches {
		s, r, ok := missing(steps, i)
		if n := len(s) + min(len(r), 1); ok && n > 0 && (best < 0 || n < best) {
			best, scopes, roles = n, s, r
		}
	}
	return scopes, roles
}

func missing(steps []Step, way int) (scopes, roles []string, ok bool) {
	for _, s := range steps {
		switch {
		case s.Way != way:
		case s.Kind == "scopes" && s.Reached && s.Err != nil:
			scopes = append(scopes, slices.DeleteFunc(slices.Clone(s.Wanted), func(one string) bool { return slices.Contains(s.Held, one) })...)
		case s.Kind == "roles" && s.Reached && s.Err != nil:
			roles = addOnce(roles, s.Wanted...)
		case (s.Kind == "credential" || s.Kind == "verify" || s.Kind == "no credential") && (!s.Reached || s.Err != nil):
			return nil, nil, false
		}
	}
	return scopes, roles, true
}

// OnDecision sets the function that is given every decision from now on, and
// returns the one before; nil is none. It is Config.OnDecision for those who test
// an application that somebody else configured, and safe at any time.
func (a *App) OnDecision(fn func(Decision) string) (before func(Decision) string) {
	next := &fn
	if fn == nil {
		next = nil
	}
	if old := a.explain.Swap(next); old != nil {
		return *old
	}
	return nil
}

// explained is a refusal that the caller can refer to.
type explained struct {
	error
	reference     string
	scopes, roles []string
}

func (e *explained) Unwrap() error { return e.error }

// decided tells the function that explains about a decision.
func (rt *route) decided(x *exchange, err error) error {
	fn := rt.app.explain.Load()
	if fn == nil {
		return err
	}
	d := Decision{x: x, err: err}
	if err != nil {
		d.memo = new([]Step)
	}
	reference := (*fn)(d)
	if err == nil || reference == "" || !isRefusal(err) {
		return err
	}
	out := &explained{error: err, reference: reference}
	if d.Status() == http.StatusForbidden {
		out.scopes, out.roles = d.Missing()
	}
	return out
}

// withReference adds to a refusal's body what is missing and the reference
// under which it can be looked up, and nothing else.
func withReference(body map[string]any, err error) map[string]any {
	e, ok := errors.AsType[*explained](err)
	if !ok {
		return body
	}
	body["request"] = e.reference
	missing := map[string][]string{}
	if len(e.scopes) > 0 {
		missing["scopes"] = e.scopes
	}
	if len(e.roles) > 0 {
		missing["any_role_of"] = e.roles
	}
	if len(missing) > 0 {
		body["missing"] = missing
	}
	return body
}
