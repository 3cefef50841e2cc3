package backup_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/migrations"
	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	check(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func putRole(t *testing.T, store *sqlite.Store, name string) {
	t.Helper()
	check(t, store.Update(t.Context(), func(w account.Writer) error { return w.PutRole(account.Role{Name: name, Scopes: []string{"a"}}) }))
}

func roles(t *testing.T, store *sqlite.Store) (names []string) {
	t.Helper()
	check(t, store.View(t.Context(), func(r account.Reader) error {
		list, err := r.Roles()
		for _, one := range list {
			names = append(names, one.Name)
		}
		return err
	}))
	return names
}

// made is a store with a role, and a backup of it.
func made(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	store := open(t, filepath.Join(dir, "test.db"))
	putRole(t, store, "first")
	file = filepath.Join(dir, "backup.db")
	r, err := backup.Write(t.Context(), store, file, backup.Options{})
	check(t, err)
	if info, err := os.Stat(file); err != nil || r.Bytes != info.Size() || r.Rows < 2 || len(r.Tables) < 10 || r.Version < 56 {
		t.Errorf("Write = %+v of %v, %v", r, info, err)
	} else if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, want 0600", info.Mode())
	}
	putRole(t, store, "second")
	return dir, file
}

// names are those of the files in a folder, without the store's own.
func names(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	check(t, err)
	var out []string
	for _, one := range list {
		if !strings.HasPrefix(one.Name(), "test.db") {
			out = append(out, one.Name())
		}
	}
	return strings.Join(out, " ")
}

func TestABackupIsOfOneMoment(t *testing.T) {
	t.Parallel()
	dir, file := made(t)
	restored := filepath.Join(dir, "new", "test.db")
	check(t, os.Mkdir(filepath.Dir(restored), 0o700))
	var told []backup.Table
	r, err := backup.RestoreFile(t.Context(), file, restored, backup.Options{Progress: func(t backup.Table) { told = append(told, t) }})
	check(t, err)
	if fmt.Sprint(told) != fmt.Sprint(r.Tables) || len(told) < 10 {
		t.Errorf("the progress was %v, want %v", told, r.Tables)
	}
	if got := roles(t, open(t, restored)); fmt.Sprint(got) != "[first]" {
		t.Errorf("there are %v, want the first alone", got)
	}
	if got := names(t, dir); got != "backup.db new" {
		t.Errorf("there is %s", got)
	}
	_, err = backup.RestoreFile(t.Context(), file, restored, backup.Options{Replace: true})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("RestoreFile = %v where there is a file, want fs.ErrExist", err)
	}
}

// A store with something in it keeps that unless it may go, and has all or nothing of
// the backup.
func TestRestore(t *testing.T) {
	t.Parallel()
	_, file := made(t)
	store := open(t, filepath.Join(t.TempDir(), "test.db"))
	putRole(t, store, "theirs")
	_, err := backup.Restore(t.Context(), file, store, backup.Options{})
	if got := roles(t, store); !errors.Is(err, backup.ErrNotEmpty) || fmt.Sprint(got) != "[theirs]" {
		t.Errorf("Restore = %v, and there are %v", err, got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = backup.Restore(ctx, file, store, backup.Options{Replace: true, Progress: func(backup.Table) { cancel() }})
	if got := roles(t, store); err == nil || fmt.Sprint(got) != "[theirs]" {
		t.Errorf("Restore = %v in the midst of which it was ended, and there are %v", err, got)
	}
	r, err := backup.Restore(t.Context(), file, store, backup.Options{Replace: true})
	if got := roles(t, store); err != nil || fmt.Sprint(got) != "[first]" || r.Rows < 2 {
		t.Errorf("Restore = %+v, %v, and there are %v", r, err, got)
	}
}

// spoil changes a backup as SQLite, or as a disk does.
func spoil(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	check(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	check(t, errors.Join(err, db.Close()))
}

func TestWhatIsNoGoodBackupIsNotRestored(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, file string)
		want  error  // nil for another
		says  string // of the error
	}{
		"a file that is not there": {func(t *testing.T, file string) { check(t, os.Remove(file)) }, fs.ErrNotExist, ""},
		"an empty file":            {func(t *testing.T, file string) { check(t, os.Truncate(file, 0)) }, backup.ErrNoBackup, ""},
		"half of it": {func(t *testing.T, file string) {
			info, err := os.Stat(file)
			check(t, err)
			check(t, os.Truncate(file, info.Size()/2))
		}, nil, ""},
		"a page of another": {func(t *testing.T, file string) {
			f, err := os.OpenFile(file, os.O_RDWR, 0)
			check(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("x", 3*4096)), 5*4096)
			check(t, errors.Join(err, f.Close()))
		}, backup.ErrDamaged, ""},
		"a row that refers to none": {func(t *testing.T, file string) {
			spoil(t, file, "INSERT INTO user_roles (user_id, role) VALUES ('none', 'first')")
		}, backup.ErrDamaged, "of table user_roles refers to a row of users that is not there"},
		"one of a newer version": {func(t *testing.T, file string) {
			spoil(t, file, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
		}, nil, "it was made by a newer version (its tables are of version 99999"},
		"another database": {func(t *testing.T, file string) {
			check(t, os.Remove(file))
			spoil(t, file, "CREATE TABLE songs (name)")
		}, backup.ErrNoBackup, "there are no tables"},
		"one that is in use": {func(t *testing.T, file string) {
			check(t, os.WriteFile(file+"-wal", []byte("x"), 0o600))
		}, backup.ErrInUse, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := made(t)
			test.spoil(t, file)
			before := names(t, dir)
			_, err := backup.RestoreFile(t.Context(), file, filepath.Join(dir, "new.db"), backup.Options{})
			store := open(t, filepath.Join(dir, "test.db"))
			_, err2 := backup.Restore(t.Context(), file, store, backup.Options{Replace: true})
			for _, err := range []error{err, err2} {
				if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("the error is %v, want %v %s", err, test.want, test.says)
				}
			}
			if after := names(t, dir); after != before {
				t.Errorf("there is %s, and was %s", after, before)
			}
			if got := roles(t, store); fmt.Sprint(got) != "[first second]" {
				t.Errorf("the store has %v", got)
			}
		})
	}
}

