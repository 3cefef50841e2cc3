package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
}

func (p *process) login(name, scope string) tokens {
	p.t.Helper()
	status, body := p.call("POST", "/token", "", loginForm(name, scope))
	var out tokens
	if status != http.StatusOK || json.Unmarshal([]byte(body), &out) != nil {
		p.t.Fatalf("POST /token = %d %s", status, body)
	}
	return out
}

func (p *process) want(method, path, token, body string, want int) {
	p.t.Helper()
	if got, text := p.call(method, path, token, body); got != want {
		p.t.Errorf("%s %s = %d %s, want %d", method, path, got, text, want)
	}
}

// What was acknowledged survives kill -9, and so do the tokens.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	onBoth(t, nothingAcknowledgedIsLost)
}

func nothingAcknowledgedIsLost(t *testing.T, dir string) {
	p := start(t, dir)
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	got := p.login("alice", "users:read users:write roles:write")

	acknowledged := writeUntilKilled(p, got.Access)
	if len(acknowledged) < 10 {
		t.Fatalf("%d writes were acknowledged before the kill, want 10 at least", len(acknowledged))
	}

	p = start(t, dir)
	status, body := p.call("GET", "/roles", got.Access, "")
	if status != http.StatusOK {
		t.Fatalf("GET /roles with the token from before = %d %s", status, body)
	}
	for _, name := range acknowledged {
		if !strings.Contains(body, fmt.Sprintf("%q", name)) {
			t.Errorf("role %s was acknowledged and is lost", name)
		}
	}
	if status, body := p.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+got.Refresh); status != http.StatusOK {
		t.Errorf("refresh after the restart = %d %s", status, body)
	}
}

// writeUntilKilled writes from several callers, kills the server in the midst
// of it, and returns what it had acknowledged.
func writeUntilKilled(p *process, token string) (acknowledged []string) {
	var mu sync.Mutex
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("role-%d-%d", w, n)
				status, _, err := p.try("PUT", "/roles/"+name, token, `{"scopes":["a","b"]}`)
				if err != nil {
					return // killed
				}
				if status == http.StatusOK {
					mu.Lock()
					acknowledged = append(acknowledged, name)
					mu.Unlock()
				}
			}
		})
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		mu.Lock()
		n := len(acknowledged)
		mu.Unlock()
		if n >= 40 {
			break
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
	p.kill()
	writers.Wait()
	return acknowledged
}

// The shell disables a user while the server runs: within a second the user's
// token is refused.
func TestTheShellDisablesAUser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server; run without -short")
	}
	p := start(t, t.TempDir())
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	p.shell(secret+"\n", "user", "add", "bob", "--role", "user", "--password-stdin", "--own-password")
	bob := p.login("bob", "me")
	p.want("GET", "/users/me", bob.Access, "", http.StatusOK)

	p.shell("", "user", "disable", "bob")
	disabled := time.Now()
	for {
		status, _ := p.call("GET", "/users/me", bob.Access, "")
		took := time.Since(disabled)
		if status == http.StatusUnauthorized {
			t.Logf("refused after %v", took)
			break
		}
		if took > time.Second {
			t.Fatalf("GET /users/me = %d %v after the user was disabled, want 401 within a second", status, took)
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
	status, body := p.call("POST", "/token", "", loginForm("bob", ""))
	if status != http.StatusBadRequest || !strings.Contains(body, "Incorrect username or password") {
		t.Errorf("POST /token of a disabled user = %d %s", status, body)
	}
	p.want("POST", "/token", "", "grant_type=refresh_token&refresh_token="+bob.Refresh, http.StatusBadRequest)
}

// The first start prints a link that makes one administrator.
func TestTheSetupLink(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	found := p.out.find(t, `/setup\?secret=\S+`)
	status, page := p.call("GET", found, "", "")
	if status != http.StatusOK || !strings.Contains(page, `<form method="post" action="setup">`) {
		t.Fatalf("GET %s = %d\n%s", found, status, page)
	}
	_, linkSecret, _ := strings.Cut(found, "=")
	form := func(secret, name, password string) string {
		return "secret=" + secret + "&name=" + name + "&password=" + strings.ReplaceAll(password, " ", "+")
	}
	for _, step := range []struct {
		name, form string
		want       int
		says       string
	}{
		{"a wrong secret", form("x", "alice", secret), http.StatusForbidden, "used already or is too old"},
		{"a short password", form(linkSecret, "alice", "short"), http.StatusUnprocessableEntity, "fewer than 15 characters"},
		{"a name that is none", form(linkSecret, "%3Cb%3E", secret), http.StatusUnprocessableEntity, "value=\"&lt;b&gt;\""},
		{"all is well", form(linkSecret, "alice", secret), http.StatusOK, "alice is the administrator"},
		{"the second time", form(linkSecret, "eve", secret), http.StatusForbidden, "used already"},
	} {
		status, page := p.call("POST", "/setup", "", step.form)
		if status != step.want || !strings.Contains(page, step.says) {
			t.Errorf("%s: POST /setup = %d, want %d with %q\n%s", step.name, status, step.want, step.says, page)
		}
	}
	admin := p.login("alice", "me users:read users:write roles:write")
	if admin.Scope != "me roles:write users:read users:write" {
		t.Errorf("the administrator was granted %q", admin.Scope)
	}
	log := p.out.String()
	if strings.Count(log, linkSecret) != 1 || strings.Contains(log, admin.Access) || strings.Contains(log, secret) {
		t.Errorf("a secret is in the log:\n%s", log)
	}
}

// listens is where a server says that it listens, whose URL is another place.
func (p *process) listens() string {
	p.t.Helper()
	return p.out.find(p.t, `(?m)^  Listens (127\.0\.0\.1:\d+)$`)
}

// A restart keeps the issuer; another public URL than the stored one is an
// error, because it would make all tokens worthless.
func TestThePublicURLIsChosenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "--url", "https://auth.example.org/")
	if p.url != "https://auth.example.org" {
		t.Errorf("the server says that it is %s", p.url)
	}
	p.url = "http://" + p.listens()
	p.want("GET", "/healthz", "", "", http.StatusOK)
	p.kill()
	cmd := command(t, dir, "serve", "--addr", "127.0.0.1:0", "--url", "https://other.example.org")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "this database belongs to https://auth.example.org") {
		t.Errorf("serve with another --url = %v\n%s", err, out)
	}
}

