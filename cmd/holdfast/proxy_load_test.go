package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// traffic is what callers of all kinds ask of a fleet, one request after the other
// each, until it is told to end.
type traffic struct {
	t       *testing.T
	url     string
	ending  chan struct{}
	all     sync.WaitGroup
	writers int // callers whose requests change something

	mu       sync.Mutex
	answered map[string]int // requests, by what they are
	total    int
	failed   map[failure]int
}

// failure is a request without the answer that it ought to have.
type failure struct{ method, path, what string }

func (f failure) String() string { return f.method + " " + f.path + ": " + f.what }

// traffic begins it: of each kind one caller by HTTP/1.1 and one by HTTP/2.
func (f *fleet) traffic() *traffic {
	f.t.Helper()
	l := &traffic{t: f.t, url: f.url, ending: make(chan struct{}), answered: map[string]int{}, failed: map[failure]int{}}
	for n, two := range []bool{false, true} {
		client, got := f.client(two), f.servers[n].login("alice", "me users:read roles:write")
		read := func(path string) func(int) bool {
			return func(int) bool { return l.asks(client, http.MethodGet, path, got.Access, "", nil) }
		}
		l.caller(read("/users/me"))
		l.caller(read("/users"))
		l.writes(func(i int) bool {
			return l.asks(client, http.MethodPut, fmt.Sprintf("/roles/role-%d-%d", n, i%50), got.Access, fmt.Sprintf(`{"scopes":["a%d"]}`, i), nil)
		})
		session := f.servers[n].login("alice", "me")
		l.writes(func(int) bool {
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {session.Refresh}}.Encode()
			return l.asks(client, http.MethodPost, "/token", "", form, &session)
		})
		l.writes(func(int) bool {
			var brief tokens
			return l.asks(client, http.MethodPost, "/token", "", loginForm("alice", "me"), &brief) &&
				l.asks(client, http.MethodPost, "/logout", brief.Access, "", nil)
		})
	}
	return l
}

// writes is a caller whose requests change something.
func (l *traffic) writes(ask func(n int) bool) {
	l.writers++
	l.caller(ask)
}

func (l *traffic) caller(ask func(n int) bool) {
	l.all.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-l.ending:
				return
			default:
			}
			if !ask(n) {
				time.Sleep(20 * time.Millisecond) //nolint:forbidigo // as one who comes again
			}
		}
	})
}

// asks sends one request and notes what became of it.
func (l *traffic) asks(client *http.Client, method, path, token, body string, into any) bool {
	what := l.ask(client, method, path, token, body, into)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	if kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/role-"); what == "" {
		l.answered[method+" /"+kind]++
		return true
	}
	l.failed[failure{method, path, what}]++
	return false
}

// ask returns what is wrong with the answer to a request, and "" if nothing is.
func (l *traffic) ask(client *http.Client, method, path, token, body string, into any) string {
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err.Error()
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent:
		return fmt.Sprintf("%d %s", resp.StatusCode, bytes.TrimSpace(text))
	case into != nil:
		if err := json.Unmarshal(text, into); err != nil {
			return err.Error()
		}
	}
	return ""
}

// more waits until so many more requests were answered.
func (l *traffic) more(n int) {
	l.t.Helper()
	l.mu.Lock()
	want := l.total + n
	l.mu.Unlock()
	for began := time.Now(); ; time.Sleep(time.Millisecond) { //nolint:forbidigo // other processes cannot be synchronised with
		l.mu.Lock()
		got := l.total
		l.mu.Unlock()
		if got >= want {
			return
		}
		if time.Since(began) > time.Minute {
			l.t.Fatalf("%d requests were answered in a minute, want %d", got-want+n, n)
		}
	}
}

// end ends the traffic; each kind of request was answered.
func (l *traffic) end() {
	l.t.Helper()
	close(l.ending)
	l.all.Wait()
	for _, kind := range []string{"GET /users/me", "GET /users", "PUT /roles", "POST /token", "POST /logout"} {
		if l.answered[kind] == 0 {
			l.t.Errorf("no %s was answered: it was not tried", kind)
		}
	}
	l.t.Logf("%d requests, %d kinds of failure; answered: %v", l.total, len(l.failed), l.answered)
}
