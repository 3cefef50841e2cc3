package work_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/work"
)

func nothing() error { return nil }

// BenchmarkIdleLane is what a lane adds to a call that nothing else uses.
func BenchmarkIdleLane(b *testing.B) {
	b.Run("in place", func(b *testing.B) { benchmark(b, work.Config{}) })
	b.Run("on threads", func(b *testing.B) {
		headroom := work.NewHeadroom()
		defer headroom.Close()
		benchmark(b, work.Config{Headroom: headroom})
	})
}

func benchmark(b *testing.B, config work.Config) {
	lane := work.NewLane(config)
	defer lane.Close()
	for range 100 { // the lane learns that this is short
		_ = lane.Do(b.Context(), nothing)
	}
	for b.Loop() {
		_ = lane.Do(b.Context(), nothing)
	}
}

// hours is a clock that is an hour later each time it is asked, so that all
// work seems long.
func hours() func() time.Time {
	var asked atomic.Int64
	return func() time.Time { return time.Unix(3600*asked.Add(1), 0) }
}

// BenchmarkThread is the way to a thread of low priority and back, which only
// work of a fifth of a millisecond and more takes.
func BenchmarkThread(b *testing.B) {
	headroom := work.NewHeadroom()
	defer headroom.Close()
	lane := work.NewLane(work.Config{Headroom: headroom, Now: hours()})
	defer lane.Close()
	for b.Loop() {
		_ = lane.Do(b.Context(), nothing)
	}
}
