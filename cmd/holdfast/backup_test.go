package main

import (
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// A backup that is made while a server writes under load has all that was acknowledged
// before it began, and passes the check. A server goes on with what was restored from
// it, with the passwords, sessions and keys of before.
func TestABackupUnderLoad(t *testing.T) {
	needsServers(t)
	onBoth(t, func(t *testing.T, dir string) {
		backup := filepath.Join(t.TempDir(), "backup.db")
		servers, admin := several(t, 1, dir)
		p := servers[0]
		l := loaded(t, admin.Access, 4, p)
		l.until(40)
		before := l.written()
		p.shell("", "db", "backup", backup)
		l.until(20)
		l.end(p)
		if n := l.statuses[http.StatusServiceUnavailable]; n > 0 {
			t.Errorf("%d writes were refused because of the backup", n)
		}
		addr := strings.TrimPrefix(p.url, "http://")
		p.kill()
		to := []string{t.TempDir()}
		if strings.HasPrefix(dir, "postgres:") {
			to = append(to, pgtest.Database(t))
		}
		for _, one := range to {
			q := &process{t: t, dir: one}
			q.shell("", "db", "restore", backup)
			if out := q.shell("", "db", "check"); !strings.Contains(out, "faults    none\n") {
				t.Errorf("db check says\n%s", out)
			}
			q = start(t, one, "--addr", addr)
			q.goesOn(admin, before)
			q.kill()
		}
	})
}

// written are the roles whose writes were acknowledged so far.
func (l *load) written() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.acknowledged)
}

// goesOn looks for roles, and signs in and refreshes as one who was there before.
func (p *process) goesOn(admin tokens, roles []string) {
	p.t.Helper()
	status, body := p.call("GET", "/roles", admin.Access, "")
	if status != http.StatusOK {
		p.t.Fatalf("GET /roles with the token from before = %d %s", status, body)
	}
	for _, name := range roles {
		if !strings.Contains(body, `"`+name+`"`) {
			p.t.Errorf("role %s is not there", name)
		}
	}
	if status, _, err := p.refresh(&http.Client{}, admin.Refresh); status != http.StatusOK || err != nil {
		p.t.Errorf("a refresh of the session from before = %d, %v", status, err)
	}
	p.login("alice", "users:read")
}

// A database of an older version is backed up as it is, and brought up to date when
// somebody says so.
func TestAnOlderDatabaseIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &process{t: t, dir: dir}
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin", "--own-password")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "DROP TABLE audit; DROP TABLE audit_chain; DROP TABLE reset_links; DROP TABLE servers; DELETE FROM goose_db_version WHERE version_id >= 54")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	says := func(want string, args ...string) {
		t.Helper()
		if out, _ := command(t, dir, args...).CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("holdfast %s says\n%s\nwant %q", strings.Join(args, " "), out, want)
		}
	}
	const toDo = "to be done, from version 53 to 57:\n  00054_audit\n  00055_audit_search\n  00056_resets\n  00057_servers\n"
	says(toDo, "db", "migrate", "--dry-run")
	says("its tables are whole and of version 53, and this program has 57", "db", "check")
	says("backup.db is a backup of", "db", "backup", "backup.db")
	says(toDo, "db", "migrate", "--dry-run") // nothing has changed that
	says("done, from version 53 to 57:\n  00054_audit\n  00055_audit_search\n  00056_resets\n  00057_servers\n", "db", "migrate")
	says("nothing is to be done: the tables are of version 57\n", "db", "migrate")
	says("faults    none", "db", "check")
	says(toDo, "db", "migrate", "--dry-run", "--db", "backup.db")
	says("was restored from backup.db", "db", "restore", "backup.db", "--replace")
	says("faults    none", "db", "check")
}
