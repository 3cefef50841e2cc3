package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Restart stops the server at once, as kill -9 would, and starts it again.
func (s *Server) Restart() error { return errors.Join(s.Stop(), s.Again()) }

// Freeze stops the clock for all processes of the server until Thaw.
func (s *Server) Freeze() error { return s.signalAll("-STOP") }

// Thaw ends Freeze.
func (s *Server) Thaw() error { return s.signalAll("-CONT") }

func (s *Server) signalAll(signal string) error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	first := strconv.Itoa(pid)
	if err := exec.Command("kill", signal, first).Run(); err != nil { //nolint:noctx,gosec // the server's own process
		return err
	}
	children, err := exec.Command("pgrep", "-P", first).Output() //nolint:noctx,gosec // as above
	if err != nil {
		return fmt.Errorf("pgrep: %w", err)
	}
	for _, child := range strings.Fields(string(children)) {
		_ = exec.Command("kill", signal, child).Run() //nolint:noctx,gosec // it may be over already
	}
	return nil
}

// Standby makes a standby of the server and starts it. Synchronous is whether the
// server waits for it at each commit.
func (s *Server) Standby(t testing.TB, synchronous bool) *Server {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	b := &Server{dir: dir, data: filepath.Join(dir, "data"), bin: s.bin, port: port, password: s.password}
	t.Cleanup(func() {
		if err := b.remove(); err != nil {
			t.Error(err)
		}
	})
	if err := giveAway(dir); err != nil {
		t.Fatal(err)
	}
	to := s.URL("") + "&application_name=standby"
	cmd := s.Command("pg_basebackup", "--dbname="+to, "--pgdata="+b.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	b.names.Add(1) // its port is known
	if err := b.begin(); err != nil {
		t.Fatal(err)
	}
	if synchronous {
		s.Exec(t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")
		s.streams(t, "sync")
	} else {
		s.streams(t, "async")
	}
	return b
}

// streams waits until the standby follows in some way.
func (s *Server) streams(t testing.TB, how string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }() // it has only read
	late := time.After(20 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		var ok bool
		if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = $1)", how).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("no standby follows as %s", how)
		}
	}
}

// Promote makes a standby the server to write to.
func (s *Server) Promote() error {
	out, err := s.Command("pg_ctl", "promote", "-D", s.data, "--wait").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_ctl promote: %w\n%s", err, out)
	}
	return nil
}

// Bouncer starts a PgBouncer in transaction mode before the server, and returns the
// URL of a database through it. Where there is none, the test is skipped as without
// PostgreSQL.
func (s *Server) Bouncer(t testing.TB, database string, conns int) string {
	t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		if bin = "/usr/sbin/pgbouncer"; !exists(bin) {
			check(t, fmt.Errorf("no PgBouncer: %w", errMissing))
		}
	}
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	config, users := filepath.Join(dir, "ini"), filepath.Join(dir, "users")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nunix_socket_dir=\nauth_type=scram-sha-256\nauth_file=%s\npool_mode=transaction\ndefault_pool_size=%d\nmax_client_conn=500\n", s.port, port, users, conns)
	err = errors.Join(os.WriteFile(config, []byte(text), 0o600), os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", "postgres", s.password), 0o600), giveAway(dir, config, users))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `"$@" & server=$!; read -r line; kill -KILL $server; wait $server`, "sh", bin, "-q", config) //nolint:noctx,gosec // a test's own
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, dir
	become(cmd)
	alive, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = alive.Close() // which ends it
		_ = cmd.Wait()    // it says how it was killed
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	through := &Server{port: port, password: s.password}
	if err := through.ready(); err != nil {
		t.Fatalf("pgbouncer does not start: %v\n%s", err, out.String())
	}
	return through.URL(database)
}

func exists(name string) bool {
	_, err := os.Stat(name) //nolint:gosec // who runs the tests says where
	return err == nil
}
