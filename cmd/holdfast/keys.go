package main

import (
	"context"
	"fmt"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// loadKeys returns the keys that sign and verify access tokens, the one that
// signs first. The first start makes one, which every later start finds.
func loadKeys(ctx context.Context, store *sqlite.Store) ([]jwt.Key, error) {
	stored, err := store.Keys(ctx, newKey)
	if err != nil {
		return nil, err
	}
	keys := make([]jwt.Key, len(stored))
	for i, data := range stored {
		if keys[i], err = jwt.ParsePrivate(data); err != nil {
			return nil, fmt.Errorf("signing key %d of the store: %w", i+1, err)
		}
	}
	return keys, nil
}

func newKey() (id string, data []byte, err error) {
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		return "", nil, err
	}
	data, err = key.MarshalPrivate()
	return key.ID(), data, err
}
