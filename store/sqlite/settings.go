package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SetOnce stores a setting that is chosen once, and returns the value that
// holds: the one from before if there is one.
func (s *Store) SetOnce(ctx context.Context, name, value string) (stored string, err error) {
	err = s.update(ctx, func(t *tx) error {
		if err := t.exec("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value); err != nil {
			return err
		}
		stored, err = one(t, errors.New("sqlite: the setting is gone"), scanned[string], "SELECT value FROM settings WHERE name = ?", name)
		return err
	})
	return stored, err
}

// Setting returns a setting, or "" if it has not been chosen.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	t, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	defer func() { _ = t.Rollback() }() // it only read
	return one(&tx{ctx, t}, nil, scanned[string], "SELECT coalesce(max(value), '') FROM settings WHERE name = ?", name)
}

// Keys returns the signing keys, the newest first. If there are none, it
// stores the one that generate returns; of processes that start at the same time,
// one makes it.
func (s *Store) Keys(ctx context.Context, generate func() (id string, data []byte, err error)) (keys [][]byte, err error) {
	err = s.update(ctx, func(t *tx) error {
		const all = "SELECT data FROM keys ORDER BY created DESC, id"
		if keys, err = many(t, scanned[[]byte], all); err != nil || len(keys) > 0 {
			return err
		}
		id, data, err := generate()
		if err != nil {
			return err
		}
		if err := t.exec("INSERT INTO keys (id, data, created) VALUES (?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))", id, data); err != nil {
			return err
		}
		keys = [][]byte{data}
		return nil
	})
	return keys, err
}
