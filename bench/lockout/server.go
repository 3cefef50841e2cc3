package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// secret is everybody's password.
const secret = "correct horse battery"

// server is `holdfast serve` as a process of its own, on a new database.
type server struct {
	url    string
	client *http.Client
	cmd    *exec.Cmd
	dir    string
}

func start(ctx context.Context, holdfast string, people int) (_ *server, err error) {
	s := &server{client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConns: 4000, MaxIdleConnsPerHost: 4000}}}
	if s.dir, err = os.MkdirTemp("", "holdfast-lockout"); err != nil {
		return nil, err
	}
	db := filepath.Join(s.dir, "bench.db")
	if err := populate(ctx, db, people); err != nil {
		return nil, err
	}
	s.cmd = exec.CommandContext(ctx, holdfast, "serve", "--addr", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1", "--db", db) //nolint:gosec // as above
	s.cmd.Env = append(os.Environ(), "HOLDFAST_MAX_CONNS=8192")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if base, ok := strings.CutPrefix(lines.Text(), "  API     "); ok {
			s.url = base
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
			return s, nil
		}
	}
	s.close()
	return nil, errors.New("the server ended before it listened")
}

// populate makes a database with people in it.
func populate(ctx context.Context, db string, people int) error {
	store, err := sqlite.Open(ctx, db)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return err
	}
	accounts, err := account.NewService(ctx, account.Config{Store: store, Passwords: passwords})
	if err != nil {
		return err
	}
	for n := range people {
		if _, err := accounts.CreateUser(ctx, account.NewUser{Name: person(n), Password: secret, Roles: []string{"user"}}); err != nil {
			return err
		}
	}
	return nil
}

func person(n int) string { return fmt.Sprint("person", n) }

func (s *server) close() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // says that it was killed
	s.client.CloseIdleConnections()
	_ = os.RemoveAll(s.dir) //nolint:gosec // a folder of our own
}

// answer is what a sign-in came to.
type answer struct {
	status int
	again  time.Duration // Retry-After
	device string        // the cookie that it left
	took   time.Duration
}

// signIn posts to /token, as from an address.
func (s *server) signIn(ctx context.Context, name, password, from, device string) answer {
	began := time.Now()
	form := url.Values{"username": {name}, "password": {password}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/token", strings.NewReader(form)) //nolint:gosec // our own server
	if err != nil {
		return answer{}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", from)
	if device != "" {
		r.Header.Set("Cookie", "__Host-device="+device)
	}
	w, err := s.client.Do(r) //nolint:gosec // as above
	if err != nil {
		return answer{took: time.Since(began)}
	}
	defer func() { _ = w.Body.Close() }()
	_, _ = io.Copy(io.Discard, w.Body)
	a := answer{status: w.StatusCode, took: time.Since(began)}
	if seconds, err := time.ParseDuration(w.Header.Get("Retry-After") + "s"); err == nil {
		a.again = seconds
	}
	for _, c := range w.Cookies() {
		if c.Name == "__Host-device" {
			a.device = c.Value
		}
	}
	return a
}
