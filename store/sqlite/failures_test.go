package sqlite_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// Names that nobody has are forgotten when they are too many: those of which the
// fewest wrong passwords came, and never an account.
func TestNobodiesAreForgotten(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	now := time.Unix(1_800_000_000, 0)
	count := func(key [32]byte, nobody bool) {
		t.Helper()
		if err := store.CountFailure(t.Context(), now, key, nobody); err != nil {
			t.Fatal(err)
		}
	}
	owner, often := [32]byte{31: 1}, [32]byte{31: 2}
	count(owner, false)
	count(often, true)
	count(often, true)
	if err := store.FillWithNobodies(t.Context(), account.MaxNobodies, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		now = now.Add(time.Minute)
		var key [32]byte
		binary.BigEndian.PutUint64(key[:], uint64(n))
		key[31] = 3
		count(key, true)
	}
	if got, err := store.Nobodies(t.Context()); err != nil || got != account.MaxNobodies+2 && got != account.MaxNobodies {
		t.Errorf("%d names that nobody has are remembered, %v; want %d, and two at most since they were tidied up", got, err, account.MaxNobodies)
	}
	for key, want := range map[[32]byte]int{owner: 1, often: 2} {
		if got, err := store.Failures(t.Context(), key); err != nil || got.Count != want {
			t.Errorf("Failures = %+v, %v, want %d", got, err, want)
		}
	}
}
