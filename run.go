package holdfast

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recheck"
	"github.com/holdfast-go/holdfast/internal/routing"
	"github.com/holdfast-go/holdfast/internal/spans"
)

// This file is the order of a request; see the package's documentation.

// serve serves a request for the route. foreign says that another router found
// it: then its method is not known to be the route's, and the path values are
// that router's.
func (c *compiled) serve(w http.ResponseWriter, r *http.Request, foreign bool) {
	switch {
	case foreign && !slices.Contains(routing.Methods(c.method), r.Method):
		// Another router let the method through: no route fits, and this one's
		// policy, which is that of one method, is not asked.
		c.shared.observer.observe("", w, func(w http.ResponseWriter) {
			c.shared.shared.answerError(w, r, &noRoute{routing.Methods(c.method)})
		})
	case c.shared.observer.watch == nil:
		c.handleRequest(w, r, foreign)
	default:
		c.shared.observer.observe(c.route.name, w, func(w http.ResponseWriter) { c.handleRequest(w, r, foreign) })
	}
}

// handleRequest decides, works and answers, and frees the memory of the request.
func (c *compiled) handleRequest(w http.ResponseWriter, r *http.Request, foreign bool) {
	x := &exchange{Context: r.Context(), sent: r, route: &c.route, foreign: foreign, frame: c.frames.Get().(*plan.Frame)}
	x.response = response{writer: w, status: c.status}
	if c.timeout > 0 {
		defer x.within(c.timeout)()
	}
	if c.watched {
		x.Context = newStream(c, x)
	}
	defer c.release(x)
	err := panics.Catch(func() error { return c.answer(x) })
	err = x.unwind(err)
	if !c.handler.streams() { // a caller who is slow to take a value holds no place
		x.giveBack()
	}
	err = c.respond(x, err)
	x.giveBack()
	c.finish(x, err)
	x.ended.Store(true)
	if x.response.broken {
		panic(http.ErrAbortHandler)
	}
}

// release gives back the memory of the request, and ends it where the handler
// ended the goroutine.
func (c *compiled) release(x *exchange) {
	if !x.ended.Load() { // runtime.Goexit: what is left of what was deferred runs now
		_ = x.unwind(errGone)
		x.after.close()
		c.shared.work.Drop(x)
		x.giveBack()
		x.ended.Store(true)
	}
	if s := x.stream(); s != nil {
		s.entry.Remove()
		s.cancel(nil)
	}
	x.dropBody()
	frame := x.frame
	x.frame = nil
	frame.Clean()
	c.frames.Put(frame)
	x.response.body.free()
	x.response.body = nil
}

// errGone is the error of a request whose handler ended its goroutine.
var errGone = errors.New("the handler ended its goroutine")

// errNoWay says that a plan has no way in, so that no caller may pass. It cannot
// happen: such a policy is an error at start.
var errNoWay = errors.New("the policy has no way in")

// undecided says that parameters do not fit which a policy needs: its own error,
// so that it is not taken for what a dependency found wrong by itself.
type undecided struct{ error }

func (e undecided) Unwrap() error { return e.error }

// answer is everything up to the response.
func (c *compiled) answer(x *exchange) error {
	x.frame.Watch = watchSteps(x.sent)
	span := spans.Enter(x.sent.Context(), spans.Policy, x.route.name)
	way, err := c.authorize(x)
	if is[undecided](err) {
		err = c.collect(x)
	}
	endPolicy(span, err)
	if err = c.reportDecision(x, err); err != nil {
		return err
	}
	x.frame.Forget()
	if s := x.stream(); s != nil && way.Changes {
		s.begin(way)
	}
	if err := c.read(x); err != nil {
		return err
	}
	return c.runBounded(x, way.Principal)
}

// authorize tries the policy's ways in order and returns the one that lets the
// caller in. Only a refusal lets the next way try: when something
// broke, it is not known who the caller is.
func (c *compiled) authorize(x *exchange) (*plan.PlannedWay, error) {
	best, furthest := errNoWay, 0
	for i := range c.plan.Ways {
		way := &c.plan.Ways[i]
		refused := way.Run(x)
		switch {
		case refused == nil:
			return way, nil
		case errors.Is(refused, plan.ErrUndecided):
			refused = undecided{validationErrorOf(x.frame.InvalidInputs)}
		case !isRefusal(refused):
			return nil, refused
		}
		if far := reach(refused, len(way.Schemes) > 0); far > furthest {
			best, furthest = refused, far
		}
	}
	return nil, withChallenges(best, c.plan.Ways)
}

