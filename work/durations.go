package work

import (
	"sync/atomic"
	"time"
)

// A switch to another thread and back takes some 30 µs. Work that is shorter
// than shortWork gains nothing by it: it is over before its priority matters.
// So a lane stops using its threads after enoughShort short functions in a row,
// and goes back to them after the first that is not short.
const (
	shortWork   = 200 * time.Microsecond
	enoughShort = 16
)

// durations remembers how many of a lane's last functions in a row were short.
// The zero durations knows of none.
type durations struct{ short atomic.Int64 }

// long reports whether the lane's work is long enough for a thread. It is
// until enough functions have shown otherwise.
func (d *durations) long() bool { return d.short.Load() < enoughShort }

func (d *durations) add(took time.Duration) {
	if took > shortWork {
		d.short.Store(0)
	} else if d.long() {
		d.short.Add(1)
	}
}
