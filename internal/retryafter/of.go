package retryafter

import (
	"errors"
	"time"
)

// Of is when an error says by its method RetryAfter to come again, and otherwise what
// else is given.
func Of(err error, otherwise time.Duration) time.Duration {
	if later, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return later.RetryAfter()
	}
	return otherwise
}
