package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

const secret = "correct horse battery"

// site is a database with the servers on it.
type site struct {
	kind, db, program string
	elsewhere         string // another database of the kind, which no server has; "" for none
	servers           []*server
}

// server is a process, and where it listens.
type server struct {
	cmd          *exec.Cmd
	url, metrics string
}

// open makes an empty database, and another one.
func open(ctx context.Context, kind, dir, program string) (s *site, closing func() error, err error) {
	s, closing = &site{kind: kind, program: program}, func() error { return nil }
	switch {
	case kind == "sqlite":
		s.db, s.elsewhere = filepath.Join(dir, "stores.db"), filepath.Join(dir, "elsewhere.db")
		return s, closing, nil
	case *given != "":
		s.db = *given
		return s, closing, nil
	}
	pg, err := pgtest.Open("fsync=on", "shared_buffers=512MB", "max_wal_size=2GB")
	if err != nil {
		return nil, nil, err
	}
	s.db, s.elsewhere = pg.URL("postgres"), pg.URL("elsewhere")
	if err := s.execute(ctx, "CREATE DATABASE elsewhere"); err != nil {
		return nil, nil, errors.Join(err, pg.Close())
	}
	return s, pg.Close, nil
}

// people are those who call, with the tables that the first command makes. Elsewhere
// there is one of them, whose sessions are committed.
func (s *site) people(ctx context.Context) error {
	for i := range *callers {
		role := []string{"--role", "user", "--own-password"}
		if i == 0 {
			role = []string{"--role", "admin"}
		}
		if err := s.add(ctx, s.db, caller(i), role...); err != nil {
			return err
		}
	}
	if s.elsewhere == "" {
		return nil
	}
	return s.add(ctx, s.elsewhere, caller(0), "--role", "admin")
}

// add adds a user.
func (s *site) add(ctx context.Context, db, name string, args ...string) error {
	args = append([]string{"user", "add", name, "--password-stdin", "--db", db}, args...)
	cmd := exec.CommandContext(ctx, s.program, args...) //nolint:gosec // the server that was built
	cmd.Stdin = strings.NewReader(secret + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("holdfast user add: %w\n%s", err, out)
	}
	return nil
}

func caller(i int) string { return fmt.Sprint("caller", i) }

// fill brings the database to 100 users, or to as many users and sessions as were
// asked for.
func (s *site) fill(ctx context.Context, full bool) error {
	from, to, more := 1, 100, 0
	if full {
		from, to, more = 101, *users, *sessions
	}
	return s.execute(ctx, s.statements(from, to, more)...)
}

// execute runs statements in the database, which need not be on the disk afterwards.
func (s *site) execute(ctx context.Context, statements ...string) error {
	driver, source := "pgx", s.db
	if s.kind == "sqlite" {
		driver, source = "sqlite", "file:"+s.db+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what it wrote is checked below
	for _, one := range statements {
		if _, err := db.ExecContext(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", one, err)
		}
	}
	return nil
}

// statements add users with a role each, and sessions of theirs in turn.
func (s *site) statements(from, to, sessions int) []string {
	series, disabled, hash := func(from, to int) string { return fmt.Sprintf("generate_series(%d, %d) AS n (i)", from, to) }, "false", "decode(md5(i::text) || md5('x' || i), 'hex')"
	with := func(int, int) string { return "" }
	if s.kind == "sqlite" {
		with = func(from, to int) string {
			return fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from, to)
		}
		series, disabled, hash = func(int, int) string { return "n" }, "0", "randomblob(32)"
	}
	list := []string{
		fmt.Sprintf("%sINSERT INTO users (id, name, email, disabled, created) SELECT 'bulk' || i, 'bulk' || i, '', %s, 1000 FROM %s", with(from, to), disabled, series(from, to)),
		fmt.Sprintf("%sINSERT INTO user_roles (user_id, role, user_name) SELECT 'bulk' || i, 'user', 'bulk' || i FROM %s", with(from, to), series(from, to)),
	}
	if sessions > 0 {
		list = append(list, fmt.Sprintf("%sINSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash, client_id) SELECT 'bulk' || i, 'bulk' || (1 + i %% %d), 'me', 1000, 4000000000000, 'bulk' || i, %s, 'holdfast' FROM %s",
			with(1, sessions), to, hash, series(1, sessions)))
	}
	return append(list, "ANALYZE")
}

// start starts so many servers.
func (s *site) start(ctx context.Context, n int) error {
	for range n {
		cmd := exec.CommandContext(ctx, s.program, "serve", "--addr", "127.0.0.1:0", "--db", s.db, "--log-one-of", "1000000", "--metrics-addr", "127.0.0.1:0") //nolint:gosec // as above
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		cmd.Stderr = os.Stderr
		if *quiet {
			cmd.Stderr = nil
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		one := &server{cmd: cmd}
		s.servers = append(s.servers, one)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if at, ok := strings.CutPrefix(lines.Text(), "  API     "); ok {
				one.url = at
			}
			if at, ok := strings.CutPrefix(lines.Text(), "Metrics "); ok {
				one.metrics = at
				break // the end of what it says at the start
			}
		}
		if one.url == "" {
			return errors.Join(errors.New("a server does not start"), s.stop())
		}
	}
	return nil
}

// stop stops them.
func (s *site) stop() (err error) {
	for _, one := range s.servers {
		err = errors.Join(err, one.cmd.Process.Signal(syscall.SIGTERM), one.cmd.Wait())
	}
	s.servers = nil
	return err
}

// changesRead is how often the first server has read the log of changes.
func (s *site) changesRead(ctx context.Context) (n float64, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.servers[0].metrics, http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "holdfast_changes_reads_total"); ok {
			one, err := strconv.ParseFloat(value[strings.LastIndexByte(value, ' ')+1:], 64)
			if err != nil {
				return 0, err
			}
			n += one // of callers, of keys
		}
	}
	return n, nil
}
