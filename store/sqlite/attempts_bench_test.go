package sqlite_test

import (
	"encoding/binary"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// BenchmarkAttempts takes and returns attempts of ever other accounts and
// addresses, as a flood does whose attempts find the lane full.
func BenchmarkAttempts(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "test.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var n atomic.Uint64
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var one, two [32]byte
			binary.BigEndian.PutUint64(one[:], n.Add(1))
			binary.BigEndian.PutUint64(two[8:], n.Load()%1000)
			buckets := []account.Bucket{{Key: one, Burst: 10, Every: 45 * time.Second}, {Key: two, Burst: 100, Every: 10 * time.Second}}
			if _, err := store.TakeAttempts(b.Context(), now, buckets); err != nil {
				b.Fatal(err)
			}
			if err := store.ReturnAttempts(b.Context(), now, buckets); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCommit is a commit of the store itself, which is synced.
func BenchmarkCommit(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "test.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for b.Loop() {
		if err := store.Update(b.Context(), putRole("a")); err != nil {
			b.Fatal(err)
		}
	}
}
