package doctest_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// address is where servers listen on the pages. In a session each has a port of
// its own, and what stands on the page is replaced by it.
const address = "127.0.0.1:8000"

// session is a shell that works through the console blocks of a page, in a
// folder that has a checkout of this repository beside it.
type session struct {
	t      *testing.T
	dir    string            // where the next command runs
	tmp    string            // what the session needs and no command sees
	server string            // the command holdfast
	env    []string          // of every command
	host   string            // where the server listens that was started last
	stop   func()            // ends that server
	values map[string]string // what was printed in the place of names

	checkout string // what is beside dir
}

// newSession is given the command holdfast. It needs a shell and curl, which
// script/bootstrap installs.
func newSession(t *testing.T, server string) *session {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the pages are written for a shell")
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, dir: t.TempDir(), tmp: t.TempDir(), server: server, stop: func() {}, values: map[string]string{}, checkout: checkout}
	if err := os.Symlink(checkout, filepath.Join(s.dir, "holdfast")); err != nil {
		t.Fatal(err)
	}
	s.write(filepath.Join(s.tmp, ".curlrc"), "silent\n") // as in a terminal: no progress
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "HOLDFAST_") {
			s.env = append(s.env, variable)
		}
	}
	s.env = append(s.env, "PATH="+filepath.Dir(server)+string(filepath.ListSeparator)+os.Getenv("PATH"), "CURL_HOME="+s.tmp,
		// What is not in the module cache is not asked for, and what is there has
		// been verified by this repository's go.sum.
		"GOPROXY=off", "GOSUMDB=off",
		"GOFLAGS=-ldflags=-w") // linking is most of a build, and DWARF is much of it
	return s
}

func (s *session) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// build builds a program in a folder as its reader would: what the pages promise is
// what is printed, and the packages' own tests are under the race detector.
func build(t *testing.T, name, folder string, args ...string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	args = append([]string{"build", "-o", name, "-ldflags=-w"}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...) //nolint:gosec // a program that is on a page
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return name
}

// run does the steps of a page.
func (s *session) run(all []step) {
	s.t.Helper()
	for _, step := range all {
		start := servers[step.command]
		if flags, ok := strings.CutPrefix(step.command, "holdfast serve"); ok {
			start = func(s *session, want []string) { s.serve(want, strings.Fields(flags)...) }
		}
		switch {
		case step.file != "":
			s.save(step)
		case start != nil:
			s.stop() // on the page both listen on one address
			start(s, step.want)
		default:
			s.command(step)
		}
	}
}

// save writes a file of a page into the folder where the session is.
func (s *session) save(step step) {
	s.t.Helper()
	name := filepath.Join(s.dir, step.file)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		s.t.Fatal(err)
	}
	s.write(name, step.text)
}

// command runs a command to its end, in the folder and with the variables that the
// one before has left, as in a terminal. Where a page shows no output it promises
// none, and the command must only succeed.
func (s *session) command(step step) {
	s.t.Helper()
	after, kept := filepath.Join(s.tmp, "pwd"), filepath.Join(s.tmp, "variables")
	script := "set -a; [ ! -e " + kept + " ] || . " + kept + "\n" + s.filled(step.command) + "\nstatus=$?; pwd >" + after + "; export -p >" + kept + "; exit $status"
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", script) //nolint:gosec // a command of a page
	cmd.Dir, cmd.Env = s.dir, append(s.env, "PWD="+s.dir)
	var printed, reported strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if strings.HasPrefix(step.command, "go ") {
		cmd.Stderr = &reported // what it has to download depends on the machine
	}
	err := cmd.Run()
	text := s.asOnThePage(printed.String())
	if len(step.want) == 0 {
		if err != nil {
			s.t.Fatalf("$ %s: %v\n%s%s", step.command, err, reported.String(), text)
		}
	} else {
		values, err := compareOutput(step.want, text)
		if err != nil {
			s.t.Errorf("$ %s: %v. It prints:\n%s", step.command, err, text)
		}
		for name, value := range values {
			s.values[name] = value
		}
	}
	now, err := os.ReadFile(after)
	if err != nil {
		s.t.Fatal(err)
	}
	s.dir = strings.TrimSpace(string(now))
}

// filled puts what was printed before, and the server's address, into a command. A
// module is given the checkout itself and not the link beside it: the compiler's cache
// goes by the folder of a package, and each page would compile the whole library again.
func (s *session) filled(command string) string {
	for name, value := range s.values {
		command = strings.ReplaceAll(command, name, value)
	}
	return strings.NewReplacer("localhost:8000", s.host, address, s.host, "=../holdfast", "="+s.checkout).Replace(command)
}

func (s *session) asOnThePage(text string) string {
	if s.host == "" {
		return text
	}
	return strings.ReplaceAll(text, s.host, address)
}

// servers are the commands of pages that go on running, and how each is started
// here.
var servers = map[string]func(s *session, want []string){
	"go run ./cmd/holdfast serve": func(s *session, want []string) { s.serve(want) },
	"go run ./examples/hello":     func(s *session, want []string) { s.example(filepath.Join(root, "examples/hello"), want) },
	"go run ./examples/library":   func(s *session, want []string) { s.example(filepath.Join(root, "examples/library"), want) },
	"go run .":                    func(s *session, want []string) { s.example(s.dir, want) },
}

// serve starts the server on a free port that it says.
func (s *session) serve(want []string, flags ...string) {
	s.t.Helper()
	s.host = ""
	s.start(want, exec.CommandContext(context.Background(), s.server, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)) //nolint:gosec // it was built for this test
}

// example starts a program of one file that listens on the pages' address, with
// a free port in its place.
func (s *session) example(folder string, want []string) {
	s.t.Helper()
	folder, err := filepath.Abs(folder)
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(folder, "main.go")
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(text), address) {
		s.t.Fatalf("%s does not listen on %s", file, address)
	}
	s.host = freePort(s.t)
	moved := filepath.Join(s.tmp, "main.go")
	s.write(moved, strings.ReplaceAll(string(text), address, s.host))
	overlay := filepath.Join(s.tmp, "overlay.json")
	s.write(overlay, fmt.Sprintf(`{"Replace": {%q: %q}}`, file, moved))
	program := build(s.t, "example", folder, "-overlay", overlay, ".")
	s.start(want, exec.CommandContext(context.Background(), program)) //nolint:gosec // it was built above
	s.reach()
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// announced is where a server says that it listens: where it is reached, unless
// that is another place.
var announced = regexp.MustCompile(`(?m)^  (?:API +http://|Listens )(\S+)$`)

// start starts a server and waits until it has printed what the page shows.
func (s *session) start(want []string, cmd *exec.Cmd) {
	s.t.Helper()
	out := &output{wrote: make(chan struct{}, 1)}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, append(s.env, "PWD="+s.dir), out, out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
	})
	s.t.Cleanup(s.stop)
	late := time.After(30 * time.Second)
	for {
		text := out.String()
		if found := announced.FindAllStringSubmatch(text, -1); found != nil {
			s.host = found[len(found)-1][1]
		}
		_, err := compareOutput(want, s.asOnThePage(text))
		if err == nil && s.host != "" {
			return
		}
		select {
		case <-out.wrote:
		case <-late:
			s.t.Fatalf("%s: %v. It prints:\n%s", cmd, err, text)
		}
	}
}

// reach waits until the server listens.
func (s *session) reach() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.host)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			s.t.Fatalf("nothing listens on %s: %v", s.host, err)
		}
	}
}

// output is what a process prints, while it does.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote chan struct{} // has an item after a write
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return o.text.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
