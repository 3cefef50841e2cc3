package memory

import (
	"bytes"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

var _ keyring.Store = (*Store)(nil)

// Keys implements keyring.Store.
func (s *Store) Keys(ctx context.Context) ([]keyring.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return cloneKeys(s.state.Load().keys), nil
}

// UpdateKeys implements keyring.Store.
func (s *Store) UpdateKeys(ctx context.Context, fn func([]keyring.Record) ([]keyring.Record, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.state.Load().clone()
	keys, err := fn(cloneKeys(next.keys))
	if err != nil || reflect.DeepEqual(keys, next.keys) {
		return err
	}
	for _, id := range changedKeys(next.keys, keys) {
		next.log.tell(account.KeyChanged, id)
	}
	if err := next.recordKeys(ctx, next.keys, keys); err != nil {
		return err
	}
	next.keys = cloneKeys(keys)
	s.state.Store(next)
	return nil
}

// changedKeys are the ids of those that are not the same in both lists.
func changedKeys(before, after []keyring.Record) (ids []string) {
	old := map[string]keyring.Record{}
	for _, r := range before {
		old[r.ID] = r
	}
	for _, r := range after {
		if was, ok := old[r.ID]; !ok || !reflect.DeepEqual(was, r) {
			ids = append(ids, r.ID)
		}
		delete(old, r.ID)
	}
	return append(ids, slices.Sorted(maps.Keys(old))...)
}

func cloneKeys(keys []keyring.Record) []keyring.Record {
	out := make([]keyring.Record, len(keys))
	for i, r := range keys {
		r.Data = bytes.Clone(r.Data)
		out[i] = r
	}
	return out
}
