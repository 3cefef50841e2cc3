package plan

import "strings"

// NoCredential says that the request presents no credential of the scheme that
// could be read.
type NoCredential struct {
	Scheme     *Scheme
	Unreadable bool   // there is something, so the caller is not one without a credential
	Says       string // the challenge of the way that wants it
	Kind       string // of the challenge
}

func (e *NoCredential) Error() string {
	if e.Unreadable {
		return "unreadable credential of scheme " + e.Scheme.Name
	}
	return "no credential of scheme " + e.Scheme.Name
}

// BadCredential says that a credential was presented and is not good.
type BadCredential struct {
	Scheme *Scheme
	Cause  error
	Says   string // as of NoCredential
}

func (e *BadCredential) Error() string {
	return "credential of scheme " + e.Scheme.Name + " refused: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *BadCredential) Unwrap() error { return e.Cause }

// NoScope says that the credential is good but lacks a scope.
type NoScope struct {
	Scheme *Scheme
	Scopes Scopes // all that are wanted
	Says   string // as of NoCredential
}

func (e *NoScope) Error() string {
	return "credential of scheme " + e.Scheme.Name + " lacks a scope of: " + e.Scopes.String()
}

// NoRole says that the principal has none of the roles.
type NoRole struct{ Roles []*Role }

func (e *NoRole) Error() string {
	return "principal has no role of: " + strings.Join(RoleNames(e.Roles), " or ")
}

// InvalidInput is the error of a parameter that does not fit. It is no refusal of
// the caller: it is remembered in the frame and answered with all others.
type InvalidInput interface {
	error
	InvalidInput()
}
