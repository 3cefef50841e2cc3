package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

// kind is a kind of request.
type kind struct {
	name string
	ask  func(c *client) error
}

var kinds = []kind{
	{"token checks", func(c *client) error { return c.send(http.MethodGet, "/users/me", "", nil) }},
	{"reads", func(c *client) error {
		c.n++
		return c.send(http.MethodGet, fmt.Sprint("/users/bulk", 1+c.n%100), "", nil)
	}},
	{"writes", func(c *client) error {
		c.n++
		return c.send(http.MethodPut, "/roles/"+c.name, fmt.Sprintf(`{"scopes":["a%d"]}`, c.n), nil)
	}},
	{"refreshes", func(c *client) error {
		return c.send(http.MethodPost, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {c.tokens.Refresh}}.Encode(), &c.tokens)
	}},
	{"sign-ins", func(c *client) error { return c.signIn("me") }},
}

// client is one who calls, one request after the other, always at one server.
type client struct {
	ctx    context.Context
	http   *http.Client
	url    string
	name   string
	tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	n int
}

func (c *client) signIn(scope string) error {
	return c.send(http.MethodPost, "/token", url.Values{"username": {c.name}, "password": {secret}, "scope": {scope}}.Encode(), &c.tokens)
}

func (c *client) send(method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(c.ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if path != "/token" {
		r.Header.Set("Authorization", "Bearer "+c.tokens.Access)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode == http.StatusServiceUnavailable:
		return errBusy
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s = %d %s", method, path, resp.StatusCode, text)
	case into != nil:
		return json.Unmarshal(text, into)
	}
	return nil
}

// result is what was measured.
type result struct {
	rate float64       // requests a second
	cpu  time.Duration // of all servers, for each request
	busy int64         // requests that were told to come again, which do not count
}

func (r result) String() string {
	text := fmt.Sprintf("%.0f/s, %v", r.rate, r.cpu.Round(time.Microsecond))
	if r.busy > 0 {
		text += fmt.Sprintf(" (%d times 503)", r.busy)
	}
	return text
}

var errBusy = errors.New("503")

// load has all callers ask for so long.
func (s *site) load(ctx context.Context, what kind, d time.Duration) (r result, err error) {
	clients, err := s.clients(ctx, what)
	if err != nil {
		return r, err
	}
	return s.loadBy(clients, what, d)
}

// loadBy is load by callers who have signed in.
func (s *site) loadBy(clients []*client, what kind, d time.Duration) (r result, err error) {
	before, err := s.cpu()
	if err != nil {
		return r, err
	}
	var done, busy atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, len(clients))
	began := time.Now()
	for i, c := range clients {
		all.Go(func() {
			for time.Since(began) < d && errs[i] == nil {
				err := what.ask(c)
				if errors.Is(err, errBusy) {
					busy.Add(1)
					continue
				}
				errs[i] = err
				done.Add(1)
			}
			c.http.CloseIdleConnections()
		})
	}
	all.Wait()
	took := time.Since(began)
	after, err := s.cpu()
	n := max(1, done.Load())
	return result{float64(n) / took.Seconds(), (after - before) / time.Duration(n), busy.Load()}, errors.Join(append(errs, err)...)
}

// clients sign in.
func (s *site) clients(ctx context.Context, what kind) (list []*client, err error) {
	for i := range *callers {
		name, scope := caller(i), "me"
		if what.name == "writes" || what.name == "reads" {
			name, scope = caller(0), "me users:read roles:write"
		}
		c := &client{ctx: ctx, http: &http.Client{Transport: &http.Transport{}}, url: s.servers[i%len(s.servers)].url, name: name}
		if err := c.signIn(scope); err != nil {
			return nil, err
		}
		if what.name == "writes" {
			c.name = caller(i) // is the name of a role, too
		}
		list = append(list, c)
	}
	return list, nil
}

// cpu is what the servers have used.
func (s *site) cpu() (sum time.Duration, err error) {
	for _, one := range s.servers {
		used, err := proc.CPU(one.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}
