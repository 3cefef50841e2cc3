package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const secret = "correct horse battery"

// program is the built command, and the folder that it works in.
type program struct {
	t         *testing.T
	path, dir string
}

// build builds the command from the module above.
func build(t *testing.T) *program { return buildFrom(t, "./cmd/holdfast") }

// buildFrom builds a program of the module above.
func buildFrom(t *testing.T, folder string) *program {
	t.Helper()
	p := &program{t, filepath.Join(t.TempDir(), "holdfast"), t.TempDir()}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, folder) //nolint:gosec // a folder of the module
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return p
}

// run runs a command of the shell.
func (p *program) run(stdin string, args ...string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.path, args...) //nolint:gosec // as built here
	cmd.Dir, cmd.Stdin = p.dir, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("holdfast %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// serve starts the server and returns its URL with the setup link.
func (p *program) serve(args ...string) (base, setup string) {
	p.t.Helper()
	out := p.start(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	return out.find(p.t, `(?m)^  API +(\S+)\n`), out.find(p.t, `(http\S+/setup\?secret=\S+)`)
}

// start starts the program, until the end of the test.
func (p *program) start(args ...string) *output {
	p.t.Helper()
	out := &output{wrote: make(chan struct{}, 1)}
	cmd := exec.CommandContext(context.Background(), p.path, args...) //nolint:gosec // as built here
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, out, out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("the server ended with %v:\n%s", err, out)
		}
	})
	return out
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

// find waits until the process has printed what the pattern matches.
func (o *output) find(t *testing.T, pattern string) string {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	for late := time.After(30 * time.Second); ; {
		if m := wanted.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-o.wrote:
		case <-late:
			t.Fatalf("the server does not print %s:\n%s", pattern, o)
		}
	}
}