// How far a way got that refused a caller. The answer to a request is that of the
// way that got furthest.
const (
	wayForOthers  = iota + 1 // for callers without a credential, or with other parameters
	noCredential             // nothing was presented
	badCredential            // what was presented is not good
	otherRefusal             // an answer that a dependency chose, or parameters that do not fit
	noPermission             // it was decided who the caller is, and that this is not allowed
)

// reach says how far a way got that refused with err. credentials says whether
// the way needs any.
func reach(err error, credentials bool) int {
	switch status := statusOf(err); {
	case is[*plan.NoCredential](err):
		return noCredential
	case errors.Is(err, plan.ErrPresented):
		return wayForOthers // which says nothing about the credential
	case status == http.StatusUnauthorized:
		return badCredential
	case status == http.StatusForbidden:
		return noPermission
	case status == http.StatusUnprocessableEntity && !credentials:
		return wayForOthers
	}
	return otherRefusal
}

// withChallenges adds the challenges of the other ways to a 401 for a
// caller who presented nothing, so that the caller learns every way in.
func withChallenges(err error, ways []plan.PlannedWay) error {
	none, ok := errors.AsType[*plan.NoCredential](err)
	if len(ways) < 2 || !ok || none.Scheme.Missing != nil {
		return err // a scheme's own answer stays as it is
	}
	answer := answerTo(err)
	answer.Cause = err // which it still is
	seen, more := map[string]bool{none.Kind: true}, []string(nil)
	for _, way := range ways {
		for _, one := range way.Schemes {
			if says := one.Says; !seen[says.Kind] {
				seen[says.Kind] = true
				more = append(more, says.Missing)
			}
		}
	}
	answer.Header = http.Header{"Www-Authenticate": more}
	return answer
}

// read fills the parameters of the handler's dependencies and the handler's
// own input, and refuses everything that does not fit in one answer.
func (c *compiled) read(x *exchange) error {
	if err := plan.RunAll(x, c.plan.Params); err != nil {
		return err
	}
	problems := x.frame.InvalidInputs
	err := c.handler.bind(x)
	if is[plan.InvalidInput](err) {
		problems = append(problems, err)
	} else if err != nil {
		return err
	}
	if problems != nil {
		return validationErrorOf(problems)
	}
	return nil
}

// collect answers for a caller whose policy could not be decided because a
// parameter does not fit: with every such parameter, but without the body.
func (c *compiled) collect(x *exchange) error {
	if err := plan.RunAll(x, c.plan.Params); err != nil {
		return err
	}
	return validationErrorOf(append(x.frame.InvalidInputs, c.handler.inspect(x)))
}

// callHandler is what the caller came for: the handler's own dependencies, the
// handler, and the encoding of what it returned. It runs within the route's
// bounds: see runBounded.
func (c *compiled) callHandler(x *exchange, principal int) error {
	if err := plan.RunAll(x, c.plan.Own); err != nil {
		return err
	}
	span := spans.Enter(x.sent.Context(), spans.Handler, x.route.name)
	err := c.handler.call(x, principal)
	endSpan(span, err)
	if err != nil {
		return err
	}
	return c.handler.encode(x)
}

// respond writes the response, the error's or what the handler returned, and
// returns the error with which the request ends.
func (c *compiled) respond(x *exchange, err error) error {
	if err == nil {
		err = panics.Catch(func() error { return c.handler.deliver(x) })
	}
	begun := x.response.begun()
	if s := x.stream(); s != nil {
		err = s.close(err, begun)
	}
	x.response.extendStream()
	x.response.broken = panics.IsAbort(err) || begun && is[*withdrawn](err) && !x.response.hijacked() || begun && panics.Is(err) || err != nil && x.response.claimsSuccess()
	switch {
	case err == nil || panics.IsAbort(err):
	case begun && is[*withdrawn](err): // which the log has
		c.shared.observer.noteRefusal(x.response.writer, err)
	case begun && x.sent.Context().Err() != nil: // the caller left, and what is written goes nowhere
	case begun: // too late for another answer
		c.shared.logFailure(x.sent, err)
		if x.response.broken {
			c.shared.observer.noteRefusal(x.response.writer, err)
		}
	default:
		c.shared.answerError(x.response.writer, x.sent, err)
	}
	return err
}

