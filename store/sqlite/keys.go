package sqlite

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
)

var _ keyring.Store = (*Store)(nil)

const selectKeys = "SELECT id, algorithm, created, signs, retires, token_ttl, sealed, data FROM keys ORDER BY signs, id"

func scanKey(row scanner) (r keyring.Record, err error) {
	var algorithm string
	var announced, signs, retires, ttl int64
	if err := row.Scan(&r.ID, &algorithm, &announced, &signs, &retires, &ttl, &r.Sealed, &r.Data); err != nil {
		return r, err
	}
	r.Algorithm = jwt.Algorithm(algorithm)
	r.Term = keyring.Term{Announced: date(announced), Signs: date(signs), TokenTTL: time.Duration(ttl) * time.Millisecond}
	if retires != 0 {
		r.Term.Retires = date(retires)
	}
	return r, nil
}

// Keys implements keyring.Store.
func (s *Store) Keys(ctx context.Context) ([]keyring.Record, error) {
	rows, err := s.readers.QueryContext(ctx, selectKeys)
	if err != nil {
		return nil, fail(err)
	}
	return collect(rows, scanKey)
}

// errSame rolls back a transaction that would change nothing.
var errSame = errors.New("nothing changes")

// UpdateKeys implements keyring.Store. When a key that was in the clear is
// encrypted, what it was is overwritten, in the write-ahead log as well unless
// another process goes on reading from it for seconds.
func (s *Store) UpdateKeys(ctx context.Context, fn func([]keyring.Record) ([]keyring.Record, error)) error {
	var wipe bool
	err := s.update(ctx, func(t *tx) (err error) {
		wipe, err = t.updateKeys(fn)
		return err
	})
	switch {
	case errors.Is(err, errSame):
		return nil
	case err != nil || !wipe:
		return err
	}
	return s.wipe(ctx)
}

// wipe takes what was overwritten out of the write-ahead log.
func (s *Store) wipe(ctx context.Context) error {
	if _, err := s.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fail(err)
	}
	return nil
}

// updateKeys reports whether a key in the clear has been sealed.
func (t *tx) updateKeys(fn func([]keyring.Record) ([]keyring.Record, error)) (sealed bool, err error) {
	before, err := many(t, scanKey, selectKeys)
	if err != nil {
		return false, err
	}
	given, err := many(t, scanKey, selectKeys) // fn's own
	if err != nil {
		return false, err
	}
	after, err := fn(given)
	if err != nil || reflect.DeepEqual(before, after) {
		return false, cmp.Or(err, errSame)
	}
	if err := t.recordKeys(before, after); err != nil {
		return false, err
	}
	old := map[string]keyring.Record{}
	for _, r := range before {
		old[r.ID] = r
	}
	for _, r := range after {
		was, known := old[r.ID]
		sealed = sealed || known && !was.Sealed && r.Sealed
		if !known || !reflect.DeepEqual(was, r) {
			if err := errors.Join(t.putKey(r), t.tell(account.KeyChanged, r.ID)); err != nil {
				return false, err
			}
		}
		delete(old, r.ID)
	}
	for id := range old {
		if err := errors.Join(t.exec("DELETE FROM keys WHERE id = ?", id), t.tell(account.KeyChanged, id)); err != nil {
			return false, err
		}
	}
	return sealed, nil
}

func (t *tx) putKey(r keyring.Record) error {
	retires := int64(0)
	if !r.Term.Retires.IsZero() {
		retires = r.Term.Retires.UnixMilli()
	}
	return t.exec(`
		INSERT INTO keys (id, algorithm, created, signs, retires, token_ttl, sealed, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET algorithm = excluded.algorithm, created = excluded.created, signs = excluded.signs,
			retires = excluded.retires, token_ttl = excluded.token_ttl, sealed = excluded.sealed, data = excluded.data`,
		r.ID, string(r.Algorithm), r.Term.Announced.UnixMilli(), r.Term.Signs.UnixMilli(), retires,
		r.Term.TokenTTL.Milliseconds(), r.Sealed, r.Data)
}
