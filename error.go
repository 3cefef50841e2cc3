package holdfast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/recheck"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// This file alone knows which error has which status. The statuses of success,
// of redirects and of the document stand where those are made.

// Violation is one entry of a 422: what does not fit, and where. The list of
// them is the "detail" of the answer.
type Violation = answer.Violation

// Error is an answer that a handler or a dependency gives instead of its
// value, as FastAPI's HTTPException is. Detail may be any JSON value and is
// shown to the caller; Cause is for the log alone. An error of any other type
// is a 500 in plain text, as FastAPI's is, that tells the caller nothing, unless
// [Errors] says otherwise.
type Error struct {
	Status int         // the HTTP status; 500 if zero
	Detail any         // the body's "detail"; the status's own words if nil
	Header http.Header // added to the response
	Body   any         // sent as JSON in place of any other shape, for protocols with words of their own
	Cause  error       // logged, never sent

	// Code tells this error from others of its status, for programs: "sold_out". A
	// [github.com/holdfast-go/holdfast/answer.Shape] finds it in the Failure and
	// says where it stands; FastAPI's shape, and RFC 9457's, have no place for it.
	Code string

	// RetryAfter is when the caller may come again: the header Retry-After
	// (RFC 9110 section 10.2.3) in whole seconds, rounded up, at least one. There
	// is no such header if it is zero.
	RetryAfter time.Duration

	challenge  string // of a refusal: a value of WWW-Authenticate beside those of Header
	unexpected bool   // neither a handler nor a dependency chose this answer
}

// Errorf makes an Error whose detail is a sentence.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Error is the status and the detail, and the cause where there is one.
func (e *Error) Error() string {
	if e == nil {
		return "a nil *holdfast.Error"
	}
	text := fmt.Sprintf("%d %v", e.status(), e.detail())
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Cause
}

func (e *Error) status() int {
	if e.Status == 0 {
		return http.StatusInternalServerError
	}
	return e.Status
}

func (e *Error) detail() any {
	if e.Detail == nil {
		return http.StatusText(e.status())
	}
	return e.Detail
}

// Errors is the one place where errors become answers: what those of a program's
// own types are answered with, and how the bodies of all look. The zero Errors
// leaves both as they are.
type Errors struct {
	// Own answers errors of the program's own types, and returns nil for those
	// that it does not know. It is asked about each error that is neither an
	// *Error nor one of the framework, such as a refusal, a 404 or 405, a 422, or
	// a panic; so none of those can become anything else. Its answer must have a
	// status of 400 or more: with another one the error stays unexpected, and that
	// is logged. What a verifier says is a refusal, and so Own is not asked about
	// that either. In a policy, an error that Own answers does not let the next way
	// of an [AnyOf] try, for it is no refusal of that way.
	//
	// Functions of [Defer] see the error as it was, and the log has it. Own may
	// be asked twice about one error, and from several goroutines.
	Own func(error) *Error

	// Format is the shape of the bodies of all errors with a status of 400 or
	// more, but those that have a Body: FastAPI's if zero. The document says so of
	// each route.
	Format answer.Format
}

// fault says what is wrong with the declaration.
func (e Errors) fault() error {
	if err := e.Format.Err(); err != nil {
		return fmt.Errorf("Errors.Format: %w", err)
	}
	return nil
}

// errorRules are those of a route, the innermost first and the application's
// last.
type errorRules []Errors

// known gives an error the answer of Own, if it has none.
func (rules errorRules) known(err error) error {
	if !slices.ContainsFunc(rules, func(one Errors) bool { return one.Own != nil }) {
		return err // no answer is made only to see that there is one
	}
	if answerOf(err) != nil || is[*Error](err) {
		return err
	}
	for _, one := range rules {
		if own := one.answer(err); own != nil {
			return own
		}
	}
	return err
}

// format is the innermost that was chosen.
func (rules errorRules) format() answer.Format {
	for _, one := range rules {
		if !one.Format.IsZero() {
			return one.Format
		}
	}
	return answer.Format{}
}

// answer is what Own says of an error, which stays the cause; nil if that is
// nothing.
func (e Errors) answer(err error) error {
	if e.Own == nil {
		return nil
	}
	var own *Error
	if broken := panics.Catch(func() error { own = e.Own(err); return nil }); broken != nil {
		return errors.Join(broken, err)
	}
	switch {
	case own == nil:
		return nil
	case own.status() < http.StatusBadRequest || own.status() > 599:
		return fmt.Errorf("the answer of Errors.Own has status %d, which is none of an error: %w", own.status(), err)
	}
	out := *own // which may be shared
	switch {
	case out.Cause == nil:
		out.Cause = err
	case !errors.Is(out.Cause, err):
		out.Cause = errors.Join(out.Cause, err)
	}
	return &out
}

