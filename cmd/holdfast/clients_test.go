package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/issuer"
)

// service is a process of its own to those who call it: a service that accepts
// the server's tokens, at the address of one of its routes.
func service(t *testing.T, h http.Handler) *process {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &process{t: t, url: s.URL}
}

// readMe is the route that all of the services have, as the server itself has it.
func readMe(verify func(context.Context, string) (issuer.Claims, error)) *holdfast.App {
	scheme := holdfast.OAuth2PasswordBearer("token")
	me := scheme.Scope("me", "Read own data")
	app := holdfast.New("Service", "1")
	holdfast.Get(app, "/users/me", holdfast.Security(holdfast.Verify(scheme, verify), me),
		func(_ context.Context, caller issuer.Claims, _ holdfast.NoInput) (string, error) {
			return caller.Subject, nil
		})
	return app
}

// verifying is a service that verifies the server's tokens with the keys that it
// publishes.
func verifying(t *testing.T, p *process) *process {
	t.Helper()
	tokens, err := issuer.Discover(t.Context(), p.url, issuer.Config{
		Audience: p.url, Accept: issuer.TypedAccessTokens, LookAgain: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tokens.Close() })
	return service(t, readMe(tokens.Verify))
}

// clock is the time, and what a test adds to it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// serviceSecret is the secret of the asking service; some of it has to be escaped.
const serviceSecret = "one secret, as long as machines: make + take %20"

// maxAge is how long the asking service uses an answer.
const maxAge = 10 * time.Second

// asking is a service that asks about the server's tokens.
func asking(t *testing.T, p *process, now func() time.Time) *process {
	t.Helper()
	tokens, err := issuer.Introspect(p.url+"/introspect", issuer.IntrospectionConfig{
		ClientID: "shop", ClientSecret: serviceSecret, Audience: p.url, Issuer: p.url, MaxAge: maxAge, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return service(t, readMe(tokens.Verify))
}

// python is the service in Python that docs/issuers.md shows, word for word.
func python(t *testing.T, p *process) *process {
	t.Helper()
	interpreter := pyJWT(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "issuers.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(page), "\n```python\n")
	code, _, ok := strings.Cut(code, "\n```\n")
	if !ok {
		t.Fatal("docs/issuers.md shows no service in Python")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "service.py"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &process{t: t, dir: dir, out: &output{wrote: make(chan struct{}, 1)}}
	s.cmd = exec.CommandContext(context.Background(), interpreter, "service.py") //nolint:gosec // of this test's own
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "ISSUER="+p.url, "PORT=0", "READ_AGAIN=0.5")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	s.url = s.out.find(t, `(?m)^(http://127\.0\.0\.1:\d+)$`)
	return s
}

// pyJWT finds a Python that has PyJWT. In CI there must be one.
func pyJWT(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("HOLDFAST_PYTHON"), filepath.Join("..", "..", ".venv", "bin", "python")} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		if exec.CommandContext(t.Context(), path, "-c", "import jwt, cryptography").Run() == nil { //nolint:gosec // the person who runs the test says which
			return path
		}
	}
	const how = "no Python with PyJWT: run script/bootstrap, or set HOLDFAST_PYTHON to one that has PyJWT[crypto]"
	if os.Getenv("CI") != "" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// clients runs a server that rotates its keys so many times under load, beside
// services that accept its tokens: none of them refuses a good one, and the one
// that asks notices a log-out in time.
func clients(t *testing.T, times int, pause time.Duration, more ...func(*testing.T, *process) *process) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "shop.secret")
	if err := os.WriteFile(file, []byte(serviceSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "--key-period", "3s", "--key-announce", "2s", "--access-ttl", "30s", "--service", "shop="+file)
	names := []string{"alice", "bob"}
	for _, name := range names {
		p.shell(secret+"\n", "user", "add", name, "--password-stdin", "--own-password")
	}
	var ahead clock
	byKeys, byAsking := verifying(t, p), asking(t, p, ahead.Now)
	services := []*process{p, byKeys, byAsking}
	for _, one := range more {
		services = append(services, one(t, p))
	}
	for _, s := range services {
		s.want("GET", "/users/me", p.login("alice", "me").Access, "", http.StatusOK)
		s.want("GET", "/users/me", p.login("alice", "").Access, "", http.StatusForbidden)
		s.want("GET", "/users/me", "", "", http.StatusUnauthorized)
	}
	w := &onlooker{t: t, pause: pause, left: 5 * time.Second, signed: map[string]time.Time{}, retires: map[string]time.Time{}, keysOf: map[string]set{}}
	going := w.long(times)
	var load sync.WaitGroup
	for _, name := range names {
		load.Go(func() { w.refresh([]*process{p}, 0, name, going) })
	}
	for _, s := range services {
		load.Go(func() { w.use(s, going) })
		load.Go(func() { w.use(s, going) })
	}
	load.Go(func() { w.shell(p, going) })
	load.Wait()
	w.report(times)
	logOut(t, p, services, byAsking, &ahead)
}

// logOut ends one of two sessions. The service that asks refuses its token as
// soon as its answer is too old, and the other session's it does not.
func logOut(t *testing.T, p *process, services []*process, byAsking *process, ahead *clock) {
	t.Helper()
	ends, stays := p.login("alice", "me").Access, p.login("alice", "me").Access
	for _, s := range services {
		s.want("GET", "/users/me", ends, "", http.StatusOK)
		s.want("GET", "/users/me", stays, "", http.StatusOK)
	}
	p.want("POST", "/logout", ends, "", http.StatusNoContent)
	p.want("GET", "/users/me", ends, "", http.StatusUnauthorized)
	ahead.ahead.Add(int64(maxAge))
	byAsking.want("GET", "/users/me", ends, "", http.StatusUnauthorized)
	byAsking.want("GET", "/users/me", stays, "", http.StatusOK)
	for _, s := range services {
		if s != p && s != byAsking { // verify by keys, and so until the token expires
			s.want("GET", "/users/me", ends, "", http.StatusOK)
		}
	}
}

func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server for seconds; run without -short")
	}
	t.Parallel()
	clients(t, 2, 10*time.Millisecond)
}

// 20 rotations in 60 seconds, with a service in Python: make clients.
func TestClientsDurability(t *testing.T) {
	if os.Getenv("HOLDFAST_DURABILITY") == "" {
		t.Skip("takes a minute: set HOLDFAST_DURABILITY=1, or make clients")
	}
	clients(t, 20, time.Millisecond, python)
}
