package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// refresh refreshes at a process.
func (p *process) refresh(client *http.Client, token string) (status int, got tokens, err error) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/token", strings.NewReader("grant_type=refresh_token&refresh_token="+token))
	if err != nil {
		return 0, got, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		return 0, got, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(data, &got)
	}
	return resp.StatusCode, got, err
}

// tabs refreshes with one token from many callers at once, at two processes on
// one database, and returns the one token that all of them are given.
func tabs(t *testing.T, client *http.Client, token string, callers int, servers ...*process) tokens {
	t.Helper()
	given := make([]tokens, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			status, got, err := servers[i%len(servers)].refresh(client, token)
			if status != http.StatusOK || err != nil {
				t.Errorf("a refresh = %d, %v, want 200", status, err)
			}
			given[i] = got
		})
	}
	close(start)
	all.Wait()
	for _, one := range given {
		if one.Refresh != given[0].Refresh || one.Refresh == token {
			t.Fatalf("%d refreshes with one token gave %s and %s, want one other token", callers, one.Refresh, given[0].Refresh)
		}
	}
	return given[0]
}

// overlaps is rounds of many callers who refresh with one token at once: each
// round rotates once, for all, and ends nothing.
func overlaps(t *testing.T, rounds, callers int) {
	t.Helper()
	dir := t.TempDir()
	p := start(t, dir)
	q := start(t, dir)
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	got := p.login("alice", "me")
	for range rounds {
		got = tabs(t, client, got.Refresh, callers, p, q)
	}
	p.want("GET", "/users/me", got.Access, "", http.StatusOK)
	q.want("GET", "/users/me", got.Access, "", http.StatusOK)
	t.Logf("%d rounds of %d refreshes with one token at two processes: one token each, the session lives", rounds, callers)
}

// thefts presents so many tokens that were used: within the second in which their
// successor was used, and after a restart of both processes, after the overlap as
// well. Each ends its session, for the thief and for the owner.
func thefts(t *testing.T, number int) {
	t.Helper()
	dir := t.TempDir()
	const overlap = 2 * time.Second
	both := func() []*process {
		return []*process{start(t, dir, "--refresh-overlap", overlap.String()), start(t, dir, "--refresh-overlap", overlap.String())}
	}
	servers := both()
	type theft struct {
		kind        int
		stolen, own tokens
	}
	list := make([]theft, number)
	must := func(at *process, token string) tokens {
		t.Helper()
		status, got, err := at.refresh(http.DefaultClient, token)
		if status != http.StatusOK || err != nil {
			t.Fatalf("refresh = %d, %v", status, err)
		}
		return got
	}
	for i := range list {
		if i%50 == 0 {
			servers[0].shell(secret+"\n", "user", "add", fmt.Sprint("user-", i/50), "--password-stdin", "--own-password")
		}
		one := &list[i]
		one.kind = i % 3
		one.stolen = servers[i%2].login(fmt.Sprint("user-", i/50), "me")
		one.own = must(servers[(i+1)%2], one.stolen.Refresh)
		if one.kind != 2 { // its successor is used
			one.own = must(servers[i%2], one.own.Refresh)
		}
	}
	last := time.Now()
	found := 0
	steal := func(i int) {
		t.Helper()
		one := list[i]
		thief, _, err1 := servers[i%2].refresh(http.DefaultClient, one.stolen.Refresh)
		owner, _, err2 := servers[(i+1)%2].refresh(http.DefaultClient, one.own.Refresh)
		if thief != http.StatusBadRequest || owner != http.StatusBadRequest || err1 != nil || err2 != nil {
			t.Errorf("theft %d: the thief's refresh = %d, %v, and the owner's = %d, %v, want 400", i, thief, err1, owner, err2)
			return
		}
		if status, _ := servers[i%2].call("GET", "/users/me", one.own.Access, ""); status == http.StatusUnauthorized {
			found++
		}
	}
	for i, one := range list {
		if one.kind == 0 {
			steal(i)
		}
	}
	for _, p := range servers {
		p.kill()
	}
	servers = both()
	time.Sleep(time.Until(last.Add(overlap + time.Millisecond))) //nolint:forbidigo // what is tried is what comes after it
	for i, one := range list {
		if one.kind != 0 {
			steal(i)
		}
	}
	if found != number {
		t.Errorf("%d of %d thefts were found", found, number)
	}
	t.Logf("%d of %d thefts found, at two processes and across a restart", found, number)
}

func TestRefreshOverlaps(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	t.Parallel()
	overlaps(t, 3, 50)
}

func TestRefreshTheftsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	t.Parallel()
	thefts(t, 6)
}

// 100 rounds of 1,000, and 100 thefts: make durability.
func TestRefreshDurability(t *testing.T) {
	if os.Getenv("HOLDFAST_DURABILITY") == "" {
		t.Skip("takes minutes: set HOLDFAST_DURABILITY=1, or make durability")
	}
	overlaps(t, 100, 1000)
	thefts(t, 100)
}
