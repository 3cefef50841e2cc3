package sqlite_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"

	"github.com/holdfast-go/holdfast/store/sqlite"
)

// What every connection must say of itself: SQLite forgets it with the
// connection, so that one without it would lose commits in a power cut, or
// keep sessions of a user who is gone.
var pragmas = map[string]map[string]string{
	"writing": {
		"synchronous":  "2", // FULL
		"journal_mode": "wal", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000",
	},
	"reading": {
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000",
	},
	"counting": {
		"synchronous":  "1", // NORMAL: a flood of sign-ins must not wait for the disk
		"journal_mode": "wal", "busy_timeout": "5000",
	},
}

func TestEveryConnectionIsDurable(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "test.db"))
	for use, pool := range store.Pools() {
		t.Run(use, func(t *testing.T) {
			t.Parallel()
			idle := pool.Most
			if use == "reading" {
				idle-- // one watches for the commits of others
			}
			for range 2 { // those that are there, and those that come after them
				conns := take(t, pool, idle)
				for _, conn := range conns {
					ask(t, conn, pragmas[use])
				}
				drop(t, conns)
			}
		})
	}
}

// take takes n connections of a pool at once.
func take(t *testing.T, pool sqlite.Pool, n int) (conns []*sql.Conn) {
	t.Helper()
	for range n {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	return conns
}

func ask(t *testing.T, conn *sql.Conn, want map[string]string) {
	t.Helper()
	for name, want := range want {
		var got string
		if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %s, %v, want %s", name, got, err, want)
		}
	}
}

// drop has the pool close the connections, as it does when they break.
func drop(t *testing.T, conns []*sql.Conn) {
	t.Helper()
	for _, conn := range conns {
		if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
			t.Errorf("Raw = %v, want ErrBadConn", err)
		}
	}
}
