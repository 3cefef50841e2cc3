package work_test

import (
	"testing"

	"github.com/holdfast-go/holdfast/work"
)

func nothing() error { return nil }

// BenchmarkIdleLane is what a lane adds to a call when nobody else is there.
func BenchmarkIdleLane(b *testing.B) {
	b.Run("in place", func(b *testing.B) { benchmark(b, work.Config{}) })
	b.Run("on threads", func(b *testing.B) {
		room := work.NewHeadroom()
		defer room.Close()
		benchmark(b, work.Config{Headroom: room})
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

// BenchmarkThread is the way to a thread of low priority and back, which only
// work of a fifth of a millisecond and more takes.
func BenchmarkThread(b *testing.B) {
	room := work.NewHeadroom()
	defer room.Close()
	lane := work.NewLane(work.Config{Headroom: room, Now: work.Hours()})
	defer lane.Close()
	for b.Loop() {
		_ = lane.Do(b.Context(), nothing)
	}
}
