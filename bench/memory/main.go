// Command memory measures the memory of servers, in MiB that the system has given
// them: started, after requests, after hashes of passwords, and when no hash has run
// for a while.
//
//	go run ./memory
//
// The servers are processes of their own: net/http's, the library's, the library's
// with a work.Headroom for its hashes, and holdfast serve.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/bench/peers/load"
)

// target is a server that is measured.
type target struct {
	name  string
	path  string // of a public GET
	hash  string // where a POST hashes a password; nowhere if ""
	form  string // what is posted
	cmd   *exec.Cmd
	addr  string
	state []float64
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// targets are the servers, not started yet. dir is theirs.
func targets(ctx context.Context, dir string) ([]*target, error) {
	program, err := proc.Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	list := []*target{
		{name: "net/http", path: "/public"},
		{name: "the library", path: "/public"},
		{name: "the library, with a Headroom", path: "/public", hash: "/hash"},
		{name: "holdfast serve", path: "/healthz", hash: "/token", form: "grant_type=password&username=nobody&password=wrong"},
	}
	for i, t := range list {
		if t.addr, err = freeAddr(ctx); err != nil {
			return nil, err
		}
		command := []string{self, "-serve", t.name, "-addr", t.addr}
		if i == len(list)-1 {
			command = []string{program, "serve", "--addr", t.addr, "--db", filepath.Join(dir, "memory.db"), "--log-one-of", "1000000"}
		}
		t.cmd = exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // as built here
		t.cmd.Cancel = func() error { return t.cmd.Process.Signal(os.Interrupt) }
	}
	return list, nil
}

// ask sends one request, and reports whether it was answered.
func ask(ctx context.Context, method, at, form string) error {
	req, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(form))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (t *target) start(ctx context.Context) (err error) {
	if err = t.cmd.Start(); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		if err = ask(ctx, http.MethodGet, "http://"+t.addr+t.path, ""); err == nil {
			return nil
		}
	}
	return err
}

// serve sends requests for some seconds, and hashes before.
func (t *target) serve(ctx context.Context, hashes int, d time.Duration) error {
	for range hashes {
		if t.hash == "" {
			break
		}
		if err := ask(ctx, http.MethodPost, "http://"+t.addr+t.hash, t.form); err != nil {
			return err
		}
	}
	_, err := load.Run(ctx, load.Plan{Addr: t.addr, Conns: 16, For: d, Status: http.StatusOK, Next: load.Cycle([][]byte{load.Get(t.path, "")})})
	return err
}

func (t *target) note() error {
	now, err := proc.Memory(t.cmd.Process.Pid)
	t.state = append(t.state, now)
	return err
}

func run(ctx context.Context, each, wait time.Duration) error {
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	list, err := targets(ctx, dir)
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := t.start(ctx); err != nil {
			return fmt.Errorf("memory: %s: %w", t.name, err)
		}
		defer func() { _ = errors.Join(t.cmd.Process.Signal(os.Interrupt), t.cmd.Wait()) }() // it was told to end
	}
	for _, stage := range []struct {
		hashes int
		load   time.Duration
		before time.Duration
	}{{}, {load: each}, {hashes: 20, load: each}, {before: wait}, {load: each}} {
		time.Sleep(stage.before)
		for _, t := range list {
			if stage.load > 0 {
				if err := t.serve(ctx, stage.hashes, stage.load); err != nil {
					return fmt.Errorf("memory: %s: %w", t.name, err)
				}
			}
			if err := t.note(); err != nil {
				return err
			}
		}
	}
	fmt.Printf("| MiB | started | after requests | after hashes and requests | %v later | after requests |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", wait)
	for _, t := range list {
		fmt.Printf("| %s |", t.name)
		for _, n := range t.state {
			fmt.Printf(" %.0f |", n)
		}
		fmt.Println()
	}
	return nil
}

func main() {
	each := flag.Duration("each", 3*time.Second, "for how long requests are sent each time")
	wait := flag.Duration("wait", 75*time.Second, "for how long nothing is hashed")
	kind := flag.String("serve", "", "be the server of that name, for the command itself")
	addr := flag.String("addr", "", "where that serves")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *kind != "" {
		err = serveAs(ctx, *kind, *addr)
	} else {
		err = run(ctx, *each, *wait)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
