// Package panics turns panics into errors.
package panics

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// Error is a panic that was caught, with its stack for the log.
type Error struct {
	Cause any
	Stack []byte
}

// Error says what the panic was about.
func (e *Error) Error() string { return fmt.Sprintf("panic: %v", e.Cause) }

// Catch runs fn and returns its error, or its panic as an [Error].
func Catch(fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &Error{cause, debug.Stack()}
		}
	}()
	return fn()
}

// Is reports whether err is that of a panic.
func Is(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// IsAbort reports whether a handler panicked with [http.ErrAbortHandler]: it
// wants the connection closed and nothing logged.
func IsAbort(err error) bool {
	broken, ok := errors.AsType[*Error](err)
	return ok && broken.Cause == http.ErrAbortHandler //nolint:errorlint // a panic's value, which is never wrapped
}
