package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
)

// client adds a client at a shell and returns its id and secret.
func (p *process) client(args ...string) (id, secret string) {
	p.t.Helper()
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(p.shell("", append([]string{"client", "add", "--json"}, args...)...)), &made); err != nil || made.ID == "" {
		p.t.Fatalf("holdfast client add = %+v, %v", made, err)
	}
	return made.ID, made.Secret
}

// grant asks for a token and returns it with the status.
func (p *process) grant(form url.Values) (tokens, int) {
	p.t.Helper()
	status, body := p.call("POST", "/token", "", form.Encode())
	var out tokens
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		p.t.Fatalf("POST /token = %d %s, %v", status, body, err)
	}
	return out, status
}

func machineForm(id, secret string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
}

// Two servers on one database and a shell: what is done to a client holds at the
// other within a second, and an assertion that one has seen the other refuses.
func TestAMachineEndsEverywhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	dir := t.TempDir()
	p, q := start(t, dir), start(t, dir)
	var secrets []string
	for name, end := range map[string]func(id string){
		"a client that is removed":       func(id string) { p.shell("", "client", "remove", id) },
		"a secret that is rotated away":  func(id string) { p.shell("", "client", "rotate-secret", id, "--overlap", "0s") },
		"a secret that rotates, at once": func(id string) { p.shell("", "client", "rotate-secret", id, "--overlap", "1ms") },
	} {
		id, secret := p.client(name, "--scope", "users:read")
		secrets = append(secrets, secret)
		got, status := p.grant(machineForm(id, secret))
		if status != http.StatusOK || got.Refresh != "" || got.Scope != "users:read" {
			t.Fatalf("POST /token = %d %+v", status, got)
		}
		q.turns(name+", beforehand", got.Access, http.StatusForbidden) // it has no role
		end(id)
		q.turns(name, got.Access, http.StatusUnauthorized)
		if _, status := q.grant(machineForm(id, secret)); status != http.StatusUnauthorized {
			t.Errorf("%s: POST /token = %d, want 401", name, status)
		}
	}
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	set, err := jwt.MarshalPublicSet(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.json"), set, 0o600); err != nil {
		t.Fatal(err)
	}
	id, _ := p.client("Robot", "--jwks", filepath.Join(dir, "keys.json"))
	claims := fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":%q,"jti":"1","exp":%d}`, id, id, p.issuer(), time.Now().Add(time.Minute).Unix())
	assertion, err := jwt.SignJWS(key, "JWT", []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {assertion}, "client_assertion_type": {oauth.AssertionType}}
	for i, server := range []*process{p, q, p} {
		if _, status := server.grant(form); status != []int{200, 401, 401}[i] {
			t.Errorf("the same assertion for the %d. time: %d", i+1, status)
		}
	}
	notKept(t, dir, append(secrets, assertion), p.out.String()+q.out.String())
}

// issuer is what the tokens of a server say in iss.
func (p *process) issuer() string {
	p.t.Helper()
	_, body := p.call("GET", "/.well-known/oauth-authorization-server", "", "")
	var out struct{ Issuer string }
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		p.t.Fatal(err)
	}
	return out.Issuer
}

// notKept fails if a secret stands in a file of a folder, or in the log.
func notKept(t *testing.T, dir string, secrets []string, log string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "test.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no database: %v", err)
	}
	all := log
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all += string(data)
	}
	if !strings.Contains(all, "client_secrets") {
		t.Fatal("the files have no table of secrets: they are not the database")
	}
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			t.Errorf("the secret %.12s… is in a file or in the log", secret)
		}
	}
}
