package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Attempts to sign in are in a table without a log, whose commits wait for no
// disk: what is lost in a crash is the count of an hour. Who takes some locks the
// rows of all buckets, always in the same order, so that two wait for each other in
// no circle.

// TakeAttempts implements account.Store.
func (s *Store) TakeAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) (wait time.Duration, err error) {
	err = s.lightly(ctx, func(t *tx) error {
		wait = 0
		full, err := lock(t, buckets)
		if err != nil {
			return err
		}
		next := make([]time.Time, len(buckets))
		for i, b := range buckets {
			var one time.Duration
			next[i], one = b.Take(full[b.Key], now)
			wait = max(wait, one)
		}
		if wait > 0 {
			return errEmpty
		}
		return fill(t, now, buckets, next)
	})
	if errors.Is(err, errEmpty) {
		return wait, nil
	}
	return 0, err
}

// errEmpty ends a transaction that has nothing to keep.
var errEmpty = errors.New("postgres: a bucket is empty")

// ReturnAttempts implements account.Store.
func (s *Store) ReturnAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) error {
	return s.lightly(ctx, func(t *tx) error {
		full, err := lock(t, buckets)
		if err != nil {
			return err
		}
		next := make([]time.Time, len(buckets))
		for i, b := range buckets {
			next[i] = full[b.Key].Add(-b.Every)
		}
		return fill(t, now, buckets, next)
	})
}

// AttemptWaits implements account.Store.
func (s *Store) AttemptWaits(ctx context.Context, now time.Time, buckets []account.Bucket) (waits []time.Duration, err error) {
	err = s.ask(ctx, func(t *tx) error {
		rows, err := many(t, scanFullAt, "SELECT key, full_at FROM attempts WHERE key = ANY($1::bytea[])", keys(buckets))
		full := byKey(rows)
		waits = make([]time.Duration, len(buckets))
		for i, b := range buckets {
			_, waits[i] = b.Take(full[b.Key], now)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return waits, nil
}

type fullAt struct {
	key [32]byte
	at  time.Time
}

func scanFullAt(row scanner) (f fullAt, err error) {
	var key []byte
	var millis int64
	if err := row.Scan(&key, &millis); err != nil {
		return f, err
	}
	f.at = date(millis)
	f.key, err = sum(key)
	return f, err
}

// lock locks the rows of buckets, makes those that are not there, and says when
// each is full.
func lock(t *tx, buckets []account.Bucket) (map[[32]byte]time.Time, error) {
	rows, err := many(t, scanFullAt, `
		INSERT INTO attempts (key, full_at) SELECT key, 0 FROM unnest($1::bytea[]) AS key ORDER BY key
		ON CONFLICT (key) DO UPDATE SET full_at = attempts.full_at RETURNING key, full_at`, keys(buckets))
	return byKey(rows), err
}

func byKey(rows []fullAt) map[[32]byte]time.Time {
	full := make(map[[32]byte]time.Time, len(rows))
	for _, row := range rows {
		full[row.key] = row.at
	}
	return full
}

// keys are those of buckets, each once.
func keys(buckets []account.Bucket) [][]byte {
	list := make([][]byte, len(buckets))
	for i, b := range buckets {
		list[i] = b.Key[:]
	}
	slices.SortFunc(list, bytes.Compare)
	return slices.CompactFunc(list, bytes.Equal)
}

// fill writes when buckets are full, and forgets those that are by now: its own,
// and some of others that nobody has locked.
func fill(t *tx, now time.Time, buckets []account.Bucket, next []time.Time) error {
	for i, b := range buckets {
		if err := t.exec("UPDATE attempts SET full_at = $1 WHERE key = $2", next[i].UnixMilli(), b.Key[:]); err != nil {
			return err
		}
	}
	return t.exec(`
		DELETE FROM attempts WHERE key IN
			(SELECT key FROM attempts WHERE full_at <= $1 ORDER BY full_at LIMIT 100 FOR UPDATE SKIP LOCKED)`, now.UnixMilli())
}
