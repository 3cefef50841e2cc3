package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
)

// RunKeys runs the suite for stores of keys. Open makes a new, empty store for
// a test, and closes it when the test ends.
func RunKeys(t *testing.T, open func(t *testing.T) keyring.Store) {
	for name, test := range map[string]func(*testing.T, keyring.Store){
		"keys come back as they were put":              testKeysFound,
		"an update of keys that fails changes nothing": testKeysRollback,
		"keys that are read belong to their reader":    testKeysAliasing,
		"the generation changes with keys":             testKeysGeneration,
		"a context that has ended ends it":             testKeysContext,
		"a clock that jumps loses no key":              testKeysAndJumps,
		"of concurrent changes to keys none is lost":   testKeysRace,
		"of rings that open at once one makes the key": testKeysFirst,
		"of rings that rotate at once one does it":     testKeysRotation,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func key(id string, signs time.Time) keyring.Record {
	return keyring.Record{
		ID: id, Algorithm: jwt.EdDSA, Data: []byte("data of " + id),
		Term: keyring.Term{Announced: day, Signs: signs, TokenTTL: time.Minute},
	}
}

func putKeys(t *testing.T, store keyring.Store, keys ...keyring.Record) {
	t.Helper()
	if err := store.UpdateKeys(t.Context(), func([]keyring.Record) ([]keyring.Record, error) { return keys, nil }); err != nil {
		t.Fatalf("UpdateKeys = %v", err)
	}
}

func wantKeys(t *testing.T, store keyring.Store, want ...keyring.Record) {
	t.Helper()
	got, err := store.Keys(t.Context())
	slices.SortFunc(got, func(a, b keyring.Record) int { return a.Term.Signs.Compare(b.Term.Signs) })
	if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("Keys = %+v, %v, want %+v", got, err, want)
	}
}

func testKeysFound(t *testing.T, store keyring.Store) {
	wantKeys(t, store)
	a, b, c := key("a", day), key("b", day.Add(time.Hour)), key("c", day.Add(2*time.Hour))
	a.Term.Retires, b.Algorithm, b.Sealed, b.Data = b.Term.Signs, jwt.ES256, true, []byte{0, 255}
	putKeys(t, store, a, b)
	wantKeys(t, store, a, b)

	a.Data, a.Sealed, a.Term.TokenTTL = []byte("other"), true, time.Hour
	b.Term.Retires = c.Term.Signs
	putKeys(t, store, a, b, c)
	wantKeys(t, store, a, b, c)

	b.Term.Retires = time.Time{}
	putKeys(t, store, b)
	wantKeys(t, store, b)
}

func testKeysRollback(t *testing.T, store keyring.Store) {
	putKeys(t, store, key("a", day))
	oops := errors.New("oops")
	err := store.UpdateKeys(t.Context(), func([]keyring.Record) ([]keyring.Record, error) { return []keyring.Record{key("b", day)}, oops })
	if !errors.Is(err, oops) {
		t.Errorf("UpdateKeys = %v, want the function's error", err)
	}
	wantKeys(t, store, key("a", day))
}

func testKeysAliasing(t *testing.T, store keyring.Store) {
	putKeys(t, store, key("a", day))
	got, err := store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got[0].Data[0], got[0].ID = 'x', "x"
	if err := store.UpdateKeys(t.Context(), func(keys []keyring.Record) ([]keyring.Record, error) {
		keys[0].Data[0] = 'x'
		return nil, errors.New("no")
	}); err == nil {
		t.Error("UpdateKeys = nil, want the function's error")
	}
	wantKeys(t, store, key("a", day))
}

func testKeysGeneration(t *testing.T, store keyring.Store) {
	before := store.Generation()
	putKeys(t, store, key("a", day))
	if store.Generation() == before {
		t.Error("Generation is the same after a change")
	}
	before = store.Generation()
	putKeys(t, store, key("a", day))
	if store.Generation() != before {
		t.Error("Generation is another although nothing has changed")
	}
}

func testKeysContext(t *testing.T, store keyring.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Keys(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Keys = %v, want context.Canceled", err)
	}
	err := store.UpdateKeys(ctx, func([]keyring.Record) ([]keyring.Record, error) { return []keyring.Record{key("a", day)}, nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("UpdateKeys = %v, want context.Canceled", err)
	}
	wantKeys(t, store)
}

func testKeysRace(t *testing.T, store keyring.Store) {
	var group sync.WaitGroup
	const writers = 20
	for i := range writers {
		group.Go(func() {
			err := store.UpdateKeys(t.Context(), func(keys []keyring.Record) ([]keyring.Record, error) {
				return append(keys, key(string(rune('a'+i)), day.Add(time.Duration(i)*time.Second))), nil
			})
			if err != nil {
				t.Errorf("UpdateKeys = %v", err)
			}
		})
	}
	group.Wait()
	if got, err := store.Keys(t.Context()); len(got) != writers || err != nil {
		t.Errorf("Keys = %d, %v, want all %d", len(got), err, writers)
	}
}

func openRing(t *testing.T, store keyring.Store, now func() time.Time) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Open(t.Context(), keyring.Config{Store: store, Period: time.Hour, Announce: time.Minute, Now: now})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return ring
}

func testKeysFirst(t *testing.T, store keyring.Store) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := keyring.Open(t.Context(), keyring.Config{Store: store}); err != nil {
				t.Errorf("Open = %v", err)
			}
		})
	}
	group.Wait()
	if got, err := store.Keys(t.Context()); len(got) != 1 || err != nil {
		t.Errorf("Keys = %d, %v, want 1", len(got), err)
	}
}

func testKeysRotation(t *testing.T, store keyring.Store) {
	var later time.Duration
	var rings []*keyring.Ring
	for range 4 {
		rings = append(rings, openRing(t, store, func() time.Time { return day.Add(later) }))
	}
	later = time.Hour
	var group sync.WaitGroup
	for _, ring := range rings {
		group.Go(func() {
			if _, err := ring.Maintain(t.Context()); err != nil {
				t.Errorf("Maintain = %v", err)
			}
		})
	}
	group.Wait()
	if got, err := store.Keys(t.Context()); len(got) != 2 || err != nil {
		t.Errorf("Keys = %d, %v, want the first and its successor", len(got), err)
	}
}
