package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// tell writes a change into the log.
func (t *tx) tell(kind account.ChangeKind, key string) error {
	return t.tellIf("INSERT INTO changes (kind, key) VALUES (?, ?)", kind, key)
}

// tellIf writes the changes that a statement finds a reason for.
func (t *tx) tellIf(insert string, args ...any) error {
	rows, err := t.affect(insert, args...)
	t.told = t.told || rows > 0
	return err
}

// Changes of what is there. What is new concerns no caller yet.
const (
	userChanged   = "INSERT INTO changes (kind, key) SELECT 'user', id FROM users WHERE id = ?"
	roleChanged   = "INSERT INTO changes (kind, key) SELECT 'role', name FROM roles WHERE name = ?"
	clientChanged = "INSERT INTO changes (kind, key) SELECT 'client', id FROM clients WHERE id = ?"
	apiKeyChanged = "INSERT INTO changes (kind, key) SELECT 'apikey', id FROM api_keys WHERE id = ?"
	sessionEnded  = "INSERT INTO changes (kind, key) SELECT 'session', id FROM sessions WHERE id = ?"
)

// prune throws out what need not be kept.
func (t *tx) prune() error {
	return t.exec("DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - ?", account.KeepChanges)
}

// Generation implements account.ChangeLog.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// Changes implements account.ChangeLog.
func (s *Store) Changes(ctx context.Context, after int64) (page account.ChangePage, err error) {
	err = s.view(ctx, func(t *tx) error {
		page, err = t.changes(after)
		return err
	})
	return page, err
}

func (t *tx) changes(after int64) (page account.ChangePage, err error) {
	page, err = one(t, nil, scanEnds, "SELECT coalesce((SELECT min(seq) FROM changes), 1) - 1, coalesce((SELECT max(seq) FROM changes), 0)")
	if err != nil || after >= page.Settled {
		return page, err
	}
	page.Changes, err = many(t, scanChange, "SELECT seq, kind, key FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", after, account.MaxChangePage)
	return page, err
}

func scanEnds(row scanner) (page account.ChangePage, err error) {
	err = row.Scan(&page.Pruned, &page.Settled)
	return page, err
}

func scanChange(row scanner) (change account.Change, err error) {
	err = row.Scan(&change.Number, &change.Kind, &change.Key)
	return change, err
}

const watchEvery = 250 * time.Millisecond

// watcher looks for changes that other processes have written. It has a
// connection of its own: SQLite's data_version differs only when another
// connection committed.
type watcher struct {
	conn    *sql.Conn
	version int64 // data_version
	last    int64 // the number of the last change
}

// watch looks for changes of others until Close.
func (s *Store) watch(ctx context.Context) error {
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return err
	}
	w := &watcher{conn: conn}
	w.changed(ctx) // from here on
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.watching.Go(func() { // until Close
		defer func() { _ = conn.Close() }() // nothing was written on it
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if w.changed(ctx) {
				s.generation.Add(1)
			}
		}
	})
	return nil
}

// changed reports whether the log has changes that it did not have the last
// time. Most commits write none, so most of the time it asks for no more than
// whether anything was committed. Not knowing counts as a change: those who ask
// the log then find out.
func (w *watcher) changed(ctx context.Context) bool {
	version, err := w.number(ctx, "PRAGMA data_version")
	if err == nil && version == w.version {
		return false
	}
	last, err2 := w.number(ctx, "SELECT coalesce(max(seq), 0) FROM changes")
	if err != nil || err2 != nil {
		w.version = -1 // which it never is
		return true
	}
	before := w.last
	w.version, w.last = version, last
	return last != before
}

func (w *watcher) number(ctx context.Context, query string) (n int64, err error) {
	if err := w.conn.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, fail(err)
	}
	return n, nil
}
