package holdfast

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// compiled is a route that is ready to serve: everything that was declared has
// been decided, and serving is a straight list (see run.go).
type compiled struct {
	route      routeInfo
	method     string
	plan       *plan.Plan
	inputs     []*bind.Input // all that the route reads, in the order of the document; one may stand there twice
	input      *bind.Input   // the handler's own; nil if there is none
	handler    handler
	runBounded job           // the handler within its bounds
	timeout    time.Duration // of the whole request; none if zero
	status     int           // of success
	shared     answering
	format     answer.Format // of errors
	watched    bool          // the policy is decided again while the handler works
	frames     sync.Pool
	row        func() Access // made when first asked for
}

// compiler has what routes are compiled with.
type compiler struct {
	app       http.Handler
	shared    *shared
	types     *schema.Registry
	lifetimes *lifetimes
	replace   map[*plan.Node]*plan.Node
	maxBody   int64
	form      bind.Limits
	metadata  string // the address of the resource's metadata; "" for none
}

// compile makes the route's plan and ties the handler to it.
func (c *compiler) compile(rt *route) (*compiled, []plan.Fault) {
	e := rt.endpoint
	out := &compiled{
		method: rt.method, shared: c.shared.by(rt.options.errors), status: rt.status(), timeout: rt.options.bounds.timeout,
		route: routeInfo{name: rt.name(), pattern: rt.pattern, maxBody: c.maxBody, statuses: rt.statuses(), work: c.shared.work, bodies: c.shared.bodies, app: c.app},
	}
	if rt.options.maxBody != 0 {
		out.route.maxBody = rt.options.maxBody
	}
	out.format, out.route.answerError = out.shared.format(), out.shared.answerError
	var l layout
	var faults []plan.Fault
	prepare := func(n *plan.Node, scopes plan.Scopes) (any, error) { return c.prepare(rt, out, n, scopes) }
	out.plan, l.deps, faults = plan.Make(rt.policy, e.deps, plan.Config{Prepare: prepare, Replace: c.replace})
	out.plan.Challenge(c.metadata)
	input, err := bind.Compile(e.in, bind.Options{Types: c.types, Path: rt.pattern.Names(), Body: true, Form: c.form, MaxBody: out.route.maxBody})
	if err != nil {
		faults = append(faults, plan.Fault{At: rt.at, Err: err})
	}
	if input.InMemory() {
		if err := c.shared.bodies.Fit(out.route.maxBody); err != nil {
			faults = append(faults, plan.Fault{At: rt.at, Err: fmt.Errorf("Config.BodyMemory: %w", err)})
		}
	}
	out.addInput(input)
	out.input, l.input = input, input
	for i, newCell := range e.cells {
		if at := out.plan.AddCell(newCell); i == 0 {
			l.io = at
		}
	}
	out.route.hidden = out.plan.Hidden()
	out.watched = e.writesItself() && out.plan.Watch()
	out.handler = e.newHandler(l)
	out.runBounded = rt.options.bounds.around(out.callHandler)
	out.frames.New = func() any { return out.plan.NewFrame() }
	return out, faults
}

// prepare makes what a step needs of the application.
func (c *compiler) prepare(rt *route, out *compiled, n *plan.Node, scopes plan.Scopes) (any, error) {
	switch {
	case n.Bound != nil:
		return c.shared.placesOf(n), nil
	case n.Kind == plan.Lifetime:
		return c.lifetimes.of(n), nil
	case n.Kind == plan.ScopeList:
		return typedScopes(scopes), nil
	}
	input, err := bind.Compile(n.Type, bind.Options{Types: c.types, Path: rt.pattern.Names()})
	out.addInput(input)
	return input, err
}

// addInput notes an input for the document.
func (c *compiled) addInput(input *bind.Input) {
	if input != nil {
		c.inputs = append(c.inputs, input)
	}
}

// named says of mistakes which route has them, and where else to look.
func (rt *route) named(faults []plan.Fault) []error {
	out := make([]error, len(faults))
	for i, one := range faults {
		out[i] = fmt.Errorf("%v: %s: %w", rt.at, rt.name(), one.Err)
		if one.At != rt.at && one.At != (plan.Place{}) {
			out[i] = fmt.Errorf("%w (declared at %v)", out[i], one.At)
		}
	}
	return out
}

// freeze ends the declaring of scopes of schemes, and of those whose scopes they
// carry.
func freeze(schemes []*plan.Scheme) {
	for _, s := range schemes {
		s.Frozen.Store(true)
		if s.ScopesOf != nil {
			s.ScopesOf.Frozen.Store(true)
		}
	}
}

// schemesOf lists the schemes that routes reach, also hidden ones, in order of
// first use.
func schemesOf(routes []*route) []*plan.Scheme {
	var out []*plan.Scheme
	seen := map[*plan.Scheme]bool{}
	for _, rt := range routes {
		for _, way := range rt.compiled.plan.Ways {
			for _, one := range way.Schemes {
				if !seen[one.Scheme] {
					seen[one.Scheme] = true
					out = append(out, one.Scheme)
				}
			}
		}
	}
	return out
}
