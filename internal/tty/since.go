package tty

import (
	"fmt"
	"time"
)

// ParseSince reads what --since says: a moment, or how long ago it was.
func ParseSince(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("--since %s: want a time as in 2030-01-02T03:04:05Z, a day as in 2030-01-02, or how long ago, as in 36h", text)
}
