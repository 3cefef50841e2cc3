package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// Who looks at a database leaves its tables as they are, or none there.
func TestWhoLooksMakesNoTables(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	looks := postgres.Config{URL: url, DoNotMigrate: true, Listen: postgres.DoNotListen}
	store := open(t, looks)
	for range 2 {
		state, err := store.Migrations(t.Context())
		if err != nil || state.Current != 0 || len(state.Pending) < 6 || state.Pending[0] != "00043_everything" {
			t.Errorf("Migrations = %v, %v, want all to be done", state, err)
		}
	}
	if there, err := postgres.Exists(t.Context(), url); err != nil || there {
		t.Errorf("Exists = %v, %v after somebody has looked", there, err)
	}
	open(t, postgres.Config{URL: url})
	if state, err := store.Migrations(t.Context()); err != nil || state.Current != state.Target || len(state.Pending) != 0 {
		t.Errorf("Migrations = %v, %v after the tables were made", state, err)
	}
	alter(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	if _, err := store.Migrations(t.Context()); err == nil || !strings.Contains(err.Error(), "newer version (its tables are of version 99999") {
		t.Errorf("Migrations = %v of a newer version", err)
	}
}

// alter runs a statement as somebody else does.
func alter(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }() // it was read
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// What PostgreSQL does not vouch for is a fault.
func TestCheck(t *testing.T) {
	t.Parallel()
	url := database(t)
	store := open(t, postgres.Config{URL: url})
	if faults, err := store.Check(t.Context()); err != nil || len(faults) != 0 {
		t.Fatalf("Check = %v, %v of a new database", faults, err)
	}
	alter(t, url, "ALTER TABLE roles ADD CONSTRAINT odd CHECK (name <> 'odd') NOT VALID")
	alter(t, url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_pkey'::regclass")
	faults, err := store.Check(t.Context())
	if want := "[constraint odd of table roles was not checked index users_pkey is not valid]"; err != nil || fmt.Sprint(faults) != want {
		t.Errorf("Check = %v, %v, want %s", faults, err, want)
	}
}
