package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nextMigrations are steps of a version that does not exist yet, of the kinds that
// internal/archtest lets a migration have.
var nextMigrations = map[string]string{
	"store/postgres/migrations/99990_next.sql": `-- +goose Up
ALTER TABLE users ADD COLUMN next_note text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN next_note text COLLATE "C";
ALTER TABLE sessions ADD COLUMN next_mark bigint NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN next_mark bigint NOT NULL DEFAULT 0;
ALTER TABLE settings ADD COLUMN next_mark bigint;
CREATE TABLE next_things (id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL);
CREATE INDEX next_things_at ON next_things (at);
INSERT INTO next_things (id, at) SELECT id, created FROM users;
`,
	"store/postgres/migrations/99991_next_index.sql": `-- +goose NO TRANSACTION
-- +goose Up
DROP INDEX CONCURRENTLY IF EXISTS next_sessions_created;
CREATE INDEX CONCURRENTLY next_sessions_created ON sessions (created);
`,
	"store/sqlite/migrations/99990_next.sql": `-- +goose Up
ALTER TABLE users ADD COLUMN next_note TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN next_mark INTEGER NOT NULL DEFAULT 0;
CREATE TABLE next_things (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX next_sessions_created ON sessions (created);
`,
	"store/sqlite/migrations/99991_next_index.sql": "-- +goose Up\nINSERT INTO next_things (id, at) SELECT id, created FROM users;\n",
}

// nextVersion builds the program with further migrations.
func nextVersion(t *testing.T) string {
	t.Helper()
	dir, root := t.TempDir(), checkout(t)
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for name, text := range nextMigrations {
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(name))] = file
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "holdfast")
	if err := os.WriteFile(list, data, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-ldflags=-w", "-o", program, ".") //nolint:gosec // of our own source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	return program
}

func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Servers of this version are replaced by those of the next one, whose migrations
// change the tables while the others serve, under reads, writes, sign-ins, refreshes
// and checks of tokens: no request fails. One of this version is refused afterwards.
// HOLDFAST_EARLIER names the file of an earlier version, which is then replaced by this
// one.
func TestTheNextVersionTakesOver(t *testing.T) {
	needsServersAlone(t)
	this, next := "", ""
	if this = os.Getenv("HOLDFAST_EARLIER"); this == "" {
		next = nextVersion(t)
	}
	f := newFleet(t, "haproxy", this)
	before := f.servers[0].login("alice", "me users:read")
	f.rolls("upgraded", next)
	for _, p := range f.servers {
		p.want("GET", "/users/me", before.Access, "", 200)
	}
	if this != "" {
		return
	}
	out, err := command(t, f.db, "serve", "--addr", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "made by a newer version (its tables are of version 99991") {
		t.Errorf("a server of the earlier version starts, afterwards: %v\n%s", err, out)
	}
}

// On one machine with SQLite a server of the next version starts beside one of this.
func TestTheNextVersionStartsBesideThisOneOnSQLite(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the command and starts servers; run without -short")
	}
	dir := t.TempDir()
	p := start(t, dir)
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	l := loaded(t, p.login("alice", "users:read roles:write").Access, 4, p)
	l.until(40)
	next := startAs(t, nextVersion(t), dir)
	l.until(40)
	l.end(next)
	if l.statuses[503] > 0 || l.broken[p] > 0 {
		t.Errorf("%d answers of 503 and %d requests without an answer while the tables were changed", l.statuses[503], l.broken[p])
	}
	next.want("GET", "/users/me", p.login("alice", "me").Access, "", 200)
}