// headers are those that the answer adds to the response.
func (e *Error) headers() http.Header {
	if e.RetryAfter <= 0 {
		return e.Header
	}
	out := e.Header.Clone()
	if out == nil {
		out = http.Header{}
	}
	out.Set("Retry-After", retryafter.Value(e.RetryAfter))
	return out
}

// ours reports whether the answer says that the server failed.
func (e *Error) ours() bool { return e.status() >= http.StatusInternalServerError }

// logged reports whether the answer belongs in the log, with the error behind
// it. A flood that is told to come again must not flood the log.
func (e *Error) logged(err error) bool {
	return e.ours() && !(e.status() == http.StatusServiceUnavailable && isBusy(err))
}

// refuses reports whether the answer says no to the caller.
func (e *Error) refuses() bool {
	return e.status() == http.StatusUnauthorized || e.status() == http.StatusForbidden
}

// bodiless reports whether the answer has no body, as RFC 9110 section 15 has
// it for its status.
func (e *Error) bodiless() bool {
	return e.status() == http.StatusNoContent || e.status() == http.StatusNotModified
}

// noRoute says that no route serves a request. allowed are the methods for
// which its path has one.
type noRoute struct{ allowed []string }

func (e *noRoute) Error() string { return "no route" }

// statusLeft is what servers have come to write down for a caller who has left
// before there was an answer. No one reads it; logs and metrics do.
const statusLeft = 499

// ValidationError is everything in a request that does not fit: a 422, whose
// detail is the list. A handler or a dependency that finds something wrong with
// its input for itself returns one, and the answer looks as if the framework had
// found it. So does a method Validate of a body's type, of a type in it or of an
// input; the places are then below that of the value.
type ValidationError struct{ Violations []Violation }

// Error counts the mistakes, and says none of what the caller sent.
func (e *ValidationError) Error() string {
	return fmt.Sprintf("%d invalid inputs", len(e.violations()))
}

// violations is the list, which a nil error has none of.
func (e *ValidationError) violations() []Violation {
	if e == nil {
		return nil
	}
	return e.Violations
}

// validationErrorOf collects the violations of several errors.
func validationErrorOf(list []error) *ValidationError {
	out := &ValidationError{}
	for _, err := range list {
		if one, ok := errors.AsType[*bind.Invalid](err); ok {
			for _, v := range one.Violations {
				out.Violations = append(out.Violations, Violation(v))
			}
		}
	}
	return out
}

// busy is an error that says when to come again, as those of package work do.
// It says nothing about the caller or the input: they were not looked at.
type busy interface {
	error
	RetryAfter() time.Duration
}

// isBusy reports whether the reason for an answer is that something was busy.
func isBusy(err error) bool {
	return is[busy](err)
}

