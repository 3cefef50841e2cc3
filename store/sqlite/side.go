package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/holdfast-go/holdfast/internal/spans"
)

// sideFile is a file of one table beside the store's, whose loss costs no more
// than the count of an hour or an explanation. Nothing in it may stop the server:
// where it is damaged, as after a power cut, it is set aside and made new.
type sideFile struct {
	name  string
	how   connection
	table string // the statements that make it

	mu sync.RWMutex
	db *sql.DB // another one after damage
}

// openSide opens a side file, which it creates for its owner alone.
func openSide(ctx context.Context, name string, how connection, table string) (*sideFile, error) {
	name, err := prepareFile(name)
	if err != nil {
		return nil, err
	}
	f := &sideFile{name: name, how: how, table: table}
	if f.db, err = f.connect(ctx); isDamaged(err) {
		err = f.replace(ctx, nil, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// connect opens the file and looks at all of it. While another process makes the
// file, SQLite may say that it is locked without having waited.
func (f *sideFile) connect(ctx context.Context) (db *sql.DB, err error) {
	const tries, pause = 100, busyTimeout / 100
	for range tries {
		if db, err = f.connectNow(ctx); !isLocked(err) {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return db, err
}

// isLocked reports whether an error says that others have the file.
func isLocked(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code()&0xff == codes.SQLITE_BUSY
}

func (f *sideFile) connectNow(ctx context.Context) (*sql.DB, error) {
	db, err := connect(f.name, f.how)
	if err != nil {
		return nil, err
	}
	if err := f.prepare(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (f *sideFile) prepare(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, f.table); err != nil {
		return err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}

// errDamaged says that SQLite's own check has found something.
var errDamaged = errors.New("the file is damaged")

// isDamaged reports whether an error says that a file is no database, or not a
// whole one.
func isDamaged(err error) bool {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		code := e.Code() & 0xff // without what it says further
		return code == codes.SQLITE_CORRUPT || code == codes.SQLITE_NOTADB
	}
	return errors.Is(err, errDamaged)
}

// damagedSuffix is of the name under which a damaged file is kept: the last one,
// so that a disk which damages them again and again is not filled.
const damagedSuffix = "-damaged"

// replace sets the file aside and makes a new one, unless another goroutine has
// done so since old was read. Another process that has the old one open goes on
// with it until it finds the damage for itself.
func (f *sideFile) replace(ctx context.Context, old *sql.DB, cause error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db != old {
		return nil
	}
	if old != nil {
		_ = old.Close() // what it would write is lost all the same
		f.db = nil
	}
	for _, part := range []string{"-wal", "-shm"} { // they belong to the damaged file alone
		if err := os.Remove(f.name + part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(cause, err)
		}
	}
	if err := os.Rename(f.name, f.name+damagedSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(cause, err)
	}
	slog.WarnContext(ctx, "a side file of the store was damaged and is made new",
		slog.String("file", f.name), slog.String("kept", f.name+damagedSuffix), slog.String("error", cause.Error()))
	if _, err := prepareFile(f.name); err != nil {
		return err
	}
	db, err := f.connect(ctx)
	f.db = db
	return err
}

// do runs a transaction, and runs it again on a new file if this one turns out
// to be damaged.
func (f *sideFile) do(ctx context.Context, options *sql.TxOptions, fn func(*tx) error) (err error) {
	if f == nil { // of a store that was opened to be read
		return fmt.Errorf("sqlite: %w", errReadOnly)
	}
	ctx, span := spans.Begin(ctx, spans.Store, "count")
	defer func() { span.EndWith(err) }()
	db, err := f.try(ctx, options, fn)
	if !isDamaged(err) {
		return err
	}
	if err := f.replace(ctx, db, err); err != nil {
		return err
	}
	_, err = f.try(ctx, options, fn)
	return err
}

// try runs a transaction, and says on which file. Those that are in progress keep
// the file from being replaced.
func (f *sideFile) try(ctx context.Context, options *sql.TxOptions, fn func(*tx) error) (*sql.DB, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return nil, fmt.Errorf("%w: it could not be made new", errDamaged) // which the next caller tries
	}
	t, err := f.db.BeginTx(ctx, options)
	if err != nil {
		return f.db, fail(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after Commit
	if err := fn(&tx{ctx: ctx, sql: t}); err != nil || options != nil && options.ReadOnly {
		return f.db, err
	}
	if err := t.Commit(); err != nil {
		return f.db, fail(err)
	}
	return f.db, nil
}

// Close closes the file.
func (f *sideFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db == nil {
		return nil
	}
	return f.db.Close()
}
