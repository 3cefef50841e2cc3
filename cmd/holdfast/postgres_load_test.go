package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// load writes roles at several servers until it is told to end, as those do who
// come again when they are told to.
type load struct {
	t       *testing.T
	servers []*process
	token   string
	client  *http.Client
	ending  chan struct{}
	all     sync.WaitGroup

	mu           sync.Mutex
	acknowledged []string
	last         time.Time        // when the last write was acknowledged
	statuses     map[int]int      // of answers
	broken       map[*process]int // requests without an answer
	slowest      time.Duration    // answer
}

// loaded begins a load of so many callers.
func loaded(t *testing.T, token string, callers int, servers ...*process) *load {
	l := &load{
		t: t, servers: servers, token: token, ending: make(chan struct{}), statuses: map[int]int{}, broken: map[*process]int{},
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: callers}},
	}
	for n := range callers {
		l.all.Go(func() { l.write(n) })
	}
	return l
}

func (l *load) write(caller int) {
	for n := 0; ; n++ {
		select {
		case <-l.ending:
			return
		default:
		}
		name, at := fmt.Sprintf("role-%d-%d", caller, n), l.servers[(caller+n)%len(l.servers)]
		began := time.Now()
		status, again, err := l.put(at, name)
		l.mu.Lock()
		switch l.slowest = max(l.slowest, time.Since(began)); {
		case err != nil:
			l.broken[at]++
		case status == http.StatusOK:
			l.acknowledged, l.last = append(l.acknowledged, name), time.Now()
		case status == http.StatusServiceUnavailable && again == "":
			l.t.Errorf("PUT /roles/%s = 503 without Retry-After", name)
		}
		if err == nil {
			l.statuses[status]++
		}
		l.mu.Unlock()
		if status != http.StatusOK {
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // as one who comes again
		}
	}
}

func (l *load) put(at *process, name string) (status int, again string, err error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPut, at.url+"/roles/"+name, strings.NewReader(`{"scopes":["a","b"]}`))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := l.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After"), err
}

// until waits until so many more writes were acknowledged, and returns how long it
// took.
func (l *load) until(more int) time.Duration {
	l.t.Helper()
	began := time.Now()
	l.mu.Lock()
	want := len(l.acknowledged) + more
	l.mu.Unlock()
	for {
		l.mu.Lock()
		got := len(l.acknowledged)
		l.mu.Unlock()
		if got >= want {
			return time.Since(began)
		}
		if time.Since(began) > time.Minute {
			l.t.Fatalf("%d writes were acknowledged in a minute, want %d", got-want+more, more)
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // other processes cannot be synchronised with
	}
}

// end ends the load, and looks for all that was acknowledged at a server.
func (l *load) end(at *process) {
	l.t.Helper()
	close(l.ending)
	l.all.Wait()
	status, body := at.call("GET", "/roles", l.token, "")
	var list []struct{ Name string }
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		l.t.Fatalf("GET /roles = %d, %v", status, err)
	}
	found := map[string]bool{}
	for _, role := range list {
		found[role.Name] = true
	}
	lost := 0
	for _, name := range l.acknowledged {
		if !found[name] {
			lost++
		}
	}
	if lost > 0 || len(l.acknowledged) == 0 {
		l.t.Errorf("%d of %d acknowledged writes are lost", lost, len(l.acknowledged))
	}
	for status, n := range l.statuses {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			l.t.Errorf("%d answers have the status %d, want 200 or 503", n, status)
		}
	}
	broken := 0
	for _, n := range l.broken {
		broken += n
	}
	l.t.Logf("%d writes acknowledged and none lost; %d answers of 503, %d requests without an answer, the slowest after %v",
		len(l.acknowledged), l.statuses[http.StatusServiceUnavailable], broken, l.slowest.Round(time.Millisecond))
}
