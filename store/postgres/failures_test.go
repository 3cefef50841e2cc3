package postgres_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// Names that nobody has are forgotten when they are too many: those of which the
// fewest wrong passwords came, and never an account.
func TestNobodiesAreForgotten(t *testing.T) {
	t.Parallel()
	url := database(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: url})
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
	db := raw(t, url)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO failures (key, nobody, count, first_at, last_at)
		SELECT decode(lpad(to_hex(n), 64, '0'), 'hex') || '\x04'::bytea, true, 1, $2, $2 FROM generate_series(1, $1::int8) AS n`,
		account.MaxNobodies, now.Add(time.Second).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		now = now.Add(time.Minute)
		var key [32]byte
		binary.BigEndian.PutUint64(key[:], uint64(n))
		key[31] = 3
		count(key, true)
	}
	var got int
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM failures WHERE nobody").Scan(&got)
	if err != nil || got != account.MaxNobodies+2 && got != account.MaxNobodies {
		t.Errorf("%d names that nobody has are remembered, %v; want %d, and two at most since they were tidied up", got, err, account.MaxNobodies)
	}
	for key, want := range map[[32]byte]int{owner: 1, often: 2} {
		if got, err := store.Failures(t.Context(), key); err != nil || got.Count != want {
			t.Errorf("Failures = %+v, %v, want %d", got, err, want)
		}
	}
}
