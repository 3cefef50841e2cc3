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
	f.state[s.out] = failed // also if it panics halfway through the cell
	err := s.n.run(x, s)
	if err == nil {
		f.state[s.out] = made
		return nil
	}
	if bad, ok := errors.AsType[*invalidInput](err); ok {
		f.state[s.out] = invalid
		f.violations = append(f.violations, bad.violations...)
		return nil
	}
	f.state[s.out], f.errs[s.out] = failed, err
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
	weight := 0
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
		if w := b.weight(err); w > weight {
			best, weight = err, w
		}
	}
	return 0, withChallenges(best, p.branches)
}

// weight says how far a refused alternative got; the answer is that of the one
// that got furthest. 403 comes before everything. An invalid parameter comes
// next if the credentials of the alternative were good: signing in again would
// not help.
func (b *branch) weight(err error) int {
	if _, ok := errors.AsType[*noCredential](err); ok {
		return 2
	}
	if _, ok := errors.AsType[*refusedCredential](err); ok {
		return 3
	}
	switch toError(err).status() {
	case http.StatusUnprocessableEntity:
		if len(b.schemes) == 0 {
			return 1
		}
	case http.StatusUnauthorized:
		return 3
	case http.StatusForbidden:
		return 5
	}
	return 4
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

// ServeHTTP is what the application's ServeHTTP ends in.
func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.serveHTTP(w, r, false) }

// serveHTTP serves a request that this application's router found, or the
// one that the handler of Protect is mounted in.
func (rt *route) serveHTTP(w http.ResponseWriter, r *http.Request, mounted bool) {
	if rt.app.config.Observe == nil {
		rt.handle(w, r, mounted)
		return
	}
	rt.app.observe(rt.method+" "+rt.path, w, func(w http.ResponseWriter) { rt.handle(w, r, mounted) })
}

// handle runs the route's order of a request; see the package's documentation.
func (rt *route) handle(w http.ResponseWriter, r *http.Request, mounted bool) {
	f := rt.pool.Get().(*frame)
	x := &exchange{Context: r.Context(), app: rt.app, route: rt, writer: w, request: r, frame: f, mounted: mounted}
	defer x.release(f)
	if rt.options.timeout > 0 {
		defer rt.deadline(x)()
	}
	err := guard(func() error { return rt.serve(x) })
	err = x.unwind(err)
	err = rt.answer(x, err)
	x.finish(err)
	if x.aborted(err) {
		panic(http.ErrAbortHandler)
	}
}

// release gives back the memory of the request.
func (x *exchange) release(f *frame) {
	if x.free != nil {
		x.free()
	}
	x.frame = nil
	f.clean()
	x.route.pool.Put(f)
	if x.body != nil {
		x.body.free()
		x.body = nil
	}
}

// serve is everything up to the response.
func (rt *route) serve(x *exchange) error {
	principal, err := rt.plan.authorize(x)
	if err = rt.decided(x, err); err != nil {
		if _, ok := errors.AsType[*invalidInput](err); ok {
			return rt.collect(x)
		}
		return err
	}
	x.frame.forgive()
	if err := rt.read(x); err != nil {
		return err
	}
	if rt.options.slots != nil || rt.options.lane != nil {
		return rt.within(x, principal)
	}
	return rt.work(x, principal)
}

// work is what the caller came for: the handler's own dependencies and the
// handler.
func (rt *route) work(x *exchange, principal int) error {
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
		if bad, ok := errors.AsType[*invalidInput](err); ok {
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

// answer writes the response, the error's or what the handler returned, and
// returns the error with which the request ends.
func (rt *route) answer(x *exchange, err error) error {
	if err == nil && !rt.endpoint.raw {
		err = guard(func() error { return rt.endpoint.respond(x) })
	}
	x.begun = x.wrote()
	switch {
	case err == nil || isAbort(err):
	case x.begun:
		rt.app.logFailure(x.request, err) // too late for another answer
	default:
		rt.app.fail(x.writer, x.request, err)
	}
	return err
}

// wrote reports whether a handler that writes for itself has begun to.
func (x *exchange) wrote() bool {
	tracked, ok := x.writer.(*rawWriter)
	return ok && tracked.wrote
}

// isAbort reports whether a handler wants the connection closed and nothing
// logged.
func isAbort(err error) bool {
	broken, ok := errors.AsType[*panicError](err)
	return ok && broken.cause == http.ErrAbortHandler //nolint:errorlint // a panic's value, which nobody wraps
}

// aborted reports whether the connection must be closed: the handler wants it,
// or half an answer must not look like a whole one.
func (x *exchange) aborted(err error) bool {
	_, broken := errors.AsType[*panicError](err)
	return isAbort(err) || broken && x.begun
}