// refusedBy turns what a verifier said into a refusal, unless the verifier
// chose its own answer, was stopped, or found no time to look.
func refusedBy(s *plan.Step, err error) error {
	var chosen *Error
	if errors.As(err, &chosen) || isBusy(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &plan.BadCredential{Scheme: s.Node.Scheme, Cause: err, Says: s.Says.Invalid}
}

// explained is a refusal to which the caller can refer, and what would have
// let the caller in.
type explained struct {
	error
	reference     string
	scopes, roles []string
}

func (e *explained) Unwrap() error { return e.error }

// answerTo finds the answer to an error: that of the outermost error in its
// tree which has one.
func answerTo(err error) *Error {
	if answer := answerOf(err); answer != nil {
		return answer
	}
	return &Error{Cause: err, unexpected: true}
}

// statusOf is the status of the answer to an error. It makes no answer for
// refusals, about which it is asked several times.
//
//nolint:errorlint // what stands outside is asked first, as by answerOf
func statusOf(err error) int {
	switch e := err.(type) {
	case *plan.BadCredential:
		return http.StatusUnauthorized
	case *plan.NoScope, *plan.NoRole:
		return http.StatusForbidden
	case *plan.NoCredential:
		if _, own := e.Scheme.Missing.(*Error); !own {
			return http.StatusUnauthorized
		}
	}
	return answerTo(err).status()
}

//nolint:errorlint // this is the walk itself: what stands outside is asked first
func answerOf(err error) *Error {
	switch e := err.(type) {
	case *Error:
		if e != nil && e.status() >= 200 && e.status() <= 599 {
			return e
		}
	case *panics.Error:
		return &Error{Cause: err, unexpected: true}
	case *noRoute:
		return e.answer()
	case *plan.NoCredential, *plan.BadCredential, *plan.NoScope, *plan.NoRole:
		return refusal(err)
	case *ValidationError:
		return &Error{Status: http.StatusUnprocessableEntity, Detail: e.violations()}
	case *bind.BodyError:
		return bodyAnswer(e)
	case *http.MaxBytesError:
		return Errorf(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes", e.Limit)
	case busy:
		return &Error{Status: http.StatusServiceUnavailable, RetryAfter: max(e.RetryAfter(), 1), Cause: err}
	case interface{ Unwrap() error }:
		return answerOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if answer := answerOf(one); answer != nil {
				return answer
			}
		}
	}
	if err == context.DeadlineExceeded {
		return &Error{Status: http.StatusServiceUnavailable, Cause: err}
	}
	return nil
}

func (e *noRoute) answer() *Error {
	if len(e.allowed) == 0 {
		return &Error{Status: http.StatusNotFound, Cause: e}
	}
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {strings.Join(e.allowed, ", ")}}, Cause: e}
}

// bodyAnswer answers for a body that cannot be read.
func bodyAnswer(e *bind.BodyError) *Error {
	out := &Error{Status: http.StatusBadRequest, Detail: "There was an error reading the body", Cause: e}
	switch e.Problem {
	case bind.NotJSON:
		return Errorf(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	case bind.Malformed:
		out.Detail = "There was an error parsing the body"
	case bind.TooLarge:
		out.Status = http.StatusRequestEntityTooLarge
		fallthrough
	case bind.TooMuch, bind.NotStrict: // which may hold secrets: no cache may keep what is said of it
		out.Detail, out.Header = e.Cause.Error(), http.Header{"Cache-Control": {"no-store"}}
	}
	return out
}

// refusal answers a caller who may not call.
//
//nolint:errorlint // answerOf has found the error in its tree
func refusal(err error) *Error {
	switch e := err.(type) {
	case *plan.NoCredential:
		if own, ok := e.Scheme.Missing.(*Error); ok {
			return own
		}
		return challenge(http.StatusUnauthorized, "Not authenticated", e.Says, nil)
	case *plan.BadCredential:
		return challenge(http.StatusUnauthorized, "Could not validate credentials", e.Says, err)
	case *plan.NoScope:
		return challenge(http.StatusForbidden, "Not enough permissions", e.Says, err)
	}
	return &Error{Status: http.StatusForbidden, Detail: "Operation not permitted", Cause: err}
}

func challenge(status int, detail, value string, cause error) *Error {
	return &Error{Status: status, Detail: detail, challenge: value, Cause: cause}
}

// isRefusal reports whether err says no to the caller, rather than that
// something broke. A scheme's own answer to callers without a credential may have
// any status, such as that of a redirect.
func isRefusal(err error) bool {
	status := statusOf(err)
	return is[*plan.NoCredential](err) || status >= 400 && status < 500
}

// is reports whether an error of type E is in the tree of err.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// lacksPermission reports whether a refusal's answer is 403.
func lacksPermission(err error) bool { return statusOf(err) == http.StatusForbidden }

// withdrawn is in the tree of the error with which a stream ends whose caller may
// not call any more.
type withdrawn struct{ error }

func (w *withdrawn) Unwrap() error { return w.error }

// verdict is what a decision about a stream says: that it may go on, that it must
// end, or that it is not known. A panic ends it, since nothing says that the next
// try would not panic.
func verdict(err error) error {
	switch {
	case err == nil:
		return nil
	case isRefusal(err) || panics.Is(err):
		answer := *answerTo(err)
		answer.Status, answer.Cause = answer.status(), &withdrawn{err}
		return &answer
	}
	return &recheck.Unknown{Err: err}
}

// withdrawal is the error with which a stream ends after a verdict.
func withdrawal(why error) *Error {
	if unknown, ok := errors.AsType[*recheck.Unknown](why); ok {
		why = unknown.Err
	} else if answer, ok := errors.AsType[*Error](why); ok {
		return answer
	}
	return &Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Cause: &withdrawn{why}}
}
