// Package retryafter writes the value of the header Retry-After.
package retryafter

import (
	"strconv"
	"time"
)

// Value is d in whole seconds, rounded up so that a caller who waits that long
// does not come too early, and at least one (RFC 9110 section 10.2.3).
func Value(d time.Duration) string { return strconv.Itoa(Seconds(d)) }

// Seconds is Value as a number, for a sentence.
func Seconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