// A trial run does not choose the issuer for ever: a public URL takes its place,
// and sessions go on.
func TestATrialRunEnds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	dir := t.TempDir()
	p := start(t, dir)
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	trial := p.login("alice", "me")
	p.kill()
	p = start(t, dir) // on another port
	p.want("GET", "/users/me", trial.Access, "", http.StatusOK)
	p.kill()

	p = start(t, dir, "--url", "https://auth.example.org", "--audience", "shop", "--audience", "stock")
	if log := p.out.find(t, "(the issuer was that of a trial run.*)"); !strings.Contains(log, "issuer=https://auth.example.org") {
		t.Errorf("the log says %s", log)
	}
	p.url = "http://" + p.listens()
	p.want("GET", "/users/me", trial.Access, "", http.StatusUnauthorized)
	status, body := p.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+trial.Refresh)
	if status != http.StatusOK {
		t.Fatalf("refresh = %d %s", status, body)
	}
	var fresh tokens
	if err := json.Unmarshal([]byte(body), &fresh); err != nil {
		t.Fatal(err)
	}
	p.want("GET", "/users/me", fresh.Access, "", http.StatusOK)
	report := p.shell(fresh.Access+"\n", "token", "inspect", "--audience", "stock")
	if !strings.Contains(report, `wanted is "stock"`) || !strings.Contains(report, "right  audience") {
		t.Errorf("the token is not for both:\n%s", report)
	}
	report = p.shell(fresh.Access+"\n", "token", "inspect")
	if want := `it is for "shop" "stock", wanted is "shop", the first of "shop" "stock" (with which the server was last started)`; !strings.Contains(report, want) || !strings.Contains(report, "The token is good.") {
		t.Errorf("without --audience it does not compare with the server's own:\n%s", report)
	}
	if got := p.shell("", "issuer"); !strings.Contains(got, "\naudience  shop, stock\n") {
		t.Errorf("holdfast issuer says\n%s", got)
	}
	if got := p.shell("", "issuer", "--json"); !strings.Contains(got, `"audience": "shop"`) || !strings.Contains(got, `"audiences": [`) {
		t.Errorf("holdfast issuer --json says\n%s", got)
	}
}

// Metrics have an address of their own, and none unless somebody says so.
func TestMetrics(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server; run without -short")
	}
	p := start(t, t.TempDir(), "--metrics-addr", "127.0.0.1:0")
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	got := p.login("alice", "me")
	p.want("GET", "/users/me", got.Access, "", http.StatusOK)
	p.want("POST", "/token", "", "username=alice&password=wrong", http.StatusBadRequest)
	p.want("GET", "/users/me", "", "", http.StatusUnauthorized)
	p.want("GET", "/metrics", "", "", http.StatusNotFound)
	api := p.url
	p.url = p.out.find(t, `Metrics (\S+)/metrics`)
	status, body := p.call("GET", "/metrics", "", "")
	if status != http.StatusOK || p.url == api {
		t.Fatalf("GET %s/metrics = %d", p.url, status)
	}
	for _, line := range []string{
		`holdfast_logins_total{result="ok"} 1`,
		`holdfast_logins_total{result="refused"} 1`,
		`holdfast_hash_seconds_count{operation="verify"} 2`,
		`holdfast_lane_done_total{lane="hash"} 2`,
		`holdfast_requests_total{route="GET /users/me",status="200"} 1`,
		`holdfast_refusals_total{reason="no credential",route="GET /users/me"} 1`,
		`holdfast_refusals_total{reason="no route",route="no route"} 1`,
		"holdfast_scheduling_delay_seconds ",
	} {
		if !strings.Contains(body, line) {
			t.Errorf("GET /metrics has no %s:\n%s", line, body)
		}
	}
	if text := p.out.String(); !strings.Contains(text, `lane="hash: `) {
		t.Errorf("the log does not say how hashing is bounded:\n%s", text)
	}
}
