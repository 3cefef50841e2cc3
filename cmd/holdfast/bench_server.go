package main

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
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// benchServer is `holdfast serve` as a process of its own, and what is sent to
// it.
type benchServer struct {
	cmd   *exec.Cmd
	stop  context.CancelFunc
	login *loadgen.Target
	me    *loadgen.Target
}

// startBenchServer starts a server on a new database with one user, signs in
// once and returns when that has worked.
func startBenchServer(ctx context.Context, db string, flags ...string) (*benchServer, error) {
	secret := rand.Text()
	err := database{DB: db}.with(ctx, func(accounts *account.Service) error {
		_, err := accounts.CreateUser(ctx, account.NewUser{Name: "bench", Password: account.Secret(secret), Roles: []string{"user"}})
		return err
	})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &benchServer{stop: stop}
	s.cmd = exec.CommandContext(ctx, self, append([]string{"serve", "--db", db, "--addr", "127.0.0.1:0"}, flags...)...) //nolint:gosec // this program
	s.cmd.Env = withoutOurs(os.Environ())
	if err := s.start(ctx, secret); err != nil {
		stop()
		return nil, err
	}
	return s, nil
}

// withoutOurs is an environment that does not set flags of the server.
func withoutOurs(environ []string) []string {
	var out []string
	for _, one := range environ {
		if !strings.HasPrefix(one, "HOLDFAST_") {
			out = append(out, one)
		}
	}
	return out
}

func (s *benchServer) start(ctx context.Context, secret string) error {
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		base, ok := strings.CutPrefix(lines.Text(), "  API     ")
		if !ok {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
		if err = s.signIn(ctx, base, secret); err != nil {
			break
		}
		return nil
	}
	s.close()
	if err == nil {
		err = errors.New("it ended before it listened")
	}
	return fmt.Errorf("the server of the benchmark did not start: %w", err)
}

func (s *benchServer) signIn(ctx context.Context, base, secret string) (err error) {
	form := url.Values{"username": {"bench"}, "password": {secret}, "scope": {"me"}}
	if s.login, err = loadgen.NewTarget("POST", base+"/token", loadgen.Form, form.Encode()); err != nil {
		return err
	}
	status, body, err := s.login.Once(ctx)
	if err != nil {
		return err
	}
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Token == "" {
		return fmt.Errorf("POST /token: %d %s", status, body)
	}
	s.me, err = loadgen.NewTarget("GET", base+"/users/me", loadgen.Bearer(got.Token), "")
	return err
}

// close kills the server: what it has begun is of no use to anybody.
func (s *benchServer) close() {
	s.stop()
	_ = s.cmd.Wait() // says that it was killed
}
