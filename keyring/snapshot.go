package keyring

import (
	"bytes"
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/internal/changes"
	"github.com/holdfast-go/holdfast/jwt"
)

// snapshot is what a process has read of the store. It is never changed.
type snapshot struct {
	version  uint64 // of the changes, before it was read
	timeline timeline
	keys     []jwt.Key // of the records in timeline, by the same index
}

// load returns what the store says now, or said less than a second ago.
func (r *Ring) load(ctx context.Context) (*snapshot, error) {
	version, hears := r.changes.Current(ctx, r.config.Now())
	if s := r.current.Load(); hears && r.holds(s, version) {
		return s, nil
	}
	if !hears {
		return r.readAll(ctx, 0) // for this once
	}
	r.loading.Lock()
	defer r.loading.Unlock()
	if s := r.current.Load(); r.holds(s, version) {
		return s, nil // another goroutine was faster
	}
	s, err := r.readAll(ctx, version)
	if err == nil {
		r.current.Store(s)
	}
	return s, err
}

// readAll reads the keys, as they are after a version of the changes.
func (r *Ring) readAll(ctx context.Context, version uint64) (*snapshot, error) {
	before, next := r.current.Load(), &snapshot{version: version}
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
	return next, nil
}

// holds reports whether no key has changed since a snapshot was read.
func (r *Ring) holds(s *snapshot, version uint64) bool {
	switch {
	case s == nil:
		return false
	case s.version == version:
		return true
	case r.changes.TouchedAny(s.version, changes.Key):
		return false
	}
	r.current.CompareAndSwap(s, &snapshot{version: version, timeline: s.timeline, keys: s.keys})
	return true
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

// Check reads every key of a store and changes nothing: whether it can be read, with
// the master key if it is encrypted, and is the one that it says it is. It returns how
// many keys there are, and how many are encrypted. Errors: ErrSealed, ErrMasterKey,
// and that a key is not encrypted although there is a master key.
func Check(ctx context.Context, store Store, master MasterKey) (keys, sealed int, err error) {
	records, err := store.Keys(ctx)
	r := Ring{config: Config{Master: master}}
	for _, one := range records {
		if one.Sealed {
			sealed++
		}
		if _, bad := r.read(one); bad != nil && err == nil {
			err = bad
		}
	}
	return len(records), sealed, err
}
