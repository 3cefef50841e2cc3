// Command served measures what a request costs the server itself, log line
// included, beside net/http's own: GET /users/me with a token that it has seen
// before, and GET /healthz, against a public GET of the bare handler of the peers.
//
//	go run ./served
//	go run ./served -profile /tmp    # and where the time goes: perf report -i FILE
//
// As package peers does it: each server is a process on core 0 with one thread that
// runs Go code, they take turns, and the load comes from core 1. The log goes into
// a file.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/bench/peers/load"
)

const (
	name   = "alice"
	secret = "correct horse battery staple"
	goal   = 1.5 // times net/http's own public request
)

// server is a process that serves.
type server struct {
	addr string
	cmd  *exec.Cmd
}

// start starts a program that listens on an address, on core 0.
func start(ctx context.Context, log *os.File, addr string, command ...string) (*server, error) {
	s := &server{addr: addr, cmd: exec.CommandContext(ctx, command[0], command[1:]...)} //nolint:gosec // as built here
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	s.cmd.Env = append(os.Environ(), "PEER_ADDR="+addr, "GOMAXPROCS=1")
	s.cmd.Stderr = log
	if _, err := s.cmd.StdinPipe(); err != nil { // the bare handler ends with it
		return nil, err
	}
	return s, proc.StartOn(s.cmd, 0)
}

// await returns once a path is answered.
func (s *server) await(ctx context.Context, path string) (took time.Duration, err error) {
	began := time.Now()
	for time.Since(began) < 30*time.Second {
		var resp *http.Response
		if resp, err = get(ctx, "http://"+s.addr+path); err == nil {
			return time.Since(began), resp.Body.Close()
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0, err
}

func get(ctx context.Context, at string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// cost is the processor time of one request, in microseconds.
func (s *server) cost(ctx context.Context, text []byte, d time.Duration) (float64, error) {
	before, err := proc.CPU(s.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	result, err := load.Run(ctx, load.Plan{Addr: s.addr, Conns: 16, For: d, Status: http.StatusOK, Next: load.Cycle([][]byte{text})})
	if err != nil {
		return 0, err
	}
	after, err := proc.CPU(s.cmd.Process.Pid)
	return float64(after-before) / float64(result.Count) / float64(time.Microsecond), err
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// signIn adds the user and returns a token of theirs.
func signIn(ctx context.Context, addr, program, db string) (string, error) {
	add := exec.CommandContext(ctx, program, "user", "add", name, "--own-password", "--password-stdin", "--db", db) //nolint:gosec // as built here
	add.Stdin = strings.NewReader(secret)
	if out, err := add.CombinedOutput(); err != nil {
		return "", fmt.Errorf("served: user add: %w\n%s", err, out)
	}
	form := url.Values{"grant_type": {"password"}, "username": {name}, "password": {secret}, "scope": {"me"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("served: POST /token = %s, %w", resp.Status, errors.Join(err, errors.New("no token")))
	}
	return answer.AccessToken, nil
}

// profile writes down where the time of a kind of request goes, with perf of Linux.
func (t *target) profile(ctx context.Context, folder string, d time.Duration) error {
	file := filepath.Join(folder, strings.NewReplacer(", ", "-", " ", "-", "/", "").Replace(t.name)+".perf")
	cmd := exec.CommandContext(ctx, "perf", "record", "-q", "-g", "-F", "4000", "-o", file, "-p", strconv.Itoa(t.at.cmd.Process.Pid), "--", "sleep", fmt.Sprint(d.Seconds())) //nolint:gosec // as built here
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err := t.at.cost(ctx, t.text, d)
	return errors.Join(err, cmd.Wait())
}

// target is one kind of request.
type target struct {
	name string
	at   *server
	text []byte
	cost []float64
	than []float64 // as multiples of the first's in the same round
}

func run(ctx context.Context, rounds int, each time.Duration, folder string) error {
	dir, err := os.MkdirTemp("", "served")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for module, pkg := range map[string]string{"..": "./cmd/holdfast", ".": "./peers/bare"} { // run in bench
		build := exec.CommandContext(ctx, "go", "-C", module, "build", "-o", dir+"/", pkg) //nolint:gosec // a folder of its own
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("served: go build: %w\n%s", err, out)
		}
	}
	targets, stop, err := servers(ctx, dir)
	defer stop()
	if err != nil {
		return err
	}
	if err := proc.Pin(1); err != nil {
		return err
	}
	for round := range rounds + 1 {
		costs := make([]float64, len(targets))
		for i := range targets {
			at := (i + round) % len(targets)
			if costs[at], err = targets[at].at.cost(ctx, targets[at].text, each); err != nil {
				return err
			}
		}
		for i := range targets {
			if round > 0 { // the first warms up
				targets[i].cost, targets[i].than = append(targets[i].cost, costs[i]), append(targets[i].than, costs[i]/costs[0])
			}
		}
	}
	for _, t := range targets {
		slices.Sort(t.cost)
		slices.Sort(t.than)
		peak, err := proc.Peak(t.at.cmd.Process.Pid)
		if err == nil && folder != "" {
			err = t.profile(ctx, folder, 4*time.Second)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%-28s %6.1f µs, %.2f of net/http's public GET (%.2f to %.2f; at most %.1f), %3.0f MiB at most\n",
			t.name, t.cost[len(t.cost)/2], t.than[len(t.than)/2], t.than[0], t.than[len(t.than)-1], goal, peak)
	}
	return nil
}

// servers starts both, and says what is to be asked of them.
func servers(ctx context.Context, dir string) (targets []target, stop func(), err error) {
	var all []*server
	stop = func() {
		for _, s := range all {
			_ = errors.Join(s.cmd.Process.Signal(os.Interrupt), s.cmd.Wait()) // it was told to end
		}
	}
	log, err := os.Create(filepath.Join(dir, "log")) //nolint:gosec // a folder of our own
	if err != nil {
		return nil, stop, err
	}
	begin := func(path string, command func(addr string) []string) (*server, error) {
		addr, err := freeAddr(ctx)
		if err != nil {
			return nil, err
		}
		s, err := start(ctx, log, addr, command(addr)...)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
		took, err := s.await(ctx, path)
		fmt.Printf("%s answers %v after it was started\n", filepath.Base(command(addr)[0]), took.Round(time.Millisecond))
		return s, err
	}
	program, db := filepath.Join(dir, "holdfast"), filepath.Join(dir, "served.db")
	bare, err := begin("/public", func(string) []string { return []string{filepath.Join(dir, "bare")} })
	if err != nil {
		return nil, stop, err
	}
	ours, err := begin("/readyz", func(addr string) []string { return []string{program, "serve", "--db", db, "--addr", addr} })
	if err != nil {
		return nil, stop, err
	}
	token, err := signIn(ctx, ours.addr, program, db)
	if err != nil {
		return nil, stop, err
	}
	return []target{
		{name: "net/http, GET /public", at: bare, text: load.Get("/public", "")},
		{name: "net/http, with the token", at: bare, text: load.Get("/public", token)}, // which it does not look at
		{name: "holdfast, GET /users/me", at: ours, text: load.Get("/users/me", token)},
		{name: "holdfast, GET /healthz", at: ours, text: load.Get("/healthz", "")},
	}, stop, nil
}

func main() {
	rounds := flag.Int("rounds", 7, "how often each is measured; medians count")
	each := flag.Duration("each", 500*time.Millisecond, "how long each time")
	folder := flag.String("profile", "", "at the end, also write profiles of the processor's time into this folder, for which perf is needed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, max(1, *rounds), *each, *folder)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
