package sqlite

import (
	"context"
	"database/sql"
	"os"

	"github.com/holdfast-go/holdfast/internal/refusals"
)

// ErrNoRefusal says that a refusal is not known, or not any more.
var ErrNoRefusal = refusals.ErrNone

// Refusals keeps the last refused requests in a file of their own beside the
// store, so that a flood of them neither waits for the store's one writer nor
// empties a cache that the store's changes empty. They may be lost: commits
// are not synced. Other processes may read at the same time.
type Refusals struct{ file *sideFile }

var _ refusals.Store = (*Refusals)(nil)

// Refusal is one refused request, in whatever form the server describes it.
type Refusal = refusals.Record

// RefusalsOf is the name of the refusals' file of a store's.
func RefusalsOf(store string) string { return store + "-refusals" }

// OpenRefusals opens the refusals of the store. Close them.
func (s *Store) OpenRefusals(ctx context.Context) (refusals.Store, error) {
	return OpenRefusals(ctx, s.name)
}

// OpenRefusals opens the refusals beside the store in a file, which it creates
// for its owner alone. One that is damaged is set aside and made new. Close them.
func OpenRefusals(ctx context.Context, store string) (*Refusals, error) {
	file, err := openSide(ctx, RefusalsOf(store), connection{lock: "deferred", synchronous: "OFF", most: 1}, refusalsTable)
	if err != nil {
		return nil, fail(err)
	}
	return &Refusals{file}, nil
}

// ReadRefusals opens refusals that are there already; fs.ErrNotExist if there
// are none.
func ReadRefusals(ctx context.Context, store string) (*Refusals, error) {
	if _, err := os.Stat(RefusalsOf(store)); err != nil {
		return nil, err
	}
	return OpenRefusals(ctx, store)
}

const refusalsTable = `
	CREATE TABLE IF NOT EXISTS refusals (
	  seq  INTEGER PRIMARY KEY, -- the order of arrival
	  id   TEXT NOT NULL UNIQUE,
	  at   INTEGER NOT NULL, -- milliseconds since 1970
	  data BLOB NOT NULL
	) STRICT`

// Put adds refusals, and drops the oldest of more than are kept.
func (r *Refusals) Put(ctx context.Context, list []Refusal) error {
	return r.file.do(ctx, nil, func(t *tx) error {
		for _, one := range list {
			err := t.exec("INSERT INTO refusals (id, at, data) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING", one.ID, one.At.UnixMilli(), one.Data)
			if err != nil {
				return err
			}
		}
		return t.exec("DELETE FROM refusals WHERE seq <= (SELECT max(seq) FROM refusals) - ?", refusals.Kept)
	})
}

const selectRefusal = "SELECT id, at, data FROM refusals "

func scanRefusal(row scanner) (one Refusal, err error) {
	var at int64
	err = row.Scan(&one.ID, &at, &one.Data)
	one.At = date(at)
	return one, err
}

// Refusal returns the refusal of an id, or ErrNoRefusal.
func (r *Refusals) Refusal(ctx context.Context, id string) (found Refusal, err error) {
	err = r.view(ctx, func(t *tx) error {
		found, err = one(t, ErrNoRefusal, scanRefusal, selectRefusal+"WHERE id = ?", id)
		return err
	})
	return found, err
}

// Last returns the last refusals, the newest first.
func (r *Refusals) Last(ctx context.Context, limit int) (list []Refusal, err error) {
	err = r.view(ctx, func(t *tx) error {
		list, err = many(t, scanRefusal, selectRefusal+"ORDER BY seq DESC LIMIT ?", limit)
		return err
	})
	return list, err
}

func (r *Refusals) view(ctx context.Context, fn func(*tx) error) error {
	return r.file.do(ctx, &sql.TxOptions{ReadOnly: true}, fn)
}

// Close closes the file.
func (r *Refusals) Close() error { return r.file.Close() }
