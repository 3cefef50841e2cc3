package postgres_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/pressly/goose/v3"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/postgres"
)

func migrations(t *testing.T, db *sql.DB) *goose.Provider {
	t.Helper()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// raw opens a database behind the store's back.
func raw(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// older makes a database as a program of some version has left it, and fills it.
func older(t *testing.T, version int64) (url string) {
	t.Helper()
	url = pgtest.Database(t)
	db := raw(t, url)
	if _, err := migrations(t, db).UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	setup := "INSERT INTO setup (id, secret_hash, expires) VALUES (1, decode(repeat('07', 32), 'hex'), 1000)" // there was one at most
	if version >= 52 {
		setup = "INSERT INTO setups (secret_hash, expires) VALUES (decode(repeat('07', 32), 'hex'), 1000)"
	}
	holds := "INSERT INTO user_roles (user_id, role) VALUES ('1', 'editor')"
	if version >= 53 {
		holds = "INSERT INTO user_roles (user_id, role, user_name) VALUES ('1', 'editor', 'anna')"
	}
	for _, statement := range []string{
		"INSERT INTO roles (name, description) VALUES ('editor', 'Edits')",
		"INSERT INTO role_scopes (role, scope) VALUES ('editor', 'read'), ('editor', 'write')",
		"INSERT INTO users (id, name, email, disabled, created, password_hash, password_kind) VALUES ('1', 'anna', 'a@example.org', false, 1000, '$hash$', '$kind$')",
		holds,
		"INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash) VALUES ('s', '1', 'read', 1000, 4000000000000, 'h', decode(repeat('00', 32), 'hex'))",
		"INSERT INTO settings (name, value) VALUES ('issuer', 'https://a.example')",
		setup,
		"INSERT INTO keys (id, algorithm, data, created, signs, retires, token_ttl, sealed) VALUES ('k', 'EdDSA', 'data', 1000, 1000, 0, 900000, false)",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return url
}

// A database of each version is brought up to date with what it keeps, however many
// programs open it at once, and works from then on.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	sources := migrations(t, raw(t, pgtest.Database(t))).ListSources()
	for _, source := range sources {
		t.Run(fmt.Sprint("from version ", source.Version), func(t *testing.T) {
			t.Parallel()
			url := older(t, source.Version)
			stores := openAtOnce(t, 8, url)
			if t.Failed() {
				return
			}
			kept(t, stores[0])
			worksWith(t, stores[7])
		})
	}
	t.Run("from nothing", func(t *testing.T) {
		t.Parallel()
		for _, store := range openAtOnce(t, 8, pgtest.Database(t)) {
			putUsers(t, store, "anna")
		}
	})
}

func openAtOnce(t *testing.T, n int, url string) []*postgres.Store {
	t.Helper()
	stores := make([]*postgres.Store, n)
	var opening sync.WaitGroup
	for i := range stores {
		opening.Go(func() {
			var err error
			if stores[i], err = postgres.Open(t.Context(), postgres.Config{URL: url}); err != nil {
				t.Errorf("Open = %v", err)
				return
			}
			t.Cleanup(func() { _ = stores[i].Close() })
		})
	}
	opening.Wait()
	return stores
}

// kept looks for what older put.
func kept(t *testing.T, store *postgres.Store) {
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
		setup, err5 := r.PendingSetup([32]byte(bytes.Repeat([]byte{7}, 32)))
		if setup.Expires.Unix() != 1 || !session.AuthTime.IsZero() {
			t.Errorf("there are %v, and a sign-in at %v", setup, session.AuthTime)
		}
		found, err6 := r.SearchUsers(account.UserQuery{Role: "editor"}, 9)
		if len(found) != 1 || found[0].Name != "anna" {
			t.Errorf("editors are %v", found)
		}
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
	keys, err2 := store.Keys(t.Context())
	issuer, err3 := store.Setting(t.Context(), "issuer")
	if err := errors.Join(err, err2, err3); err != nil || len(keys) != 1 || keys[0].ID != "k" || string(keys[0].Data) != "data" || issuer != "https://a.example" {
		t.Errorf("there are keys %v and the issuer %q, %v", keys, issuer, err)
	}
}

// worksWith changes what was there, of which others hear.
func worksWith(t *testing.T, store *postgres.Store) {
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

// Somebody reads a table for long, as pg_dump does, when a new program wants to change
// it: it waits for the table without keeping those waiting who serve meanwhile.
func TestAnUpgradeThatWaitsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	url := older(t, 43)
	db := raw(t, url)
	dump, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const read = "SELECT count(*) FROM sessions"
	if _, err := dump.ExecContext(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		store, err := postgres.Open(t.Context(), postgres.Config{URL: url, Timeout: time.Second})
		if err == nil {
			err = store.Close()
		}
		opened <- err
	}()
	for waits := false; !waits; {
		const asked = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'sessions'::regclass)"
		if err := db.QueryRowContext(t.Context(), asked).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), read); err != nil { // waits for as long as the upgrade does
		t.Fatal(err)
	}
	select {
	case err := <-opened:
		t.Errorf("the upgrade has ended before it could have the table: %v", err)
	default:
	}
	if err := errors.Join(dump.Rollback(), <-opened); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	newer := database(t)
	if _, err := raw(t, newer).ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)"); err != nil {
		t.Fatal(err)
	}
	good := database(t)
	for name, test := range map[string]struct {
		config postgres.Config
		want   string
	}{
		"a database of a newer program":   {postgres.Config{URL: newer}, "it was made by a newer version (its tables are of version 99999, this program knows"},
		"a database that is not there":    {postgres.Config{URL: pgtest.Shared(t).URL("none")}, `database "none" does not exist`},
		"a URL that is none":              {postgres.Config{URL: "postgres://a:hidden@host:port/x"}, "open: "},
		"a URL to listen at that is none": {postgres.Config{URL: good, Listen: "postgres://a:hidden@host:port/x"}, "the URL to listen at: "},
		"fewer connections than none":     {postgres.Config{URL: good, MaxConns: -1}, "MaxConns"},
		"a server that is not there":      {postgres.Config{URL: "postgres://a:hidden@127.0.0.1:1/x"}, "127.0.0.1:1"}, //nolint:gosec // nobody's
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Open(t.Context(), test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("Open = %v, want an error with %q, and without the password", err, test.want)
			}
		})
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  string
		want bool
	}{
		"one that was opened":   {database(t), true},
		"one that is empty":     {pgtest.Database(t), false},
		"one that is not there": {pgtest.Shared(t).URL("none"), false},
	} {
		if got, err := postgres.Exists(t.Context(), test.url); got != test.want || err != nil {
			t.Errorf("Exists of %s = %v, %v, want %v", name, got, err, test.want)
		}
	}
	if _, err := postgres.Exists(t.Context(), "postgres://127.0.0.1:1/none"); err == nil {
		t.Error("Exists where there is no server = nil")
	}
}
