package postgres

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/refusals"
)

// ErrNoRefusal says that a refusal is not known, or not any more.
var ErrNoRefusal = refusals.ErrNone

// Refusal is one refused request, in whatever form the server describes it.
type Refusal = refusals.Record

// Refusals keeps the last refused requests of all servers in a table without a
// log, whose commits wait for no disk: they may be lost in a crash.
type Refusals struct{ store *Store }

var _ refusals.Store = (*Refusals)(nil)

// OpenRefusals opens the refusals of the store, on its connections.
func (s *Store) OpenRefusals(context.Context) (refusals.Store, error) { return &Refusals{s}, nil }

// Put adds refusals, and drops the oldest of more than are kept.
func (r *Refusals) Put(ctx context.Context, list []Refusal) error {
	var ids []string
	var at []int64
	var data [][]byte
	for _, one := range list {
		if areTexts([]any{one.ID}) {
			ids, at, data = append(ids, one.ID), append(at, one.At.UnixMilli()), append(data, one.Data)
		}
	}
	return r.store.lightly(ctx, func(t *tx) error {
		err := t.exec(`
			INSERT INTO refusals (id, at, data) SELECT id, at, data FROM unnest($1::text[], $2::int8[], $3::bytea[]) AS new (id, at, data)
			ON CONFLICT (id) DO NOTHING`, ids, at, data)
		if err != nil {
			return err
		}
		return t.exec(`
			DELETE FROM refusals WHERE seq IN (SELECT seq FROM refusals WHERE seq <=
				(SELECT seq FROM refusals ORDER BY seq DESC OFFSET $1 LIMIT 1) FOR UPDATE SKIP LOCKED)`, refusals.Kept)
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
	err = r.store.ask(ctx, func(t *tx) error {
		found, err = one(t, ErrNoRefusal, scanRefusal, selectRefusal+"WHERE id = $1", id)
		return err
	})
	return found, err
}

// Last returns the last refusals, the newest first.
func (r *Refusals) Last(ctx context.Context, limit int) (list []Refusal, err error) {
	err = r.store.ask(ctx, func(t *tx) error {
		list, err = many(t, scanRefusal, selectRefusal+"ORDER BY seq DESC LIMIT $1", limit)
		return err
	})
	return list, err
}

// Close does nothing: the connections are the store's.
func (*Refusals) Close() error { return nil }
