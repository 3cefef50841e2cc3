package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/internal/migrations"
)

// OpenReadOnly opens a store in a file that is there, of whatever version, to look at
// it: nothing is changed, what would change something is an error, and what others
// change is not noticed. A store of another version, of which Migrations says so, can
// be checked and copied, and of its rows only ReadTables may be asked. Close it.
func OpenReadOnly(ctx context.Context, path string) (_ *Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sqlite: open %s: %w", path, err)
		}
	}()
	name, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(name); err != nil {
		return nil, err
	}
	s := &Store{name: name}
	if s.readers, err = connect(name, connection{lock: "deferred", most: reading().most, looks: true}); err != nil {
		return nil, err
	}
	s.toRead = newStatements(s.readers)
	var tables int
	if err := s.readers.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// errReadOnly is for who would write what was opened to be read.
var errReadOnly = errors.New("it was opened to be read alone")

// looking is how to connect to a file as it is.
func looking(name string) string {
	source := url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: url.Values{
		"mode":    {"rw"}, // it must be there; what a crash has left in the write-ahead log may have to be read
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())},
	}.Encode()}
	return source.String()
}

// Migrations says of which version the tables are, and what would bring them up to
// date. Tables of a newer program are an error.
func (s *Store) Migrations(ctx context.Context) (migrations.State, error) {
	var current int64
	var there bool
	err := s.readers.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')").Scan(&there)
	if err == nil && there {
		err = s.readers.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&current)
	}
	if err != nil {
		return migrations.State{}, fail(err)
	}
	steps, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return migrations.State{}, err
	}
	state, err := migrations.Of(steps, current)
	if err != nil {
		err = fail(err)
	}
	return state, err
}

// mostFaults is how many faults are told.
const mostFaults = 20

// Check reads all of the file, and says what is wrong with it: pages and indexes
// (PRAGMA integrity_check), and rows that refer to others which are not there. The
// error is that it could not be looked at.
func (s *Store) Check(ctx context.Context) (faults []string, err error) {
	err = s.view(ctx, func(t *tx) error {
		faults, err = many(t, scanned[string], fmt.Sprintf("PRAGMA integrity_check(%d)", mostFaults))
		if err != nil {
			return err
		}
		if len(faults) == 1 && faults[0] == "ok" {
			faults = nil
		}
		lost, err := many(t, scanReference, "SELECT \"table\", coalesce(rowid, 0), parent FROM pragma_foreign_key_check LIMIT ?", mostFaults)
		faults = append(faults, lost...)
		return err
	})
	if isDamaged(err) { // so much that it cannot be read
		return append(faults, err.Error()), nil
	}
	return faults, err
}

func scanReference(row scanner) (fault string, err error) {
	var table, parent string
	var id int64
	err = row.Scan(&table, &id, &parent)
	return fmt.Sprintf("row %d of table %s refers to a row of %s that is not there", id, table, parent), err
}

// CopyInto writes what is committed into a file, which must be empty or not there,
// and is not synced. Others may read and write meanwhile; the write-ahead log cannot
// begin again before it is done. Package store/backup makes a backup of it.
func (s *Store) CopyInto(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", looking(s.name)) // its own: a server's readers are for its callers
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return fail(err)
	}
	return nil
}
