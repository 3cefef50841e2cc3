// Package pgtest starts a PostgreSQL of its own for the tests of a package, on a
// free port, in a folder that is gone afterwards. A program that runs as root
// starts it as another user, because PostgreSQL refuses to run as root.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		url := pgtest.Database(t) // a new, empty database
//	}
//
// Where there is no PostgreSQL, tests that need one are skipped, and say how to get
// one; with HOLDFAST_NEED_POSTGRES or CI in the environment they fail.
package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server of this process's tests.
var shared struct {
	sync.Mutex
	server  *Server
	err     error
	started bool
	missing atomic.Int64 // tests that were skipped
}

// Main runs tests, and stops the server that they have started.
func Main(m interface{ Run() int }) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if n := shared.missing.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "%d tests were skipped because there is no PostgreSQL: %v\n", n, errMissing)
	}
	if shared.server != nil {
		if err := shared.server.remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(1, code)
		}
	}
	return code
}

var errMissing = errors.New("script/bootstrap installs it, and HOLDFAST_POSTGRES names the folder of initdb and postgres if that is not on the PATH")

// Shared returns the server of this process's tests, which it starts at first.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.started {
		shared.started = true
		shared.server, shared.err = start()
	}
	check(t, shared.err)
	return shared.server
}

// check ends a test that has no server.
func check(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CI") == "" && os.Getenv("HOLDFAST_NEED_POSTGRES") == "":
		shared.missing.Add(1)
		t.Skipf("there is no PostgreSQL here: %v", err)
	default:
		t.Fatal(err)
	}
}

// Start starts a server for one test, which may stop it, with further settings such
// as "max_connections=20".
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(settings...)
	check(t, err)
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Open starts a server for a program that is no test, such as a benchmark, which has
// to Close it. Settings come after those that tests have, so "fsync=on" is one that
// keeps what it acknowledges.
func Open(settings ...string) (*Server, error) { return start(settings...) }

// Close stops a server of Open and removes all of it.
func (s *Server) Close() error { return s.remove() }

// Database makes a new, empty database on the shared server and returns its URL.
func Database(t testing.TB) string {
	t.Helper()
	return Shared(t).Database(t)
}

// Server is a PostgreSQL.
type Server struct {
	dir      string // of all of it
	data     string
	bin      string
	port     int
	password string
	settings []string

	run   *exec.Cmd
	alive io.Closer // what keeps it running
	log   *os.File
	names atomic.Int64
}

// Bin is the folder of PostgreSQL's programs.
func Bin() (string, error) {
	folders := []string{os.Getenv("HOLDFAST_POSTGRES")}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is a good one
	for i := len(installed) - 1; i >= 0; i-- {
		folders = append(folders, installed[i])
	}
	for _, folder := range folders {
		if folder != "" && exists(filepath.Join(folder, "initdb")) {
			return folder, nil
		}
	}
	return "", errMissing
}

func start(settings ...string) (_ *Server, err error) {
	bin, err := Bin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, data: filepath.Join(dir, "data"), bin: bin, password: rand.Text(), settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove())
		}
	}()
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return nil, err
	}
	if err := giveAway(dir, secret); err != nil {
		return nil, err
	}
	out, err := s.Command("initdb", "--pgdata="+s.data, "--username=postgres", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Again()
}

// Command is one of PostgreSQL's programs, run as the user whose the server is.
func (s *Server) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:gosec,noctx // it is a test's own
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PGPASSWORD="+s.password)
	become(cmd)
	return cmd
}

// Again starts a server that was stopped, on the port that it had.
func (s *Server) Again() (err error) {
	for range 5 { // a port that was free may be another's a moment later
		if s.port == 0 {
			if s.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.begin(); err == nil {
			return nil
		}
		if s.names.Load() == 0 {
			s.port = 0
		}
	}
	return err
}

// begin starts the server below a shell that kills it when this process is gone,
// however it ends.
func (s *Server) begin() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	args := []string{
		"-c", `"$@" & server=$!; read -r line; kill -QUIT $server; wait $server`, "sh",
		filepath.Join(s.bin, "postgres"), "-D", s.data, "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", "",
		"-c", "max_connections=400", "-c", "fsync=off", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB", "-c", "log_min_messages=log",
	}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command("sh", args...) //nolint:gosec,noctx // it is a test's own
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	become(cmd)
	alive, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	s.run, s.alive, s.log = cmd, alive, log
	if err := s.ready(); err != nil {
		text, _ := os.ReadFile(log.Name()) // for the error
		return errors.Join(fmt.Errorf("postgres does not start: %w\n%s", err, text), s.Stop())
	}
	return nil
}

// ready waits until the server answers.
func (s *Server) ready() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, s.URL("postgres")); err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// Stop stops the server at once, as kill -9 would: it has to recover when it is
// started again.
func (s *Server) Stop() error {
	if s.run == nil {
		return nil
	}
	err := s.alive.Close()
	_ = s.run.Wait() // it says how the server was killed
	s.run = nil
	return errors.Join(err, s.log.Close())
}

// remove stops the server and removes all of it.
func (s *Server) remove() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}

// pid is the process of the server that all others descend from.
func (s *Server) pid() (int, error) {
	file, err := os.Open(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // it was read
	lines := bufio.NewScanner(file)
	lines.Scan()
	return strconv.Atoi(strings.TrimSpace(lines.Text()))
}

// URL is that of a database on the server.
func (s *Server) URL(database string) string {
	at := url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: database, RawQuery: "sslmode=disable",
	}
	return at.String()
}

// Port is where the server listens, on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// Database makes a new, empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.Copy(t, "template0")
}

// Copy makes a database that is a copy of another to which nobody is connected.
func (s *Server) Copy(t testing.TB, of string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.names.Add(1))
	s.Exec(t, "postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, of))
	return s.URL(name)
}

// Exec runs statements in a database of the server.
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // it has done what it had to
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }() // for the server
	return l.Addr().(*net.TCPAddr).Port, nil
}
