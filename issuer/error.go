package issuer

import (
	"fmt"
	"time"
)

// UnavailableError says that a token could not be judged, because the issuer
// cannot be asked now or its answer cannot be used. By its method RetryAfter
// the root package answers 503.
type UnavailableError struct {
	Issuer string        // the issuer, or the endpoint that was asked
	After  time.Duration // when it is worth trying again
	Cause  error
}

// Error names the issuer and the cause.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("issuer: %s is not available: %v", e.Issuer, e.Cause)
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Cause }

// RetryAfter is when it is worth trying again; a second at least.
func (e *UnavailableError) RetryAfter() time.Duration { return max(e.After, time.Second) }
