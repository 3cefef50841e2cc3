package keyring

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// snapshot is what a process has read of the store. It is never changed.
type snapshot struct {
	generation uint64
	read       time.Time
	timeline   timeline
	keys       []jwt.Key // of the records in timeline, by the same index
}

// current reports whether nothing newer can be known. The clock that is asked
// is the one on the wall: the other one stands still while a machine sleeps.
func (s *snapshot) current(generation uint64, now time.Time) bool {
	return s != nil && s.generation == generation && !now.Before(s.read) && now.Sub(s.read) < fresh
}

// load returns what the store says now, or said less than a second ago.
func (r *Ring) load(ctx context.Context) (*snapshot, error) {
	if s := r.current.Load(); s.current(r.config.Store.Generation(), r.now()) {
		return s, nil
	}
	r.loading.Lock()
	defer r.loading.Unlock()
	before := r.current.Load()
	// Before reading: a change in between makes this snapshot out of date, not
	// an old one current.
	next := &snapshot{generation: r.config.Store.Generation(), read: r.now()}
	if before.current(next.generation, next.read) {
		return before, nil // another goroutine was faster
	}
	records, err := r.config.Store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	next.timeline = records
	next.timeline.sort()
	next.keys = make([]jwt.Key, len(records))
	for i, rec := range next.timeline {
		if next.keys[i], err = before.key(r, rec); err != nil {
			return nil, err
		}
	}
	if len(records) == 0 {
		return nil, errors.New("keyring: the store has no signing key any more")
	}
	r.current.Store(next)
	return next, nil
}

// key reads a record, unless it has been read before.
func (s *snapshot) key(r *Ring, rec Record) (jwt.Key, error) {
	if s != nil {
		i := s.timeline.find(rec.ID)
		if i >= 0 && s.timeline[i].Sealed == rec.Sealed && s.timeline[i].Algorithm == rec.Algorithm && bytes.Equal(s.timeline[i].Data, rec.Data) {
			return s.keys[i], nil
		}
	}
	return r.read(rec)
}

// SigningKey is the key that signs now; it is a jwt.SigningKey.
func (r *Ring) SigningKey(ctx context.Context) (jwt.Key, error) {
	s, err := r.load(ctx)
	if err != nil {
		return jwt.Key{}, err
	}
	return s.keys[s.timeline.signer(r.now())], nil
}

// Keys are those that verify now, announced ones too; it is a jwt.Keys.
func (r *Ring) Keys(ctx context.Context) ([]jwt.Key, error) {
	s, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	now := r.now()
	gone := 0 // they come first
	for gone < len(s.timeline)-1 && s.timeline[gone].Term.At(now) == Gone {
		gone++
	}
	return s.keys[gone:], nil
}

// PublicSet is the public parts of Keys as a JWK set.
func (r *Ring) PublicSet(ctx context.Context) ([]byte, error) {
	keys, err := r.Keys(ctx)
	if err != nil {
		return nil, err
	}
	return jwt.MarshalPublicSet(keys...)
}

// List returns the records, in the order in which they sign, without their
// data: no master key is needed to look at them.
func List(ctx context.Context, store Store) ([]Record, error) {
	records, err := store.Keys(ctx)
	t := timeline(records)
	t.sort()
	for i := range t {
		t[i].Data = nil
	}
	return t, err
}
