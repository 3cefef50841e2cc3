package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Wrong passwords in a row are counted beside the attempts, for the same reasons.
const failuresTable = `
	CREATE TABLE IF NOT EXISTS failures (
	  key      BLOB PRIMARY KEY,
	  nobody   INTEGER NOT NULL, -- 1 for a key that is no account's
	  count    INTEGER NOT NULL,
	  first_at INTEGER NOT NULL, -- milliseconds since 1970
	  last_at  INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX IF NOT EXISTS failures_of_nobody ON failures (count, last_at) WHERE nobody = 1;`

// tidyEvery is after how many wrong passwords for nobody's accounts this process
// looks whether there are too many of those.
const tidyEvery = 1000

// CountFailure implements account.Store.
func (s *Store) CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error {
	tidy := nobody && s.nobodies.Add(1)%tidyEvery == 0
	return s.count(ctx, func(t *tx) error {
		err := t.exec(`INSERT INTO failures (key, nobody, count, first_at, last_at) VALUES (?, ?, 1, ?, ?)
			ON CONFLICT (key) DO UPDATE SET count = failures.count + 1, last_at = excluded.last_at`,
			key[:], nobody, now.UnixMilli(), now.UnixMilli())
		if err != nil || !tidy {
			return err
		}
		return t.exec(`DELETE FROM failures WHERE key IN (
			SELECT key FROM failures WHERE nobody = 1 ORDER BY count, last_at
			LIMIT max(0, (SELECT count(*) FROM failures WHERE nobody = 1) - ?))`, account.MaxNobodies)
	})
}

// Failures implements account.Store.
func (s *Store) Failures(ctx context.Context, key [32]byte) (found account.Failures, err error) {
	err = s.lookUp(ctx, func(t *tx) error {
		var first, last int64
		row := t.sql.QueryRowContext(t.ctx, "SELECT count, first_at, last_at FROM failures WHERE key = ?", key[:])
		switch err := row.Scan(&found.Count, &first, &last); {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		found.First, found.Last = date(first), date(last)
		return nil
	})
	return found, err
}

// ClearFailures implements account.Store.
func (s *Store) ClearFailures(ctx context.Context, key [32]byte) error {
	return s.count(ctx, func(t *tx) error { return t.exec("DELETE FROM failures WHERE key = ?", key[:]) })
}
