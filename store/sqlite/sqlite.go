// Package sqlite is an account store in one SQLite file, for one machine.
//
// What Update acknowledged survives a crash and a power cut: the journal is a
// write-ahead log that is synced at every commit. Other processes may use the
// file at the same time; what they change of what callers may do is noticed
// within 250 ms.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/spans"
)

// Store is the store. It is safe for concurrent use.
type Store struct {
	name     string  // of the file
	writer   *sql.DB // one connection, so that writers queue here and not at the file's lock
	readers  *sql.DB
	attempts *sideFile
	nobodies atomic.Int64 // wrong passwords for names without an account, since the start

	toWrite, toRead *statements // prepared ones

	walMost  int64        // how long the write-ahead log may become before it is made to begin again
	walAgain atomic.Int64 // after one that could not: when it is so long it is tried again

	generation atomic.Uint64
	stop       context.CancelFunc // of the watcher
	watching   sync.WaitGroup
}

var _ account.Store = (*Store)(nil)

// busyTimeout is how long a transaction that writes waits to begin: for those of
// this process that came before, and for the lock of another process.
const busyTimeout = 5 * time.Second

// Open opens the store in a file, which it creates for its owner alone if it
// does not exist, and brings its tables up to date. A file that others may
// read is refused: it holds password hashes and signing keys. Close it.
func Open(ctx context.Context, path string) (_ *Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sqlite: open %s: %w", path, err)
		}
	}()
	name, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	s := &Store{name: name, walMost: walMost}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.writer, err = connect(name, writing()); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.writer); err != nil {
		return nil, err
	}
	if s.readers, err = connect(name, reading()); err != nil {
		return nil, err
	}
	s.toWrite, s.toRead = newStatements(s.writer), newStatements(s.readers)
	if s.attempts, err = openSide(ctx, name+attemptsSuffix, counting(), attemptsTable); err != nil {
		return nil, err
	}
	return s, s.watch(ctx)
}

// prepareFile makes sure that the file exists and is its owner's alone, and
// returns its absolute name. SQLite gives the files beside it the same mode.
func prepareFile(path string) (string, error) {
	name, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator says where the data is
	if err != nil {
		return "", cannotOpen(name, err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others may read it (mode %04o), and it holds keys: chmod 600 %s", mode, path)
	}
	return name, nil
}

// cannotOpen says what to do about a file that cannot be opened.
func cannotOpen(name string, err error) error {
	switch _, missing := os.Stat(filepath.Dir(name)); {
	case errors.Is(missing, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist (%w)", filepath.Dir(name), missing)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("it must be writable for this program (%w)", err)
	}
	return err
}

// connection is how a file is connected to.
type connection struct {
	lock        string // how transactions begin
	synchronous string // FULL: NORMAL would lose commits in a power cut
	most        int    // how many at once
	looks       bool   // at what is there, and changes nothing
}

// The connections to the store's file.
func writing() connection { return connection{lock: "immediate", synchronous: "FULL", most: 1} }

func reading() connection {
	return connection{lock: "deferred", synchronous: "FULL", most: max(4, runtime.GOMAXPROCS(0))}
}

func connect(name string, c connection) (*sql.DB, error) {
	db, err := sql.Open("sqlite", c.source(name))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(c.most)
	db.SetMaxIdleConns(c.most)
	return db, nil
}

// source tells the driver what every connection begins with.
func (c connection) source(name string) string {
	if c.looks {
		return looking(name) + "&_pragma=query_only(ON)"
	}
	source := url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
			"journal_mode(WAL)",
			fmt.Sprintf("journal_size_limit(%d)", walKept),
			"synchronous(" + c.synchronous + ")",
			"foreign_keys(ON)",
			"secure_delete(ON)", // a signing key that is gone, or encrypted now, leaves no trace
		},
		"_txlock": {c.lock},
	}.Encode()}
	return source.String()
}

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the tables up to date. Another process may be doing the same;
// the one that loses a step finds it done at the next try.
func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	for range 5 {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err == nil && current > target {
		err = fmt.Errorf("it was made by a newer version (its tables are of version %d, this program knows %d)", current, target)
	}
	return err
}

