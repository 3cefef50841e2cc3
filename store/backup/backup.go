// Package backup writes all that a store keeps into one file, while servers run on
// the store, and puts it back: into a store of the same kind or of another.
//
// A backup is an SQLite file, whatever the store is: of SQLite's a copy as of one
// moment (VACUUM INTO), of another store its rows, read in one snapshot. So it can be
// looked into, and a server can even be started on a copy of it. It holds password
// hashes and signing keys, these in the clear unless there is a master key; it is
// made for its owner alone.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/holdfast-go/holdfast/internal/migrations"
	"github.com/holdfast-go/holdfast/internal/newfile"
	"github.com/holdfast-go/holdfast/internal/tables"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// Store is what can be backed up and restored into: a [sqlite.Store] or a
// postgres.Store.
type Store interface {
	ReadTables(ctx context.Context, fn func(tables.Reader) error) error
	WriteTables(ctx context.Context, fn func(tables.Writer) error) error
}

// copier is a store whose file can be copied as it is.
type copier interface {
	CopyInto(ctx context.Context, file string) error
}

// Options say how.
type Options struct {
	// Replace lets a backup take the place of a file, and a restored one that of what
	// the store keeps. Without it that is an error: fs.ErrExist, [ErrNotEmpty].
	Replace bool

	// Progress is called after each table; nil for nothing.
	Progress func(Table)
}

// Table is how much is in a table, and what: the checksum is that of its rows in
// whatever order, and the same in every kind of store.
type Table struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"`
}

// Report says what was written.
type Report struct {
	Version int64   `json:"version"` // of the tables
	Bytes   int64   `json:"bytes"`   // of the backup
	Rows    int64   `json:"rows"`    // in all tables
	Tables  []Table `json:"tables"`
}

// Errors of Restore.
var (
	ErrNotEmpty = tables.ErrNotEmpty                      // there is something in the store
	ErrNoBackup = errors.New("this is no backup")         // but another file
	ErrDamaged  = errors.New("the file is damaged")       // and nothing of it was restored
	ErrInUse    = errors.New("a server has it in use")    // so it is no backup, but a store
	errLeftover = errors.New("it is of another database") // the write-ahead log
)

// Write makes a backup of a store in a file. What was acknowledged before it begins
// is in it. It is read again and checked before it is given its name, so that there
// is a good one, or none, or the one from before. A store of PostgreSQL has to be
// opened with a Timeout for it, as it is read in one transaction.
func Write(ctx context.Context, from Store, file string, o Options) (r Report, err error) {
	err = newfile.Make(file, o.Replace, func(temporary string) error {
		if err := fill(ctx, from, temporary); err != nil {
			return err
		}
		r, err = inspect(ctx, temporary, o.Progress)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	return r, nil
}

// Of returns what makes backups of a store and writes them, for a console.Config. It
// makes one as Write does, in a file of its own for the time, so nothing is written
// unless the backup is good. That file is in the system's folder for what is temporary,
// and as large as the backup. A store that cannot be backed up is an error when it is
// asked for one.
func Of(store any) func(ctx context.Context, to io.Writer) error {
	return func(ctx context.Context, to io.Writer) (err error) {
		from, ok := store.(Store)
		if !ok {
			return fmt.Errorf("backup: %T cannot be backed up", store)
		}
		dir, err := os.MkdirTemp("", "backup-*") // 0700
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		name := filepath.Join(dir, "backup.db")
		if _, err := Write(ctx, from, name, Options{}); err != nil {
			return err
		}
		return send(name, to)
	}
}

func send(name string, to io.Writer) error {
	file, err := os.Open(name) //nolint:gosec // in a folder of our own
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = io.Copy(to, file)
	return errors.Join(err, file.Close())
}

// fill writes into an empty file.
func fill(ctx context.Context, from Store, file string) (err error) {
	if whole, ok := from.(copier); ok {
		return whole.CopyInto(ctx, file)
	}
	if err := upToDate(ctx, from); err != nil {
		return err
	}
	return beside(file, func(dir string) error { // what else SQLite has beside its file
		built := filepath.Join(dir, "backup.db")
		to, err := sqlite.Open(ctx, built)
		if err != nil {
			return err
		}
		err = from.ReadTables(ctx, func(r tables.Reader) error { // in one snapshot
			return to.WriteTables(ctx, func(w tables.Writer) error { return tables.Copy(ctx, r, w, tables.Options{Replace: true}) })
		})
		err = errors.Join(err, to.Close())
		if err != nil {
			return err
		}
		looked, err := sqlite.OpenReadOnly(ctx, built)
		if err != nil {
			return err
		}
		return errors.Join(looked.CopyInto(ctx, file), looked.Close()) // without a write-ahead log
	})
}

// upToDate reports a store whose rows have no place in the tables of this program.
func upToDate(ctx context.Context, from Store) error {
	store, ok := from.(interface {
		Migrations(ctx context.Context) (migrations.State, error)
	})
	if !ok {
		return nil // then tables that are not the same are an error
	}
	state, err := store.Migrations(ctx)
	if err == nil && len(state.Pending) > 0 {
		err = fmt.Errorf("its tables are of version %d and this program has %d: it has to be migrated first, or backed up by the program that it is of", state.Current, state.Target)
	}
	return err
}

// beside runs a function with a folder of its own for it, beside a file.
func beside(file string, fn func(dir string) error) error {
	dir, err := os.MkdirTemp(filepath.Dir(file), ".restore-*") // 0700
	if err != nil {
		return err
	}
	return errors.Join(fn(dir), os.RemoveAll(dir))
}

// inspect checks a file and says what is in it.
func inspect(ctx context.Context, file string, progress func(Table)) (r Report, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return r, err
	}
	r.Bytes = info.Size()
	store, err := sqlite.OpenReadOnly(ctx, file)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	faults, err := store.Check(ctx)
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%w: %s", ErrDamaged, strings.Join(faults, "; "))
	}
	if err != nil {
		return r, err
	}
	state, err := store.Migrations(ctx)
	if err == nil && state.Current == 0 {
		err = fmt.Errorf("%w: there are no tables in it", ErrNoBackup)
	}
	if err != nil {
		return r, err
	}
	r.Version = state.Current
	r.Tables, err = Tables(ctx, store, progress)
	for _, t := range r.Tables {
		r.Rows += t.Rows
	}
	return r, err
}

// Tables reads all that a store keeps, and says how much it is.
func Tables(ctx context.Context, store Store, progress func(Table)) (list []Table, err error) {
	err = store.ReadTables(ctx, func(r tables.Reader) error {
		list = nil
		all, err := r.Tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range all {
			sum, err := tables.SumOf(ctx, r, t)
			if err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			list = append(list, tableOf(t.Name, sum))
			if progress != nil {
				progress(list[len(list)-1])
			}
		}
		return nil
	})
	return list, err
}

func tableOf(name string, s tables.Sum) Table {
	return Table{Name: name, Rows: s.Rows, Checksum: fmt.Sprintf("%016x", s.Hash[0])}
}

// duplicate copies a file for its owner alone.
func duplicate(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // the operator says which
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // in a folder of our own
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
