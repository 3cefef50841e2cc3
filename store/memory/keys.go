package memory

import (
	"bytes"
	"context"
	"reflect"

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
	next.keys = cloneKeys(keys)
	next.generation++
	s.state.Store(next)
	return nil
}

func cloneKeys(keys []keyring.Record) []keyring.Record {
	out := make([]keyring.Record, len(keys))
	for i, r := range keys {
		r.Data = bytes.Clone(r.Data)
		out[i] = r
	}
	return out
}
