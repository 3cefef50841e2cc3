package sqlite

import (
	"context"
	"database/sql"
	"errors"
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
	CREATE INDEX IF NOT EXISTS attempts_full_at ON attempts (full_at);` + failuresTable

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

// AttemptWaits implements account.Store.
func (s *Store) AttemptWaits(ctx context.Context, now time.Time, buckets []account.Bucket) (waits []time.Duration, err error) {
	err = s.lookUp(ctx, func(t *tx) error {
		waits = make([]time.Duration, len(buckets))
		for i, b := range buckets {
			fullAt, err := fullAt(t, b)
			if err != nil {
				return err
			}
			_, waits[i] = b.Take(fullAt, now)
		}
		return nil
	})
	return waits, err
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
	return s.attempts.do(ctx, nil, fn)
}

// lookUp is count for what only reads.
func (s *Store) lookUp(ctx context.Context, fn func(*tx) error) error {
	return s.attempts.do(ctx, &sql.TxOptions{ReadOnly: true}, fn)
}
