package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestMain(m *testing.M) {
	// Most tests wait for the disk half of the time.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // -parallel says otherwise
	os.Exit(m.Run())
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("Open(%s) = %v", path, err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return store
}

// tables is a file with tables and nothing in them. It is made once: to make them is
// what most tests would do for most of their time.
var tables = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "test.db")
	store, err := sqlite.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
})

// fresh is a store in a file of its own, with nothing in its tables.
func fresh(t *testing.T) *sqlite.Store {
	t.Helper()
	file, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) account.Store { return fresh(t) })
}

func putRole(name string) func(account.Writer) error {
	return func(w account.Writer) error { return w.PutRole(account.Role{Name: name}) }
}

func hasRole(name string) func(account.Reader) error {
	return func(r account.Reader) error { _, err := r.Role(name); return err }
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a?b#c%41 d.db") // nothing of it is a URL
	first, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Update(t.Context(), putRole("kept")); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).View(t.Context(), hasRole("kept")); err != nil {
		t.Errorf("Role after reopening = %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// Two stores on one file are what two processes are.
func TestOthersChangeTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	a, b := open(t, path), open(t, path)
	before := a.Generation()
	for _, scopes := range [][]string{nil, {"new"}} { // a new role concerns no caller; a changed one does
		if err := b.Update(t.Context(), func(w account.Writer) error { return w.PutRole(account.Role{Name: "new", Scopes: scopes}) }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for a.Generation() == before {
		select {
		case <-ctx.Done():
			t.Fatal("Generation did not change within 5 seconds of another's commit")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := a.View(t.Context(), hasRole("new")); err != nil {
		t.Errorf("Role = %v", err)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			store, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Errorf("Open = %v", err)
				return
			}
			if err := store.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
	wg.Wait()
}

func TestOnlyTheOwnerReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	store := open(t, path)
	if err := store.Update(t.Context(), putRole("a")); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("ReadDir = %v, %v, want the file and its log", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", f.Name(), mode)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // that is the test
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("Open of a file that others may read = %v, want what to do about it", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database at all ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Update(t.Context(), putRole("a")); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", newer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, want string }{
		"a directory":                      {dir, "is a directory"},
		"a folder that is not there":       {filepath.Join(dir, "none", "x.db"), "the folder " + filepath.Join(dir, "none") + " does not exist"},
		"a file that is no database":       {garbage, "not a database"},
		"a database of a newer program":    {newer, "newer version"},
		"a name that is no name of a file": {"a\x00b", "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := sqlite.Open(t.Context(), test.path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	storetest.RunSettings(t, func(t *testing.T) storetest.Settings { return fresh(t) })
}

func TestChanges(t *testing.T) {
	t.Parallel()
	storetest.RunChanges(t, func(t *testing.T) storetest.Store { return fresh(t) })
}

func TestKeyStore(t *testing.T) {
	t.Parallel()
	storetest.RunKeys(t, func(t *testing.T) keyring.Store { return fresh(t) })
}

// A key that is encrypted later leaves nothing in the clear behind, neither in
// the database nor in its log.
func TestSealedKeysLeaveNoTrace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path)
	private := func() (found bool) {
		files, err := filepath.Glob(path + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(data, []byte(`"d":"`))
		}
		return found
	}
	if _, err := keyring.Open(t.Context(), keyring.Config{Store: store}); err != nil {
		t.Fatal(err)
	}
	if !private() {
		t.Fatal("without a master key, the private key is in the file; or this test cannot find it")
	}
	master, err := keyring.ParseMasterKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), keyring.Config{Store: store, Master: master}); err != nil {
		t.Fatal(err)
	}
	if private() {
		t.Error("the private key is still in the file")
	}
}

// A writer that holds the lock of the file delays others, and is an error for
// those whose time is over; readers go on.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	a, b := open(t, path), open(t, path)
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- a.Update(context.Background(), func(w account.Writer) error {
			close(held)
			<-release
			return w.PutRole(account.Role{Name: "slow"})
		})
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Update(ctx, putRole("late")); err == nil {
		t.Error("Update = nil while another holds the lock, want an error")
	}
	if err := errors.Join(b.Ping(t.Context()), b.View(t.Context(), func(account.Reader) error { return nil })); err != nil {
		t.Errorf("reading while another writes = %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := b.Update(t.Context(), putRole("next")); err != nil {
		t.Errorf("Update after the lock = %v", err)
	}
}

// Two processes on one file count together.
func TestAttemptsAreShared(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "test.db")
	one, two := open(t, name), open(t, name)
	bucket := []account.Bucket{{Key: [32]byte{1}, Burst: 2, Every: time.Minute}}
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, s := range []*sqlite.Store{one, two, one, two} {
		wait, err := s.TakeAttempts(t.Context(), now, bucket)
		if err != nil || (wait > 0) != (i >= 2) {
			t.Errorf("attempt %d: wait %v, %v, want two attempts in all", i, wait, err)
		}
	}
}

// Attempts that have come back leave nothing in the file, however many there
// were.
func TestAttemptsLeaveNothing(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "test.db")
	store := open(t, name)
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	rows := func() (n int) {
		db := raw(t, name+"-attempts")
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM attempts").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	bucket := func(n byte) []account.Bucket {
		return []account.Bucket{{Key: [32]byte{n}, Burst: 2, Every: time.Minute}}
	}
	for n := range byte(10) {
		if _, err := store.TakeAttempts(t.Context(), now, bucket(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := rows(); got != 10 {
		t.Errorf("after attempts from 10 sources: %d rows, want 10", got)
	}
	now = now.Add(time.Minute) // when they are full again
	if _, err := store.TakeAttempts(t.Context(), now, bucket(11)); err != nil {
		t.Fatal(err)
	}
	if got := rows(); got != 1 {
		t.Errorf("after another attempt a minute later: %d rows, want 1", got)
	}
	if err := store.ReturnAttempts(t.Context(), now, bucket(11)); err != nil {
		t.Fatal(err)
	}
	if got := rows(); got != 0 {
		t.Errorf("after it was given back: %d rows, want 0", got)
	}
}

// raw opens a file of a store behind its back.
func raw(t *testing.T, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A hash that was damaged in the file is an error, and is never compared.
func TestADamagedHashIsAnError(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "test.db")
	store := open(t, name)
	created := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := store.Update(t.Context(), func(w account.Writer) error {
		return errors.Join(
			w.PutUser(account.User{ID: "1", Name: "ann", Created: created}),
			w.PutSession(account.Session{ID: "s", UserID: "1", Handle: "h", Created: created, Expires: created, TokenHash: [32]byte{1}}),
		)
	}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, name)
	for _, statement := range []string{"UPDATE sessions SET token_hash = x'01'"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for what, read := range map[string]func(account.Reader) error{
		"Session":         func(r account.Reader) error { _, err := r.Session("s"); return err },
		"SessionByHandle": func(r account.Reader) error { _, err := r.SessionByHandle("h"); return err },
	} {
		if err := store.View(t.Context(), read); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s with a damaged hash = %v, want an error that says so", what, err)
		}
	}
}

// A file of before the kinds of hashes were counted has them counted.
func TestMigrationCountsKinds(t *testing.T) {
	t.Parallel()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO users (id, name, email, disabled, created, password_hash) VALUES ('%[1]s', '%[1]s', '', 0, 0, '%[2]s')"
	path := older(t, 1, fmt.Sprintf(insert, "anna", hash), fmt.Sprintf(insert, "ben", hash), fmt.Sprintf(insert, "without", ""))
	err = open(t, path).View(t.Context(), func(r account.Reader) error {
		kinds, err := r.PasswordKinds()
		if len(kinds) != 1 || kinds[0].Users != 2 || kinds[0].Kind != passwords.Blank(hash) {
			t.Errorf("PasswordKinds = %v, want two of %s", kinds, passwords.Blank(hash))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A file that may not be written is refused with a sentence. The test's own
// user may be one who may do everything.
func TestAReadOnlyFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("this user may write read-only files")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "open "+path+": it must be writable") {
		t.Errorf("Open of a read-only file = %v", err)
	}
}
