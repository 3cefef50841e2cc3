package refusals_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-go/holdfast/internal/refusals"
)

func TestARingKeepsTheLast(t *testing.T) {
	t.Parallel()
	var ring refusals.Ring
	if last, err := ring.Last(t.Context(), 10); err != nil || len(last) != 0 {
		t.Errorf("Last of an empty ring = %v, %v", last, err)
	}
	for n := range refusals.Kept + 7 {
		if err := ring.Put(t.Context(), []refusals.Record{{ID: fmt.Sprint(n)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ring.Refusal(t.Context(), "6"); !errors.Is(err, refusals.ErrNone) {
		t.Errorf("Refusal(6) = %v, want ErrNone: it was the seventh", err)
	}
	if one, err := ring.Refusal(t.Context(), "7"); err != nil || one.ID != "7" {
		t.Errorf("Refusal(7) = %v, %v", one, err)
	}
	last, err := ring.Last(t.Context(), 3)
	if err != nil || len(last) != 3 || last[0].ID != fmt.Sprint(refusals.Kept+6) || last[2].ID != fmt.Sprint(refusals.Kept+4) {
		t.Errorf("Last(3) = %v, %v, want the three newest, the newest first", last, err)
	}
	if all, err := ring.Last(t.Context(), 2*refusals.Kept); err != nil || len(all) != refusals.Kept || all[refusals.Kept-1].ID != "7" {
		t.Errorf("Last of all = %d, %v, want %d", len(all), err, refusals.Kept)
	}
}
