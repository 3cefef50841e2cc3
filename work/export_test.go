package work

import (
	"sync/atomic"
	"time"
)

// Hours is a clock that runs an hour each time somebody looks, so that all
// work seems long.
func Hours() func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return time.Unix(3600*looks.Add(1), 0) }
}
