package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// older makes a file as a program of some version has left it, and fills it by
// statements of that version.
func older(t *testing.T, version int64, statements ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = migrations(t, db).UpTo(t.Context(), version)
	for _, statement := range statements {
		if err == nil {
			_, err = db.ExecContext(t.Context(), statement)
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func migrations(t *testing.T, db *sql.DB) *goose.Provider {
	t.Helper()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// versions are those of files that there may be.
func versions(t *testing.T) (list []int64) {
	t.Helper()
	db := raw(t, ":memory:")
	for _, source := range migrations(t, db).ListSources() {
		list = append(list, source.Version)
	}
	if len(list) < 4 {
		t.Fatalf("there are versions %v, want 4 at least", list)
	}
	return list
}

// fill is what every version could keep.
var fill = []string{
	"INSERT INTO roles (name, description) VALUES ('editor', 'Edits')",
	"INSERT INTO role_scopes (role, scope) VALUES ('editor', 'read'), ('editor', 'write')",
	"INSERT INTO users (id, name, email, disabled, created, password_hash) VALUES ('1', 'anna', 'a@example.org', 0, 1000, '$hash$')",
	"INSERT INTO user_roles (user_id, role) VALUES ('1', 'editor')",
	"INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash) VALUES ('s', '1', 'read', 1000, 4000000000000, 'h', zeroblob(32))",
	"INSERT INTO settings (name, value) VALUES ('issuer', 'https://a.example')",
	"INSERT INTO keys (id, data, created) VALUES ('k', CAST('data' AS BLOB), 1000)",
}

// A file of each version is brought up to date with what it keeps, however many
// processes open it at once, and works from then on.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, version := range versions(t) {
		t.Run(fmt.Sprint("from version ", version), func(t *testing.T) {
			t.Parallel()
			path := older(t, version, fill...)
			stores := make([]*sqlite.Store, 8)
			var opening sync.WaitGroup
			for i := range stores {
				opening.Go(func() {
					var err error
					if stores[i], err = sqlite.Open(t.Context(), path); err != nil {
						t.Errorf("Open = %v", err)
					}
				})
			}
			opening.Wait()
			if t.Failed() {
				return
			}
			for _, store := range stores[1:] {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
			defer func() { _ = stores[0].Close() }()
			kept(t, stores[0])
			worksWith(t, stores[0])
		})
	}
}

// kept looks for what fill put.
func kept(t *testing.T, store *sqlite.Store) {
	t.Helper()
	err := store.View(t.Context(), func(r account.Reader) error {
		user, err1 := r.UserByName("anna")
		role, err2 := r.Role("editor")
		session, err3 := r.SessionByHandle("h")
		hash, err4 := r.PasswordHash("1")
		if fmt.Sprint(user) != "{1 anna a@example.org false [editor] 1970-01-01 00:00:01 +0000 UTC}" || fmt.Sprint(role.Scopes) != "[read write]" ||
			session.ID != "s" || fmt.Sprint(session.Scopes) != "[read]" || hash != "$hash$" {
			t.Errorf("there are %v, %v, %v and %q", user, role, session, hash)
		}
		return errors.Join(err1, err2, err3, err4)
	})
	keys, err2 := store.Keys(t.Context())
	issuer, err3 := store.Setting(t.Context(), "issuer")
	if err := errors.Join(err, err2, err3); err != nil || len(keys) != 1 || keys[0].ID != "k" || string(keys[0].Data) != "data" || issuer != "https://a.example" {
		t.Errorf("there are keys %v and the issuer %q, %v", keys, issuer, err)
	}
}

// worksWith changes what was there, of which others hear.
func worksWith(t *testing.T, store *sqlite.Store) {
	t.Helper()
	err := errors.Join(
		store.Update(t.Context(), func(w account.Writer) error {
			return errors.Join(w.PutPasswordHash("1", "$new$", "$kind$"), w.RemoveSession("s"), w.PutReset(account.Reset{UserID: "1", SecretHash: [32]byte{1}}, 1))
		}),
		store.UpdateKeys(t.Context(), func([]keyring.Record) ([]keyring.Record, error) { return nil, nil }),
	)
	if err != nil {
		t.Error(err)
	}
	page, err := store.Changes(t.Context(), 0)
	want := []account.Change{{Number: 1, Kind: account.SessionEnded, Key: "s"}, {Number: 2, Kind: account.KeyChanged, Key: "k"}}
	if err != nil || fmt.Sprint(page.Changes) != fmt.Sprint(want) || page.Settled != 2 || page.Pruned != 0 {
		t.Errorf("Changes = %+v, %v, want %v", page, err, want)
	}
}