// finish sends what the server still keeps of the response, and runs what waits
// for that.
func (c *compiled) finish(x *exchange, err error) {
	if x.after.closeIfEmpty() {
		return
	}
	if !x.response.broken {
		_ = panics.Catch(func() error { x.response.flush(); return nil }) // what waits must run all the same
	}
	ctx, cancel := x.lasting()
	defer cancel()
	for fn := x.after.pop(); fn != nil; fn = x.after.pop() {
		if failed := panics.Catch(func() error { return fn(ctx, err) }); failed != nil {
			c.shared.logFailure(x.sent, failed)
		}
	}
}

// stream is a request whose handler writes the response itself, and so may work
// for hours. It is the request's context and the writer of its response, both of
// which end when the caller's right does: the way by which the caller came in is
// decided again, see package recheck.
type stream struct {
	withdrawable
	entry  recheck.Entry
	c      *compiled
	x      *exchange // for others than the handler only while the entry is there
	way    *plan.PlannedWay
	sent   *http.Request
	header http.Header // of the response, before the handler; for decisions
}

func newStream(c *compiled, x *exchange) *stream {
	s := &stream{c: c, x: x, sent: x.sent}
	s.ResponseWriter = x.response.writer
	s.Context, s.cancel = context.WithCancelCause(x.Context)
	return s
}

// stream is the request's own; nil for one whose response the library writes.
func (x *exchange) stream() *stream {
	s, _ := x.Context.(*stream)
	return s
}

// begin has the way decided again from now on.
func (s *stream) begin(way *plan.PlannedWay) {
	s.way = way
	s.x.lent = way.SeesRequest
	if s.c.shared.onDecision.Load() != nil {
		s.header = s.ResponseWriter.Header().Clone()
	}
	s.x.response.writer = s
	s.c.shared.living.Add(&s.entry, s)
}

// close ends the deciding, and returns the error with which the request ends.
func (s *stream) close(err error, begun bool) error {
	s.entry.Remove()
	why := s.why()
	if why == nil || panics.Is(err) {
		return err
	}
	if err != nil && !isCanceled(err) && !is[*withdrawn](err) {
		s.c.shared.logFailure(s.sent, err)
	}
	if !begun {
		s.x.response.writer = s.restore()
	}
	return why
}

// Rule says when the way is to be decided again. Where a function of the
// application decides beside those that verify, only the application can tell.
func (s *stream) Rule() recheck.Rule {
	var standing plan.Standing
	if panics.Catch(func() error { standing = s.way.Standing(s.x.frame); return nil }) != nil {
		return recheck.Rule{Often: true}
	}
	tell := standing.Changes
	if changes := s.c.shared.changes; changes != nil {
		standing.Covered, tell = true, append(tell, changes)
	}
	return recheck.Rule{Often: !standing.Covered || !standing.Told, Ends: standing.Ends, Number: recheck.Together(tell)}
}

// Begin takes what a decision needs of the request, while it is there.
func (s *stream) Begin() (decide func() error) {
	f, foreign := s.c.frames.Get().(*plan.Frame), s.x.foreign
	s.way.Resume(f, s.x.frame)
	return func() error { return s.decide(f, foreign) }
}

// decide decides the way once more, with an exchange of its own, whose end is
// the decision's.
func (s *stream) decide(f *plan.Frame, foreign bool) error {
	c := s.c
	x := &exchange{Context: s, sent: s.sent, route: &c.route, foreign: foreign, frame: f}
	x.response.writer = &nowhere{s.header.Clone()}
	err := panics.Catch(func() error {
		err := s.way.Again(x)
		if err == nil || !isRefusal(err) {
			return err
		}
		return c.reportDecision(x, err)
	})
	err = x.unwind(err)
	c.finish(x, err)
	x.ended.Store(true)
	f.Clean()
	c.frames.Put(f)
	return panics.Catch(func() error { return verdict(err) })
}

// End ends the stream, and logs that: its handler may never return.
func (s *stream) End(why error) {
	answer := withdrawal(why)
	s.withdraw(answer)
	// No server catches a panic of the program's log here: it would end the process.
	_ = panics.Catch(func() error { s.logEnd(answer); return nil })
}

func (s *stream) logEnd(answer *Error) {
	if answer.ours() {
		s.c.shared.logFailure(s.sent, answer)
		return
	}
	s.c.shared.log.LogAttrs(s, slog.LevelInfo, "ended a stream: its caller may not call any more",
		slog.String("method", s.sent.Method), slog.String("path", s.sent.URL.Path), slog.Int("status", answer.Status), slog.String("reason", reason(answer)))
}

// Cut ends what is left of it.
func (s *stream) Cut() { s.cut() }
