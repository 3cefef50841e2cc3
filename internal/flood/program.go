package flood

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// Program starts the command holdfast, which stands at path, as a server: a
// process of its own, on a new database with one user, with these flags beside
// those that it needs.
func Program(path string, flags ...string) Start {
	return func(ctx context.Context) (*Server, error) {
		dir, err := os.MkdirTemp("", "holdfast-bench")
		if err != nil {
			return nil, err
		}
		p := &process{path: path, db: filepath.Join(dir, "bench.db"), secret: rand.Text()}
		ctx, p.stop = context.WithCancel(ctx)
		remove := func() { _ = os.RemoveAll(dir) } // a folder of the system for such things
		server, err := p.serve(ctx, flags)
		if err != nil {
			p.stop()
			remove()
			return nil, fmt.Errorf("the server of the benchmark did not start: %w", err)
		}
		server.Close, server.PID = func() { p.kill(); remove() }, p.serves.Process.Pid
		return server, nil
	}
}

// process is a server in a process of its own.
type process struct {
	path   string
	db     string
	secret string // the user's password
	serves *exec.Cmd
	stop   context.CancelFunc
}

// command is the program on the database, with no other flags than these: what
// the environment says of a server of the user's own is not for this one.
func (p *process) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, append(args, "--db", p.db)...) //nolint:gosec // the caller's program
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "HOLDFAST_") {
			cmd.Env = append(cmd.Env, one)
		}
	}
	return cmd
}

// serve adds a user, starts the server and signs in once.
func (p *process) serve(ctx context.Context, flags []string) (*Server, error) {
	add := p.command(ctx, "user", "add", "bench", "--password-stdin", "--own-password")
	add.Stdin = strings.NewReader(p.secret)
	if text, err := add.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("add a user: %w\n%s", err, text)
	}
	p.serves = p.command(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)
	out, err := p.serves.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.serves.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		base, ok := strings.CutPrefix(lines.Text(), "  API     ")
		if !ok {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
		server, err := p.signIn(ctx, base)
		if err != nil {
			p.kill()
		}
		return server, err
	}
	p.kill()
	return nil, errors.New("it ended before it listened")
}

func (p *process) signIn(ctx context.Context, base string) (*Server, error) {
	form := url.Values{"username": {"bench"}, "password": {p.secret}, "scope": {"me"}}
	login, err := loadgen.NewTarget("POST", base+"/token", loadgen.Form, form.Encode())
	if err != nil {
		return nil, err
	}
	status, body, err := login.Once(ctx)
	if err != nil {
		return nil, err
	}
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Token == "" {
		return nil, fmt.Errorf("POST /token: %d %s", status, body)
	}
	me, err := loadgen.NewTarget("GET", base+"/users/me", loadgen.Bearer(got.Token), "")
	if err != nil {
		return nil, err
	}
	return &Server{Login: login, Me: me}, nil
}

// kill ends the server: what it has begun is of no use to anybody.
func (p *process) kill() {
	p.stop()
	_ = p.serves.Wait() // says that it was killed
}
