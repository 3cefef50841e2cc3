package retryafter_test

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/retryafter"
)

func TestValue(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:            "1",
		0:                       "1",
		time.Nanosecond:         "1",
		time.Second:             "1",
		time.Second + 1:         "2",
		90 * time.Second:        "90",
		1500 * time.Millisecond: "2",
	} {
		if got := retryafter.Value(d); got != want {
			t.Errorf("Value(%v) = %s, want %s", d, got, want)
		}
	}
}
