package holdfast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/schema"
)

// This file alone knows which error is which status.

// Violation is one entry of a 422: where the input does not fit, and why.
type Violation = schema.Violation

// Error is an answer that a handler or a dependency gives instead of its
// value, as FastAPI's HTTPException is. Detail may be any JSON value and is
// shown to the caller; Cause is for the log alone. An error of any other type
// is a 500 that tells the caller nothing.
type Error struct {
	Status int         // the HTTP status; 500 if zero
	Detail any         // the body's "detail"; the status's own words if nil
	Header http.Header // added to the response
	Body   any         // sent instead of {"detail": Detail}, for protocols with words of their own
	Cause  error       // logged, never sent
}

// Errorf makes an Error whose detail is a sentence.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Error is the status and the detail, and the cause where there is one.
func (e *Error) Error() string {
	text := fmt.Sprintf("%d %v", e.status(), e.detail())
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

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

// noCredential says that the request presents no credential of the scheme.
type noCredential struct{ scheme *scheme }

func (e *noCredential) Error() string { return "no credential of scheme " + e.scheme.name }

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
// verifier chose its own answer or was stopped.
func badCredential(s *scheme, err error) error {
	var chosen *Error
	if errors.As(err, &chosen) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
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

// toError finds the answer to an error.
func toError(err error) *Error {
	var (
		chosen  *Error
		none    *noCredential
		refused *refusedCredential
		scope   *noScope
		role    *noRole
		input   *invalidInput
		large   *http.MaxBytesError
		broken  *panicError
	)
	switch {
	case errors.As(err, &broken):
		return &Error{Status: http.StatusInternalServerError, Cause: err}
	case errors.As(err, &none):
		if none.scheme.missing != nil {
			return none.scheme.missing
		}
		return challenge(http.StatusUnauthorized, "Not authenticated", none.scheme.challenge, nil)
	case errors.As(err, &refused):
		return challenge(http.StatusUnauthorized, "Could not validate credentials", refused.scheme.challengeWith("invalid_token", nil), err)
	case errors.As(err, &chosen):
		return chosen
	case errors.As(err, &scope):
		return challenge(http.StatusForbidden, "Not enough permissions", scope.scheme.challengeWith("insufficient_scope", scope.scopes), err)
	case errors.As(err, &role):
		return &Error{Status: http.StatusForbidden, Detail: "Operation not permitted", Cause: err}
	case errors.As(err, &input):
		return &Error{Status: http.StatusUnprocessableEntity, Detail: input.violations}
	case errors.As(err, &large):
		return Errorf(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes", large.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: http.StatusServiceUnavailable, Cause: err}
	}
	return &Error{Status: http.StatusInternalServerError, Cause: err}
}

func challenge(status int, detail, value string, cause error) *Error {
	return &Error{Status: status, Detail: detail, Header: http.Header{"Www-Authenticate": {value}}, Cause: cause}
}

// isRefusal reports whether err says no to the caller, rather than that
// something broke.
func isRefusal(err error) bool {
	status := toError(err).status()
	return status >= 400 && status < 500
}

// weightier picks the answer of two refused alternatives: the one that got
// further. 403 comes before everything, and an invalid parameter after it.
func weightier(a, b error) error {
	if a == nil || weight(b) > weight(a) {
		return b
	}
	return a
}

func weight(err error) int {
	var none *noCredential
	switch toError(err).status() {
	case http.StatusUnprocessableEntity:
		return 1
	case http.StatusUnauthorized:
		if errors.As(err, &none) {
			return 2
		}
		return 3
	case http.StatusForbidden:
		return 5
	}
	return 4
}

// withChallenges adds the challenges of the other alternatives to a 401 for a
// caller who presented nothing, so that the caller learns every way in.
func withChallenges(err error, branches []branch) error {
	var none *noCredential
	if len(branches) < 2 || !errors.As(err, &none) {
		return err
	}
	answer := toError(err)
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

// fail writes the answer to an error, and logs the errors that are ours.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	answer := toError(err)
	status := answer.status()
	if status >= http.StatusInternalServerError {
		a.logFailure(r, err)
	}
	header := w.Header()
	for name, values := range answer.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	var body any = map[string]any{"detail": answer.detail()}
	kind := "application/json"
	if wantsProblem(r) {
		kind = "application/problem+json"
		body = map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": answer.detail()}
	}
	if answer.Body != nil {
		kind, body = "application/json", answer.Body
	}
	withReference(answer, body, err)
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	if err := writeJSON(w, r, status, kind, body); err != nil {
		a.logFailure(r, err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (a *App) logFailure(r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the caller left; nothing failed
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("error", err.Error())}
	var broken *panicError
	if errors.As(err, &broken) {
		attrs = append(attrs, slog.String("stack", string(broken.stack)))
	}
	a.log.LogAttrs(r.Context(), slog.LevelError, "request failed", attrs...)
}

// wantsProblem reports whether Accept asks for RFC 9457's form by name.
func wantsProblem(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "application/problem+json") {
			return true
		}
	}
	return false
}

func setLength(h http.Header, n int) { h["Content-Length"] = []string{strconv.Itoa(n)} }