// Close ends the watch and closes the file. Transactions must have ended.
func (s *Store) Close() error {
	if s.stop != nil {
		s.stop()
		s.watching.Wait()
	}
	var err error
	for _, kept := range []*statements{s.toRead, s.toWrite} {
		if kept != nil {
			err = errors.Join(err, kept.Close())
		}
	}
	for _, db := range []*sql.DB{s.readers, s.writer} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if s.attempts != nil {
		err = errors.Join(err, s.attempts.Close())
	}
	return err
}

// Ping reports whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	var used bool
	if err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM settings)").Scan(&used); err != nil {
		return fail(err)
	}
	return nil
}

// View implements account.Store.
func (s *Store) View(ctx context.Context, fn func(account.Reader) error) error {
	return s.view(ctx, func(t *tx) error { return fn(t) })
}

func (s *Store) view(ctx context.Context, fn func(*tx) error) (err error) {
	ctx, span := spans.Begin(ctx, spans.Store, "read")
	defer func() { span.EndWith(err) }()
	t, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fail(err)
	}
	defer s.toRead.prepare(ctx)
	defer func() { _ = t.Rollback() }() // it only read
	return fn(&tx{ctx: ctx, sql: t, kept: s.toRead})
}

// Update implements account.Store.
func (s *Store) Update(ctx context.Context, fn func(account.Writer) error) error {
	return s.update(ctx, func(t *tx) error { return fn(t) })
}

func (s *Store) update(ctx context.Context, fn func(*tx) error) (err error) {
	if s.writer == nil {
		return fmt.Errorf("sqlite: %w", errReadOnly)
	}
	ctx, span := spans.Begin(ctx, spans.Store, "write")
	defer func() { span.EndWith(err) }()
	begun, done, err := s.begin(ctx)
	if err != nil {
		return fail(err)
	}
	defer s.shorten(ctx)
	defer s.toWrite.prepare(ctx)
	defer done()
	t := &tx{ctx: ctx, sql: begun, kept: s.toWrite}
	if err := fn(t); err != nil {
		return err
	}
	if t.told {
		if err := t.prune(); err != nil {
			return err
		}
		defer s.generation.Add(1) // also after an error: the commit may have been done
	}
	if err := begun.Commit(); err != nil {
		return fail(err)
	}
	return nil
}

// begin begins a transaction that writes. done gives its connection back, and
// undoes what was not committed.
//
// The file's lock is waited for by one at a time. What is left of its patience
// after the wait for its turn is what each has for the lock: with all of it,
// each would wait for as long as all before it together.
func (s *Store) begin(ctx context.Context) (t *sql.Tx, done func(), err error) {
	began := time.Now() //nolint:forbidigo // how long it has waited
	turn, cancel := context.WithTimeoutCause(ctx, busyTimeout, errLocked)
	defer cancel()
	conn, err := s.writer.Conn(turn)
	if err != nil {
		if cause := context.Cause(turn); cause != nil && ctx.Err() == nil {
			err = cause
		}
		return nil, nil, err
	}
	back := func() { _ = conn.Close() }                        // to the others
	if waited := time.Since(began); waited > busyTimeout/100 { //nolint:forbidigo // as above
		back = func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), patience(busyTimeout)); _ = conn.Close() }
		if _, err = conn.ExecContext(ctx, patience(busyTimeout-waited)); err != nil {
			back()
			return nil, nil, err
		}
	}
	if t, err = conn.BeginTx(ctx, nil); err != nil {
		back()
		return nil, nil, err
	}
	return t, func() { _ = t.Rollback(); back() }, nil // Rollback does nothing after Commit
}

// errLocked is the error of who has waited for the others for as long as one may.
var errLocked error = lockedError{}

type lockedError struct{}

func (lockedError) Error() string { return "other transactions have not ended in time" }

// RetryAfter is a guess: the others may have ended by then.
func (lockedError) RetryAfter() time.Duration { return time.Second }

// patience is for how long a connection waits for the file's lock.
func patience(d time.Duration) string {
	return fmt.Sprintf("PRAGMA busy_timeout(%d)", max(1, d.Milliseconds()))
}