// A backup that an older version has made is brought up to date on its way, and stays
// what it is.
func TestABackupOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	dir, file := made(t)
	spoil(t, file, "DROP TABLE audit; DROP TABLE audit_chain; DROP TABLE servers; DROP TABLE reset_links; DELETE FROM goose_db_version WHERE version_id >= 54")
	before, err := os.ReadFile(file)
	check(t, err)
	r, err := backup.RestoreFile(t.Context(), file, filepath.Join(dir, "new.db"), backup.Options{})
	if err != nil || r.Version < 56 {
		t.Fatalf("RestoreFile = %+v, %v", r, err)
	}
	if got := roles(t, open(t, filepath.Join(dir, "new.db"))); fmt.Sprint(got) != "[first]" {
		t.Errorf("there are %v", got)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the backup has changed, %v", err)
	}
	store, err := sqlite.OpenReadOnly(t.Context(), file) // one of an older version can be backed up as it is
	check(t, err)
	defer func() { _ = store.Close() }()
	r, err = backup.Write(t.Context(), store, filepath.Join(dir, "again.db"), backup.Options{})
	if err != nil || r.Version != 53 {
		t.Errorf("Write = %+v, %v, want one of version 53", r, err)
	}
}

// behind is a store of which only the rows can be read, of a version that this program
// is not.
type behind struct{ backup.Store }

func (behind) Migrations(context.Context) (migrations.State, error) {
	return migrations.State{Current: 53, Target: 54, Pending: []string{"00054_audit"}}, nil
}

// rows is a store of which only the rows can be read, as PostgreSQL's.
type rows struct{ backup.Store }

func TestAStoreOfWhichOnlyTheRowsAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, filepath.Join(dir, "test.db"))
	putRole(t, store, "first")
	whole, err := backup.Write(t.Context(), store, filepath.Join(dir, "whole.db"), backup.Options{})
	check(t, err)
	read, err := backup.Write(t.Context(), rows{store}, filepath.Join(dir, "rows.db"), backup.Options{})
	check(t, err)
	if fmt.Sprint(read.Tables) != fmt.Sprint(whole.Tables) || read.Version != whole.Version {
		t.Errorf("the rows are %+v, want %+v", read, whole)
	}
	_, err = backup.Write(t.Context(), behind{store}, filepath.Join(dir, "older.db"), backup.Options{})
	if err == nil || !strings.Contains(err.Error(), "its tables are of version 53 and this program has 54") {
		t.Errorf("Write = %v of an older one", err)
	}
	if got := names(t, dir); got != "rows.db whole.db" {
		t.Errorf("there is %s", got)
	}
}

// A backup that is written somewhere is one.
func TestOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, filepath.Join(dir, "test.db"))
	putRole(t, store, "first")
	file, err := os.Create(filepath.Join(dir, "backup.db"))
	check(t, err)
	check(t, errors.Join(backup.Of(store)(t.Context(), file), file.Close()))
	_, err = backup.RestoreFile(t.Context(), file.Name(), filepath.Join(dir, "restored.db"), backup.Options{})
	check(t, err)
	if got := roles(t, open(t, filepath.Join(dir, "restored.db"))); len(got) != 1 || got[0] != "first" {
		t.Errorf("the roles that were restored are %q", got)
	}

	var nothing strings.Builder
	if err := backup.Of(struct{}{})(t.Context(), &nothing); err == nil || nothing.Len() > 0 {
		t.Errorf("a backup of no store = %v, and %d bytes", err, nothing.Len())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := backup.Of(store)(gone, &nothing); err == nil || nothing.Len() > 0 {
		t.Errorf("a backup for who has left = %v, and %d bytes", err, nothing.Len())
	}
}
