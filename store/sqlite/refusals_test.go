package sqlite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/store/sqlite"
)

// Another process, here another handle, reads what was put, and only the last
// few thousand are kept.
func TestRefusals(t *testing.T) {
	t.Parallel()
	store := filepath.Join(t.TempDir(), "test.db")
	if _, err := sqlite.ReadRefusals(t.Context(), store); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadRefusals without a file = %v, want fs.ErrNotExist", err)
	}
	r, err := sqlite.OpenRefusals(t.Context(), store)
	check(t, err)
	defer func() { check(t, r.Close()) }()
	other, err := sqlite.ReadRefusals(t.Context(), store)
	check(t, err)
	defer func() { check(t, other.Close()) }()

	at := time.UnixMilli(1_900_000_000_000).UTC()
	for n := 0; n < 6000; n += 1000 {
		var list []sqlite.Refusal
		for i := range 1000 {
			list = append(list, sqlite.Refusal{ID: fmt.Sprint(n + i), At: at, Data: []byte("why")})
		}
		check(t, r.Put(t.Context(), list))
	}
	check(t, r.Put(t.Context(), []sqlite.Refusal{{ID: "5999", At: at, Data: []byte("another")}}))
	got, err := other.Refusal(t.Context(), "5999")
	if err != nil || string(got.Data) != "why" || !got.At.Equal(at) {
		t.Errorf("Refusal(5999) = %s at %v, %v", got.Data, got.At, err)
	}
	if _, err := other.Refusal(t.Context(), "999"); !errors.Is(err, sqlite.ErrNoRefusal) {
		t.Errorf("Refusal(999) after 6000 = %v, want ErrNoRefusal", err)
	}
	last, err := other.Last(t.Context(), 10_000)
	if err != nil || len(last) != 5000 || last[0].ID != "5999" {
		t.Errorf("Last = %d refusals, %v, want 5000", len(last), err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
