package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Attempts to sign in are counted in a file of their own, beside the store's:
// a commit there is not synced, so that a flood of wrong passwords costs
// neither the disk nor the others' commits, and leaves the store's generation
// alone. What is lost in a power cut is the count of an hour. WAL with NORMAL
// keeps the file whole all the same.
const attemptsSuffix = "-attempts"

func counting() connection { return connection{lock: "immediate", synchronous: "NORMAL", most: 1} }

const attemptsTable = `
	CREATE TABLE IF NOT EXISTS attempts (
	  key     BLOB PRIMARY KEY,
	  full_at INTEGER NOT NULL -- milliseconds since 1970
	) STRICT, WITHOUT ROWID;
	CREATE INDEX IF NOT EXISTS attempts_full_at ON attempts (full_at);`

// openAttempts opens the file and makes its table.
func openAttempts(ctx context.Context, name string) (*sql.DB, error) {
	name, err := prepareFile(name + attemptsSuffix)
	if err != nil {
		return nil, err
	}
	db, err := connect(name, counting())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := db.ExecContext(ctx, attemptsTable); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
	}
	return db, nil
}

// TakeAttempts implements account.Store.
func (s *Store) TakeAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) (wait time.Duration, err error) {
	err = s.count(ctx, func(t *tx) error {
		next := make([]time.Time, len(buckets))
		for i, b := range buckets {
			fullAt, err := fullAt(t, b)
			if err != nil {
				return err
			}
			var one time.Duration
			next[i], one = b.Take(fullAt, now)
			wait = max(wait, one)
		}
		if wait > 0 {
			return errEmpty
		}
		for i, b := range buckets {
			if err := putFullAt(t, b, next[i]); err != nil {
				return err
			}
		}
		return t.exec("DELETE FROM attempts WHERE full_at <= ?", now.UnixMilli())
	})
	if errors.Is(err, errEmpty) {
		return wait, nil
	}
	return 0, err
}

// errEmpty ends a transaction that has nothing to keep.
var errEmpty = errors.New("sqlite: a bucket is empty")

// ReturnAttempts implements account.Store.
func (s *Store) ReturnAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) error {
	return s.count(ctx, func(t *tx) error {
		for _, b := range buckets {
			fullAt, err := fullAt(t, b)
			if err != nil {
				return err
			}
			if err := putFullAt(t, b, fullAt.Add(-b.Every)); err != nil {
				return err
			}
		}
		return t.exec("DELETE FROM attempts WHERE full_at <= ?", now.UnixMilli())
	})
}

// fullAt returns when a bucket is full, or a time long ago.
func fullAt(t *tx, b account.Bucket) (time.Time, error) {
	millis, err := one(t, nil, scanned[int64], "SELECT coalesce(max(full_at), 0) FROM attempts WHERE key = ?", b.Key[:])
	return date(millis), err
}

func putFullAt(t *tx, b account.Bucket, at time.Time) error {
	return t.exec("INSERT INTO attempts (key, full_at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET full_at = excluded.full_at",
		b.Key[:], at.UnixMilli())
}

// count runs a transaction on the file of attempts.
func (s *Store) count(ctx context.Context, fn func(*tx) error) error {
	t, err := s.attempts.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after Commit
	if err := fn(&tx{ctx: ctx, sql: t}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
