package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// Who looks reads what is there while others write, and can change nothing.
func TestWhoLooksChangesNothing(t *testing.T) {
	t.Parallel()
	path := filled(t)
	writer := open(t, path)
	store, err := sqlite.OpenReadOnly(t.Context(), path)
	check(t, err)
	defer func() { _ = store.Close() }()
	check(t, writer.Update(t.Context(), putRole("later")))
	err = store.View(t.Context(), func(r account.Reader) error { _, err := r.Role("later"); return err })
	faults, err2 := store.Check(t.Context())
	state, err3 := store.Migrations(t.Context())
	if err := errors.Join(err, err2, err3); err != nil || len(faults) > 0 || state.Current != state.Target || len(state.Pending) > 0 || state.Target < 54 {
		t.Errorf("it reads %v and %v, %v", faults, state, err)
	}
	before := dump(t, path)
	for name, write := range map[string]func(ctx context.Context) error{
		"Update":  func(ctx context.Context) error { return store.Update(ctx, putRole("x")) },
		"SetOnce": func(ctx context.Context) error { _, err := store.SetOnce(ctx, "x", "y"); return err },
		"ReplaceSetting": func(ctx context.Context) error {
			_, err := store.ReplaceSetting(ctx, "issuer", "first", "y")
			return err
		},
		"UpdateKeys": func(ctx context.Context) error {
			return store.UpdateKeys(ctx, func([]keyring.Record) ([]keyring.Record, error) { return nil, nil })
		},
		"TakeAttempts": func(ctx context.Context) error { _, err := store.TakeAttempts(ctx, time.UnixMilli(1), nil); return err },
		"a statement":  func(ctx context.Context) error { return sqlite.ExecReading(ctx, store, "DELETE FROM roles") },
	} {
		if err := write(t.Context()); err == nil {
			t.Errorf("%s = nil, want an error", name)
		}
	}
	if after := dump(t, path); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("it has changed what is there: %v, was %v", after, before)
	}
	if _, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly = %v without a file", err)
	}
}

// What a server has left behind that was killed is read, too.
func TestWhoLooksReadsTheWriteAheadLog(t *testing.T) {
	t.Parallel()
	path, dir := filled(t), t.TempDir()
	writer := open(t, path)
	check(t, writer.Update(t.Context(), putRole("in the log")))
	for _, suffix := range []string{"", "-wal"} { // as after kill -9
		data, err := os.ReadFile(path + suffix)
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "copy.db"+suffix), data, 0o600))
	}
	store, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(dir, "copy.db"))
	check(t, err)
	defer func() { _ = store.Close() }()
	if err := store.View(t.Context(), func(r account.Reader) error { _, err := r.Role("in the log"); return err }); err != nil {
		t.Errorf("Role = %v", err)
	}
}

// An older store says what is to be done, and is left as it is.
func TestWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	path := older(t, 1, fill...)
	store, err := sqlite.OpenReadOnly(t.Context(), path)
	check(t, err)
	for range 2 {
		state, err := store.Migrations(t.Context())
		if err != nil || state.Current != 1 || len(state.Pending) < 10 || state.Pending[0] != "00010_key_terms" {
			t.Errorf("Migrations = %v, %v", state, err)
		}
	}
	check(t, store.Close())
	open(t, path)
	store, err = sqlite.OpenReadOnly(t.Context(), path)
	check(t, err)
	defer func() { _ = store.Close() }()
	if state, err := store.Migrations(t.Context()); err != nil || state.Current != state.Target || len(state.Pending) != 0 {
		t.Errorf("Migrations = %v, %v after the store was opened", state, err)
	}
}

// Pages that are not what they were are found, and do not stop the one who looks.
func TestACheckFindsDamage(t *testing.T) {
	t.Parallel()
	path := filled(t)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	check(t, err)
	_, err = f.WriteAt([]byte(strings.Repeat("x", 8*4096)), 4096)
	check(t, errors.Join(err, f.Close()))
	store, err := sqlite.OpenReadOnly(t.Context(), path)
	check(t, err)
	defer func() { _ = store.Close() }()
	if faults, err := store.Check(t.Context()); err != nil || len(faults) == 0 {
		t.Errorf("Check = %v, %v, want faults", faults, err)
	}
}
