package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// sideUses use a store's side files: each writes something, and reads it again.
var sideUses = map[string]func(ctx context.Context, path string) error{
	"-attempts": func(ctx context.Context, path string) error {
		store, err := sqlite.Open(ctx, path)
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		return takeOne(ctx, store)
	},
	"-refusals": func(ctx context.Context, path string) error {
		r, err := sqlite.OpenRefusals(ctx, path)
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		return refuseOne(ctx, r)
	},
}

func takeOne(ctx context.Context, store *sqlite.Store) error {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	_, err := store.TakeAttempts(ctx, now, []account.Bucket{{Key: [32]byte{1}, Burst: 1000, Every: time.Minute}})
	return err
}

func refuseOne(ctx context.Context, r *sqlite.Refusals) error {
	if err := r.Put(ctx, []sqlite.Refusal{{ID: "one", At: time.UnixMilli(1), Data: []byte("why")}}); err != nil {
		return err
	}
	_, err := r.Refusal(ctx, "one")
	return err
}

// What a power cut leaves of a side file, or somebody writes into it, does not
// stop the server: it is kept beside a new one.
func TestADamagedSideFileIsSetAside(t *testing.T) {
	t.Parallel()
	good := map[string][]byte{}
	for suffix, use := range sideUses {
		path := filepath.Join(t.TempDir(), "test.db")
		check(t, use(t.Context(), path))
		data, err := os.ReadFile(path + suffix)
		check(t, err)
		good[suffix] = data
	}
	for name, damage := range map[string]func(good []byte) []byte{
		"text":                   func([]byte) []byte { return []byte(strings.Repeat("no database ", 500)) },
		"zeros":                  func(good []byte) []byte { return make([]byte, len(good)) },
		"a header and zeros":     func(good []byte) []byte { return append(bytes.Clone(good[:100]), make([]byte, len(good)-100)...) },
		"a whole page and zeros": func(good []byte) []byte { return append(bytes.Clone(good[:4096]), make([]byte, len(good)-4096)...) },
		"half of what it was":    func(good []byte) []byte { return good[:len(good)-4096] },
		"letters in a later page": func(good []byte) []byte {
			return append(bytes.Clone(good[:4096]), bytes.Repeat([]byte("x"), len(good)-4096)...)
		},
	} {
		for suffix, use := range sideUses {
			path := filepath.Join(t.TempDir(), "test.db")
			damaged := damage(good[suffix])
			check(t, os.WriteFile(path+suffix, damaged, 0o600))
			if err := use(t.Context(), path); err != nil {
				t.Errorf("%s with %s: %v", suffix, name, err)
			}
			if kept, err := os.ReadFile(path + suffix + "-damaged"); err != nil || !bytes.Equal(kept, damaged) {
				t.Errorf("%s with %s: what was found is not kept: %v", suffix, name, err)
			}
			if err := use(t.Context(), path); err != nil {
				t.Errorf("%s with %s, opened again: %v", suffix, name, err)
			}
		}
	}
}

// Damage that comes while the server runs costs what was counted, and no answer.
func TestASideFileThatIsDamagedInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	store := open(t, path)
	r, err := sqlite.OpenRefusals(t.Context(), path)
	check(t, err)
	defer func() { check(t, r.Close()) }()
	uses := map[string]func() error{
		"-attempts": func() error { return takeOne(t.Context(), store) },
		"-refusals": func() error { return refuseOne(t.Context(), r) },
	}
	for suffix, use := range uses {
		check(t, use())
		// Another process moves everything into the file itself, and then it is damaged:
		// nothing that SQLite has in memory fits any more.
		db := raw(t, path+suffix)
		_, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE other (x); INSERT INTO other VALUES (1); PRAGMA wal_checkpoint(TRUNCATE)")
		check(t, err)
		info, err := os.Stat(path + suffix)
		check(t, err)
		f, err := os.OpenFile(path+suffix, os.O_WRONLY, 0)
		check(t, err)
		_, err = f.WriteAt(bytes.Repeat([]byte("x"), int(info.Size())-100), 100)
		check(t, errors.Join(err, f.Close()))
		if err := use(); err != nil {
			t.Errorf("%s, damaged in use: %v", suffix, err)
		}
		if _, err := os.Stat(path + suffix + "-damaged"); err != nil {
			t.Errorf("%s, damaged in use, is not kept: %v", suffix, err)
		}
		check(t, use())
	}
}

// What is no file at all is the operator's, and said.
func TestSideFilesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for suffix, use := range sideUses {
		path := filepath.Join(t.TempDir(), "test.db")
		check(t, os.Mkdir(path+suffix, 0o700))
		if err := use(t.Context(), path); err == nil || !strings.Contains(err.Error(), suffix) {
			t.Errorf("with a folder called %s: %v, want an error that names it", suffix, err)
		}
		if _, err := os.Stat(path + suffix + "-damaged"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the folder %s was set aside", suffix)
		}
	}
}
