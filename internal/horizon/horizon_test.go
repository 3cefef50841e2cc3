package horizon_test

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/horizon"
)

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// A clock that jumps ahead for less than the watch, whenever it does so and by
// whatever length, makes nothing past that is not.
func TestAJumpOfTheClock(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	for _, by := range []time.Duration{time.Minute, 23 * time.Hour, 25 * time.Hour, week, 100 * 365 * 24 * time.Hour, -time.Hour, -week} {
		for from := range 150 {
			var h horizon.Horizon
			for minute := range 300 {
				truth := day.Add(time.Duration(minute) * time.Minute)
				shown := truth
				if minute >= from && minute < from+59 {
					shown = truth.Add(by)
				}
				h.Advance(time.Minute, shown)
				if past := h.Past(shown); past.After(truth.Add(-horizon.Grace)) && shown.Equal(truth) || past.After(truth) {
					t.Fatalf("with a jump of %v after %d minutes, %v is past at %v", by, from, past, truth)
				}
			}
		}
	}
}

func TestWhatIsPast(t *testing.T) {
	t.Parallel()
	var h horizon.Horizon
	for minute := range 60 {
		h.Advance(time.Minute, day.Add(time.Duration(minute)*time.Minute))
	}
	if past := h.Past(day.Add(time.Hour)); !past.IsZero() {
		t.Errorf("%v is past after 59 minutes", past)
	}
	h.Advance(time.Minute, day.Add(time.Hour))
	if past := h.Past(day.Add(time.Hour)); !past.Equal(day.Add(-horizon.Grace)) {
		t.Errorf("%v is past after an hour, want a day before its beginning", past)
	}
	if past := h.Past(day.Add(-time.Hour)); !past.Equal(day.Add(-horizon.Grace - time.Hour)) {
		t.Errorf("%v is past where the clock shows less, want a day before that", past)
	}
	h.Advance(time.Minute, day.Add(-48*time.Hour)) // it is put back, and watched again from there
	for range 59 {
		h.Advance(time.Minute, day)
	}
	if past := h.Past(day); !past.Equal(day.Add(-horizon.Grace)) {
		t.Errorf("%v is past while it is watched again, want what was past before", past)
	}
}
