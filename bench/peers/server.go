package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/bench/peers/contract"
)

// The servers, in the order in which they are shown. All but the last are
// commands below this folder.
var goPeers = []string{baseline, "golangjwt", "chi", "gin", "echo", "fiber", "huma", "fuego", ours}

const (
	baseline = "bare" // what the others are compared with
	ours     = "holdfast"
	fastapi  = "fastapi"
)

// build compiles the servers into dir.
func build(ctx context.Context, names []string, dir string) error {
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "github.com/holdfast-go/holdfast/bench/peers/"+name)
	}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // names of this package
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("peers: go build: %w\n%s", err, out)
	}
	return nil
}

// server is a peer that runs.
type server struct {
	name string
	addr string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func (s *server) url() string { return "http://" + s.addr }

// start starts a server on one core and waits until it answers. command is what
// runs it; it finds its address in PEER_ADDR, and in the command itself where
// that says HOST and PORT.
func start(ctx context.Context, name string, command []string, core int) (*server, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr)
	args := make([]string, len(command))
	for i, word := range command {
		args[i] = strings.NewReplacer("HOST", host, "PORT", port).Replace(word)
	}
	s := &server{name: name, addr: addr, cmd: exec.CommandContext(ctx, args[0], args[1:]...)} //nolint:gosec // a peer
	s.cmd.Env = append(os.Environ(), "PEER_ADDR="+addr, "GOMAXPROCS=1")
	s.cmd.Stderr = os.Stderr
	var out io.ReadCloser
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if out, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := proc.StartOn(s.cmd, core); err != nil {
		return nil, fmt.Errorf("peers: start %s: %w", name, err)
	}
	if err := s.await(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// freeAddr is an address that nothing listened on a moment ago.
func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// await returns once the server answers.
func (s *server) await(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+contract.Public, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("peers: %s does not answer: %w", s.name, errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server. A Go server ends with its input, the other one by a
// signal.
func (s *server) stop() {
	_ = s.in.Close()
	if s.name == fastapi {
		_ = s.cmd.Process.Signal(os.Interrupt)
	}
	_ = s.cmd.Wait() // it was told to end
}

// objects is how many objects the server has allocated so far; 0 if it is not
// in Go.
func (s *server) objects() (float64, error) {
	if s.name == fastapi {
		return 0, nil
	}
	if _, err := fmt.Fprintln(s.in, "stats"); err != nil {
		return 0, err
	}
	var count float64
	if _, err := fmt.Fscanln(s.out, &count); err != nil {
		return 0, fmt.Errorf("peers: %s does not tell its allocations: %w", s.name, err)
	}
	return count, nil
}
