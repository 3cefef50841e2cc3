package holdfast

import (
	"net/http"
	"slices"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// Decision is how a route's policy decided about one request. It is made of
// what the runner has at hand, so that what is not asked for costs nothing; it
// is good only until the function that was given it returns.
type Decision struct {
	x    *exchange
	c    *compiled
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
	return answerTo(d.err).status()
}

// Route is the route with its policy. It is shared: do not change its lists.
func (d Decision) Route() Access { return d.c.row() }

// Request is the request without its body. Its headers hold secrets.
func (d Decision) Request() *http.Request { return d.x.WithoutBody() }

// Header is the header of the response so far, where a request id may be. For a
// decision during a stream it is what it was before the handler.
func (d Decision) Header() http.Header { return d.x.header() }

// Step is one step of a decision.
type Step struct {
	Way      int    // the way in, from 0: see Access.Ways
	Kind     string // "credential", "verify", "scopes", "roles", "absent" or "dependency"
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
	d.c.plan.Steps(func(way int, s *plan.Step) {
		if one, ok := d.step(s); ok {
			one.Way = way
			out = append(out, one)
		}
	})
	return out
}

// step is what became of a step, unless it decides nothing.
func (d Decision) step(s *plan.Step) (Step, bool) {
	f := d.x.frame
	out := Step{Name: s.Node.Name}
	switch s.Kind {
	case plan.FindCredential:
		out.Kind = "credential"
	case plan.VerifyCredential:
		out.Kind = "verify"
		if f.State(s.Out) == plan.Made {
			out.Value = s.Node.Box(f, s.Out)
		}
	case plan.WantAbsent:
		out.Kind, out.Reached, out.Err = "absent", true, s.Run(d.x)
		return out, true
	case plan.CompareScopes:
		return d.compared(s, out), true
	case plan.AskRoles:
		return d.asked(s, out), true
	case plan.MakeValue:
		if !s.Decides() {
			return out, false
		}
		out.Kind, out.Declared = "dependency", s.Node.At.String()
	}
	out.Reached = f.State(s.Out) == plan.Made || f.State(s.Out) == plan.Failed
	out.Err = f.Err(s.Out)
	return out, true
}

func (d Decision) compared(s *plan.Step, out Step) Step {
	out.Kind, out.Wanted = "scopes", s.Scopes.Names()
	out.hold(d.x.frame, s, s.HoldsScope)
	if out.Reached && len(out.Held) < len(out.Wanted) {
		out.Err = &plan.NoScope{Scheme: s.Node.Scheme, Scopes: s.Scopes}
	}
	return out
}

func (d Decision) asked(s *plan.Step, out Step) Step {
	out.Kind, out.Wanted = "roles", plan.RoleNames(s.Roles)
	out.hold(d.x.frame, s, s.HasRole)
	if out.Reached && len(out.Held) == 0 {
		out.Err = &plan.NoRole{Roles: s.Roles}
	}
	return out
}

// hold lists what the caller has of what is wanted, if it is known who that is.
func (out *Step) hold(f *plan.Frame, s *plan.Step, has func(*plan.Frame, string) bool) {
	out.Held = []string{}
	if out.Reached = f.State(s.In[0]) == plan.Made; !out.Reached {
		return
	}
	for _, name := range out.Wanted {
		if has(f, name) {
			out.Held = append(out.Held, name)
		}
	}
}

// Missing lists the scopes that the caller lacks, and the roles of which one
// is lacking, for the way that comes nearest to letting the caller in;
// nothing if no good credential was presented.
func (d Decision) Missing() (scopes, roles []string) {
	best := -1
	steps := d.Steps()
	for way := range d.c.plan.Ways {
		s, r, ok := missing(steps, way)
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
		case (s.Kind == "credential" || s.Kind == "verify" || s.Kind == "absent") && (!s.Reached || s.Err != nil):
			return nil, nil, false
		}
	}
	return scopes, roles, true
}

// reportDecision tells the function that wants to know about a decision.
func (c *compiled) reportDecision(x *exchange, err error) error {
	fn := c.shared.onDecision.Load()
	if fn == nil {
		return err
	}
	shown := c.shared.rules.known(err)
	d := Decision{x: x, c: c, err: shown}
	if err != nil {
		d.memo = new([]Step)
	}
	reference := (*fn)(d)
	if err == nil || reference == "" || !isRefusal(shown) {
		return err
	}
	out := &explained{error: err, reference: reference}
	if lacksPermission(shown) {
		out.scopes, out.roles = d.Missing()
	}
	return out
}
