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
func Is(err error) bool { return In(err) != nil }

// In finds the panic in an error; nil if there is none. It holds out errors that
// panic when they are looked into.
func In(err error) (broken *Error) {
	if err == nil {
		return nil
	}
	defer func() { _ = recover() }() // an error that cannot be asked is none of a panic
	broken, _ = errors.AsType[*Error](err)
	return broken
}

// IsAbort reports whether a handler panicked with [http.ErrAbortHandler]: it
// wants the connection closed and nothing logged.
func IsAbort(err error) bool {
	broken := In(err)
	return broken != nil && broken.Cause == http.ErrAbortHandler //nolint:errorlint // a panic's value, which is never wrapped
}
