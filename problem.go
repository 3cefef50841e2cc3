package holdfast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// This file alone knows which error is which status.

// Violation is one entry of a 422: where the input does not fit, and why.
type Violation = schema.Violation

// Error is an answer that a handler or a dependency gives instead of its
// value, as FastAPI's HTTPException is. Detail may be any JSON value and is
// shown to the caller; Cause is for the log alone. An error of any other type
// is a 500 in plain text, as FastAPI's is, that tells the caller nothing.
type Error struct {
	Status int         // the HTTP status; 500 if zero
	Detail any         // the body's "detail"; the status's own words if nil
	Header http.Header // added to the response
	Body   any         // sent instead of {"detail": Detail}, for protocols with words of their own
	Cause  error       // logged, never sent

	unexpected bool // nobody chose this answer
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

// noCredential says that the request presents no credential of the scheme that
// could be read.
type noCredential struct {
	scheme     *scheme
	unreadable bool // there is something: its sender is not nobody
}

func (e *noCredential) Error() string {
	if e.unreadable {
		return "unreadable credential of scheme " + e.scheme.name
	}
	return "no credential of scheme " + e.scheme.name
}

// refusedCredential says that a credential was presented and is not good.
type refusedCredential struct {
	scheme *scheme
	cause  error
}

func (e *refusedCredential) Error() string {
	return "credential of scheme " + e.scheme.name + " refused: " + e.cause.Error()
}
func (e *refusedCredential) Unwrap() error { return e.cause }

// badCredential turns what a verifier said into a refusal, unless the
// verifier chose its own answer, was stopped, or found no time to look.
func badCredential(s *scheme, err error) error {
	var chosen *Error
	if errors.As(err, &chosen) || isBusy(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &refusedCredential{s, err}
}

// noScope says that the credential is good but lacks a scope.
type noScope struct {
	scheme *scheme
	scopes Scopes
}

func (e *noScope) Error() string {
	return "credential of scheme " + e.scheme.name + " lacks a scope of: " + e.scopes.String()
}

// noRole says that the principal has none of the roles.
type noRole struct{ roles []Role }

func (e *noRole) Error() string { return "principal has no role of: " + roleNames(e.roles) }

func roleNames(roles []Role) string {
	names := make([]string, len(roles))
	for i, one := range roles {
		names[i] = one.Name()
	}
	return strings.Join(names, " or ")
}

// invalidInput carries the violations of a 422.
type invalidInput struct{ violations []Violation }

func (e *invalidInput) Error() string { return fmt.Sprintf("%d invalid inputs", len(e.violations)) }

// panicError is a panic that was caught, with its stack for the log.
type panicError struct {
	cause any
	stack []byte
}

func newPanic(cause any) error { return &panicError{cause, debug.Stack()} }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.cause) }

// toError finds the answer to an error: that of the outermost error in its
// tree which has one.
func toError(err error) *Error {
	if answer := answerOf(err); answer != nil {
		return answer
	}
	return &Error{Cause: err, unexpected: true}
}

//nolint:errorlint // this is the walk itself: what stands outside is asked first
func answerOf(err error) *Error {
	switch e := err.(type) {
	case *Error:
		if e != nil && e.status() >= 200 && e.status() <= 599 {
			return e
		}
	case *panicError:
		return &Error{Cause: err, unexpected: true}
	case *noCredential:
		if e.scheme.missing != nil {
			return e.scheme.missing
		}
		return challenge(http.StatusUnauthorized, "Not authenticated", e.scheme.challenge, nil)
	case *refusedCredential:
		return challenge(http.StatusUnauthorized, "Could not validate credentials", e.scheme.challengeWith("invalid_token", nil), err)
	case *noScope:
		return challenge(http.StatusForbidden, "Not enough permissions", e.scheme.challengeWith("insufficient_scope", e.scopes), err)
	case *noRole:
		return &Error{Status: http.StatusForbidden, Detail: "Operation not permitted", Cause: err}
	case *invalidInput:
		return &Error{Status: http.StatusUnprocessableEntity, Detail: e.violations}
	case *http.MaxBytesError:
		return Errorf(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes", e.Limit)
	case busy:
		return comeAgain(e)
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

func challenge(status int, detail, value string, cause error) *Error {
	return &Error{Status: status, Detail: detail, Header: http.Header{"Www-Authenticate": {value}}, Cause: cause}
}

// isRefusal reports whether err says no to the caller, rather than that
// something broke.
func isRefusal(err error) bool {
	_, none := errors.AsType[*noCredential](err)
	_, refused := errors.AsType[*refusedCredential](err)
	status := toError(err).status()
	return none || refused || status >= 400 && status < 500
}

// withChallenges adds the challenges of the other alternatives to a 401 for a
// caller who presented nothing, so that the caller learns every way in.
func withChallenges(err error, branches []branch) error {
	none, ok := errors.AsType[*noCredential](err)
	if len(branches) < 2 || !ok || none.scheme.missing != nil {
		return err // a scheme's own answer stays as it is
	}
	answer := toError(err)
	answer.Cause = err // which it still is
	seen := map[string]bool{none.scheme.challenge: true}
	for _, b := range branches {
		for _, one := range b.schemes {
			if c := one.scheme.challenge; !seen[c] {
				seen[c] = true
				answer.Header.Add("WWW-Authenticate", c)
			}
		}
	}
	return answer
}
