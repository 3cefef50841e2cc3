package holdfast

import (
	"errors"
	"net/http"
)

// run makes the step's value unless it was made before in this request. A
// parameter that does not fit is remembered and refused later, together with
// the others, because a refusal of the caller comes first.
func (s *step) run(x *exchange) error {
	f := x.frame
	for _, in := range s.in {
		if f.state[in] == invalid {
			return s.skip(f)
		}
	}
	if s.check != nil {
		return s.check(x, s)
	}
	switch f.state[s.out] {
	case made, invalid:
		return nil
	case failed:
		return f.errs[s.out]
	}
	err := s.n.run(x, s)
	var bad *invalidInput
	switch {
	case err == nil:
		f.state[s.out] = made
	case errors.As(err, &bad):
		f.state[s.out] = invalid
		f.violations = append(f.violations, bad.violations...)
		return nil
	default:
		f.state[s.out], f.errs[s.out] = failed, err
	}
	return err
}

func (s *step) skip(f *frame) error {
	if s.out >= 0 {
		f.state[s.out] = invalid
	}
	return nil
}

// authorize tries the policy's alternatives in order and returns the slot of
// the principal. Only a refusal lets the next alternative try: when something
// broke, nobody knows who the caller is.
func (p *plan) authorize(x *exchange) (principal int, err error) {
	var best error
	for i := range p.branches {
		b := &p.branches[i]
		err := b.run(x)
		switch {
		case err == nil && x.frame.state[b.principal] == made:
			return b.principal, nil
		case err == nil:
			err = &invalidInput{x.frame.violations}
		case !isRefusal(err):
			return 0, err
		}
		best = weightier(best, err)
	}
	return 0, withChallenges(best, p.branches)
}

func (b *branch) run(x *exchange) error {
	bad := false
	for i := range b.steps {
		s := &b.steps[i]
		if err := s.run(x); err != nil {
			return err
		}
		bad = bad || s.out >= 0 && x.frame.state[s.out] == invalid
	}
	if bad {
		return &invalidInput{x.frame.violations}
	}
	return nil
}

// runAll runs steps until one fails.
func runAll(x *exchange, steps []step) error {
	for i := range steps {
		if err := steps[i].run(x); err != nil {
			return err
		}
	}
	return nil
}

// ServeHTTP runs the route's order of a request; see the package's
// documentation. It is what the application's ServeHTTP ends in.
func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := rt.pool.Get().(*frame)
	x := &exchange{Context: r.Context(), app: rt.app, route: rt, writer: w, request: r, frame: f}
	err := guard(func() error { return rt.serve(x) })
	err = x.unwind(err)
	defer func() {
		x.frame = nil
		f.clean()
		rt.pool.Put(f)
	}()
	rt.answer(x, err)
}

// serve is everything up to the response.
func (rt *route) serve(x *exchange) error {
	principal, err := rt.plan.authorize(x)
	if err = rt.decided(x, err); err != nil {
		var bad *invalidInput
		if errors.As(err, &bad) {
			return rt.collect(x)
		}
		return err
	}
	x.frame.violations = nil
	if err := rt.read(x); err != nil {
		return err
	}
	if err := runAll(x, rt.plan.own); err != nil {
		return err
	}
	return rt.endpoint.call(x, principal)
}

// read fills the parameters of the handler's dependencies and the handler's
// own input, and refuses everything that does not fit in one answer.
func (rt *route) read(x *exchange) error {
	if err := runAll(x, rt.plan.params); err != nil {
		return err
	}
	if rt.input != nil {
		err := rt.endpoint.bind(x)
		var bad *invalidInput
		if errors.As(err, &bad) {
			x.frame.violations = append(x.frame.violations, bad.violations...)
		} else if err != nil {
			return err
		}
	}
	if len(x.frame.violations) > 0 {
		return &invalidInput{x.frame.violations}
	}
	return nil
}

// collect answers for a caller whose policy could not be decided because a
// parameter does not fit: with every such parameter, but without the body.
func (rt *route) collect(x *exchange) error {
	if err := runAll(x, rt.plan.params); err != nil {
		return err
	}
	if rt.input != nil {
		x.frame.violations = append(x.frame.violations, rt.endpoint.inspect(x)...)
	}
	return &invalidInput{x.frame.violations}
}

// answer writes the response: the error's, or what the handler returned.
func (rt *route) answer(x *exchange, err error) {
	var broken *panicError
	if errors.As(err, &broken) && broken.cause == http.ErrAbortHandler { //nolint:errorlint // a panic's value, which nobody wraps
		panic(http.ErrAbortHandler) // the handler wants the connection closed and nothing logged
	}
	if rt.endpoint.raw {
		rt.answerRaw(x, err)
		return
	}
	if err == nil {
		err = rt.endpoint.respond(x)
	}
	if err != nil {
		rt.app.fail(x.writer, x.request, err)
	}
}

func (rt *route) answerRaw(x *exchange, err error) {
	tracked, _ := x.writer.(*rawWriter)
	if err == nil {
		return
	}
	if tracked != nil && tracked.wrote {
		rt.app.logFailure(x.request, err)
		var broken *panicError
		if errors.As(err, &broken) {
			panic(http.ErrAbortHandler) // half an answer must not look like a whole one
		}
		return
	}
	rt.app.fail(x.writer, x.request, err)
}
