package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// tidyEvery is after how many wrong passwords for nobody's accounts this process
// looks whether there are too many of those.
const tidyEvery = 1000

// CountFailure implements account.Store.
func (s *Store) CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error {
	tidy := nobody && s.nobodies.Add(1)%tidyEvery == 0
	return s.lightly(ctx, func(t *tx) error {
		err := t.exec(`INSERT INTO failures (key, nobody, count, first_at, last_at) VALUES ($1, $2, 1, $3, $3)
			ON CONFLICT (key) DO UPDATE SET count = failures.count + 1, last_at = excluded.last_at`,
			key[:], nobody, now.UnixMilli())
		if err != nil || !tidy {
			return err
		}
		// What somebody else counts now is skipped: two who tidy up wait for nobody.
		return t.exec(`DELETE FROM failures WHERE key IN (
			SELECT key FROM failures WHERE nobody ORDER BY count, last_at
			LIMIT greatest(0, (SELECT count(*) FROM failures WHERE nobody) - $1::int8) FOR UPDATE SKIP LOCKED)`, account.MaxNobodies)
	})
}

var errNoFailures = errors.New("postgres: no wrong passwords")

func scanFailures(row scanner) (found account.Failures, err error) {
	var first, last int64
	err = row.Scan(&found.Count, &first, &last)
	found.First, found.Last = date(first), date(last)
	return found, err
}

// Failures implements account.Store.
func (s *Store) Failures(ctx context.Context, key [32]byte) (found account.Failures, err error) {
	err = s.ask(ctx, func(t *tx) error {
		found, err = one(t, errNoFailures, scanFailures, "SELECT count, first_at, last_at FROM failures WHERE key = $1", key[:])
		return err
	})
	if err != nil {
		found = account.Failures{}
	}
	if errors.Is(err, errNoFailures) {
		err = nil
	}
	return found, err
}

// ClearFailures implements account.Store.
func (s *Store) ClearFailures(ctx context.Context, key [32]byte) error {
	return s.lightly(ctx, func(t *tx) error { return t.exec("DELETE FROM failures WHERE key = $1", key[:]) })
}
