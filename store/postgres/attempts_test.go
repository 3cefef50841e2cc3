package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/refusals"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// Several servers on one database count together, and what has come back leaves
// nothing in it.
func TestAttemptsAreSharedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	url := database(t)
	one, two := open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url})
	bucket := func(n byte) []account.Bucket {
		return []account.Bucket{{Key: [32]byte{n}, Burst: 2, Every: time.Minute}}
	}
	for i, s := range []*postgres.Store{one, two, one, two} {
		if wait, err := s.TakeAttempts(t.Context(), day, bucket(0)); err != nil || (wait > 0) != (i >= 2) {
			t.Errorf("attempt %d: wait %v, %v, want two attempts in all", i, wait, err)
		}
	}
	rows := func(want int) {
		t.Helper()
		var n int
		if err := raw(t, url).QueryRowContext(t.Context(), "SELECT count(*) FROM attempts").Scan(&n); err != nil || n != want {
			t.Errorf("there are %d rows, %v, want %d", n, err, want)
		}
	}
	for n := range byte(9) {
		if _, err := one.TakeAttempts(t.Context(), day, bucket(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	rows(10)
	later := day.Add(2 * time.Minute) // when they are full again
	if _, err := two.TakeAttempts(t.Context(), later, bucket(11)); err != nil {
		t.Fatal(err)
	}
	rows(1)
	if err := one.ReturnAttempts(t.Context(), later, bucket(11)); err != nil {
		t.Fatal(err)
	}
	rows(0)
}

// Refusals of all servers can be explained at each, and the oldest go.
func TestRefusalsAreShared(t *testing.T) {
	t.Parallel()
	url := database(t)
	open1 := func() refusals.Store {
		kept, err := open(t, postgres.Config{URL: url}).OpenRefusals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	one, two := open1(), open1()
	var batch []postgres.Refusal
	for n := range refusals.Kept + 7 {
		batch = append(batch, postgres.Refusal{ID: fmt.Sprint(n), At: day.Add(time.Duration(n) * time.Millisecond), Data: []byte{byte(n)}})
	}
	for len(batch) > 0 {
		n := min(256, len(batch))
		if err := errors.Join(one.Put(t.Context(), batch[:n]), two.Put(t.Context(), batch[:1])); err != nil { // again is once
			t.Fatal(err)
		}
		batch = batch[n:]
	}
	if err := one.Put(t.Context(), []postgres.Refusal{{ID: "\x00", At: day}}); err != nil {
		t.Errorf("Put of an id that is no text = %v", err)
	}
	for id, want := range map[string]error{"6": postgres.ErrNoRefusal, "none": postgres.ErrNoRefusal, "\xff": postgres.ErrNoRefusal, "7": nil} {
		found, err := two.Refusal(t.Context(), id)
		if !errors.Is(err, want) || err == nil && (found.ID != id || !found.At.Equal(day.Add(7*time.Millisecond)) || string(found.Data) != "\x07") {
			t.Errorf("Refusal(%q) = %+v, %v, want %v", id, found, err, want)
		}
	}
	last, err := two.Last(t.Context(), 2)
	if err != nil || len(last) != 2 || last[0].ID != fmt.Sprint(refusals.Kept+6) || last[1].ID != fmt.Sprint(refusals.Kept+5) {
		t.Errorf("Last(2) = %v, %v, want the two newest, the newest first", last, err)
	}
}
