package holdfast

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// panicError is a panic that was caught, with its stack for the log.
type panicError struct {
	cause any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.cause) }

// guard runs fn and turns its panic into an error.
func guard(fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{cause, debug.Stack()}
		}
	}()
	return fn()
}

// isPanic reports whether err is that of a panic.
func isPanic(err error) bool {
	_, ok := errors.AsType[*panicError](err)
	return ok
}

// isAbort reports whether a handler wants the connection closed and nothing
// logged.
func isAbort(err error) bool {
	broken, ok := errors.AsType[*panicError](err)
	return ok && broken.cause == http.ErrAbortHandler //nolint:errorlint // a panic's value, which is never wrapped
}
