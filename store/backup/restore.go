package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/internal/newfile"
	"github.com/holdfast-go/holdfast/internal/tables"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// Restore puts a backup into a store, in one transaction: all of it or nothing. The
// file is checked first, and not changed; one that an older version has made is
// brought up to date on the way. Servers that run on the store do not hear of it:
// stop them first. Sessions that have ended since the backup are open again.
func Restore(ctx context.Context, file string, to Store, o Options) (r Report, err error) {
	err = prepared(ctx, file, filepath.Join(os.TempDir(), "x"), func(copied string) error {
		from, err := sqlite.OpenReadOnly(ctx, copied)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, from.Close()) }()
		if r, err = inspect(ctx, copied, nil); err != nil {
			return err
		}
		return from.ReadTables(ctx, func(source tables.Reader) error {
			return to.WriteTables(ctx, func(target tables.Writer) error { return r.restore(ctx, source, target, o) })
		})
	})
	if err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	return r, nil
}

// restore may be run again, if others get in the way of its transaction.
func (r *Report) restore(ctx context.Context, from tables.Reader, to tables.Writer, o Options) error {
	r.Tables, r.Rows = nil, 0
	return tables.Copy(ctx, from, to, tables.Options{Replace: o.Replace, Done: func(name string, s tables.Sum) {
		r.Tables, r.Rows = append(r.Tables, tableOf(name, s)), r.Rows+s.Rows
		if o.Progress != nil {
			o.Progress(r.Tables[len(r.Tables)-1])
		}
	}})
}

// RestoreFile makes an SQLite file of a backup, which must not be there: it gets its
// name when all of it is on the disk. Otherwise it is as Restore.
func RestoreFile(ctx context.Context, file, to string, o Options) (r Report, err error) {
	if err := leftover(to, o.Replace); err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	err = newfile.Make(to, false, func(temporary string) error {
		return prepared(ctx, file, temporary, func(copied string) error {
			if r, err = inspect(ctx, copied, o.Progress); err != nil {
				return err
			}
			return os.Rename(copied, temporary)
		})
	})
	if err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	return r, nil
}

// leftover reports the write-ahead log of a file that is gone: SQLite would take it
// for that of the new one, and write it over what was restored.
func leftover(to string, remove bool) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return err // newfile says that it is there
	}
	for _, name := range []string{to + "-wal", to + "-shm", to + "-journal"} {
		_, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && !remove:
			return fmt.Errorf("there is a %s: %w", name, errLeftover)
		case err == nil:
			err = os.Remove(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prepared runs a function with a copy of a backup, beside another file, that was
// checked and has the tables of this program.
func prepared(ctx context.Context, file, to string, fn func(copied string) error) error {
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s: %w, or had it when it crashed", file, ErrInUse)
	}
	if err := isDatabase(file); err != nil {
		return err
	}
	return beside(to, func(dir string) error {
		copied := filepath.Join(dir, "backup.db")
		if err := duplicate(file, copied); err != nil {
			return err
		}
		if _, err := inspect(ctx, copied, nil); err != nil {
			return err
		}
		store, err := sqlite.Open(ctx, copied)
		if err == nil {
			err = store.Close() // which ends the write-ahead log
		}
		if err != nil {
			return err
		}
		return fn(copied)
	})
}

// isDatabase looks whether a file begins as those of SQLite do.
func isDatabase(file string) (err error) {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(file) //nolint:gosec // the operator says which
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	begin := make([]byte, len(magic))
	if n, _ := f.Read(begin); n < len(magic) || string(begin) != magic {
		return fmt.Errorf("%s: %w", file, ErrNoBackup)
	}
	return nil
}
