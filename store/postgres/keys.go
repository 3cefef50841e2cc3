package postgres

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
func (s *Store) Keys(ctx context.Context) (keys []keyring.Record, err error) {
	err = s.ask(ctx, func(t *tx) error {
		keys, err = many(t, scanKey, selectKeys)
		return err
	})
	return keys, err
}

// errSame rolls back a transaction that would change nothing.
var errSame = errors.New("nothing changes")

// UpdateKeys implements keyring.Store. When a key that was in the clear is
// encrypted, what it was may be left in pages and logs of the database and in its
// backups, as with everything that is changed there: rotate the keys then.
func (s *Store) UpdateKeys(ctx context.Context, fn func([]keyring.Record) ([]keyring.Record, error)) error {
	err := s.update(ctx, func(t *tx) error { return t.updateKeys(fn) })
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

func (t *tx) updateKeys(fn func([]keyring.Record) ([]keyring.Record, error)) error {
	before, err := many(t, scanKey, selectKeys)
	if err != nil {
		return err
	}
	given, err := many(t, scanKey, selectKeys) // fn's own
	if err != nil {
		return err
	}
	after, err := fn(given)
	if err != nil || reflect.DeepEqual(before, after) {
		return cmp.Or(err, errSame)
	}
	if err := t.recordKeys(before, after); err != nil {
		return err
	}
	old := map[string]keyring.Record{}
	for _, r := range before {
		old[r.ID] = r
	}
	for _, r := range after {
		was, known := old[r.ID]
		if !known || !reflect.DeepEqual(was, r) {
			if err := errors.Join(t.putKey(r), t.tell(account.KeyChanged, r.ID)); err != nil {
				return err
			}
		}
		delete(old, r.ID)
	}
	for id := range old {
		if err := errors.Join(t.exec("DELETE FROM keys WHERE id = $1", id), t.tell(account.KeyChanged, id)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putKey(r keyring.Record) error {
	retires := int64(0)
	if !r.Term.Retires.IsZero() {
		retires = r.Term.Retires.UnixMilli()
	}
	return t.exec(`
		INSERT INTO keys (id, algorithm, created, signs, retires, token_ttl, sealed, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET algorithm = excluded.algorithm, created = excluded.created, signs = excluded.signs,
			retires = excluded.retires, token_ttl = excluded.token_ttl, sealed = excluded.sealed, data = excluded.data`,
		r.ID, string(r.Algorithm), r.Term.Announced.UnixMilli(), r.Term.Signs.UnixMilli(), retires,
		r.Term.TokenTTL.Milliseconds(), r.Sealed, r.Data)
}
