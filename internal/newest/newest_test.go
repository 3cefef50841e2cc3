package newest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/newest"
)

// The newest half is remembered whatever comes, and never more than there is room
// for.
func TestTheNewestAreRemembered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(2, 12).Draw(t, "most")
		m := newest.New[int](most)
		var order []byte // of keys that were put, the newest last
		last := map[byte]int{}
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := byte(rapid.IntRange(0, 20).Draw(t, "key"))
			if rapid.Bool().Draw(t, "take") {
				want, there := last[key]
				if got, ok := m.Take([32]byte{key}); ok && (got != want || !there) {
					t.Fatalf("Take(%d) = %d, want %d, %v", key, got, want, there)
				}
				delete(last, key)
				if _, ok := m.Get([32]byte{key}); ok {
					t.Fatalf("%d is remembered after Take", key)
				}
				continue
			}
			m.Put([32]byte{key}, step)
			last[key], order = step, append(order, key)
			if m.Len() > most {
				t.Fatalf("%d are remembered, want at most %d", m.Len(), most)
			}
		}
		seen := map[byte]bool{}
		for i := len(order) - 1; i >= 0 && len(seen) < most/2; i-- {
			key := order[i]
			got, ok := m.Get([32]byte{key})
			if want, there := last[key]; there && (!ok || got != want) {
				t.Fatalf("Get(%d) = %d, %v, want %d: it is one of the newest %d", key, got, ok, want, most/2)
			}
			seen[key] = true
		}
	})
}
