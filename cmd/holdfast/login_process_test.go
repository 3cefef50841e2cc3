package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// storedHash reads a user's password hash from the file of a server.
func storedHash(t *testing.T, dir, name string) (hash string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = store.View(t.Context(), func(r account.Reader) error {
		user, err := r.UserByName(name)
		if err != nil {
			return err
		}
		hash, err = r.PasswordHash(user.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// A user of Django's comes along with a hash, signs in with the password that
// they have, and has a hash of ours from then on.
func TestPeopleComeFromDjango(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server; run without -short")
	}
	dir := t.TempDir()
	p := start(t, dir)
	const theirs = "pbkdf2_sha256$100$36jtn50sG6Bha5fYwVhSra$st6KXUAWePwJ9o8aipRaDGODqQy7pPqdeIpvW77+eek="
	dump := `[{"model":"auth.user","pk":1,"fields":{"username":"Anna","password":"` + theirs + `","email":"anna@example.org","is_active":true,"is_superuser":false}}]`
	if err := os.WriteFile(filepath.Join(dir, "dump.json"), []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	p.shell("", "import", "users", "--from", "django", "dump.json")
	form := func(secret string) string {
		return url.Values{"username": {"Anna"}, "password": {secret}, "scope": {"me"}}.Encode()
	}
	p.want("POST", "/token", "", form("correct horse"), http.StatusBadRequest)
	if got := storedHash(t, dir, "anna"); got != theirs {
		t.Errorf("after a wrong password the hash is %s, want it as it was", got)
	}
	p.want("POST", "/token", "", form("correct horse\u00e9"), http.StatusOK)
	if got := storedHash(t, dir, "anna"); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("after a right password the hash is %s, want argon2id", got)
	}
	p.want("POST", "/token", "", form("correct horse\u00e9"), http.StatusOK)
	if log := p.out.String(); strings.Contains(log, "horse") || strings.Contains(log, "argon2id") {
		t.Errorf("a secret is in the log:\n%s", log)
	}
}

// Two servers on one file count together, and a link of the shell's sets a new
// password through either.
func TestTwoServersCountTogether(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	dir := t.TempDir()
	one, two := start(t, dir), start(t, dir)
	one.shell(secret+"\n", "user", "add", "bob", "--password-stdin", "--own-password")
	bob := one.login("bob", "me") // from now on 127.0.0.1 is known for bob
	for i := range 10 {
		p := []*process{one, two}[i%2]
		p.want("POST", "/token", "", "username=bob&password=wrong", http.StatusBadRequest)
		p.want("POST", "/token", "", "username=nobody&password=wrong", http.StatusBadRequest)
	}
	for _, p := range []*process{one, two} {
		for _, name := range []string{"bob", "nobody"} {
			status, body := p.call("POST", "/token", "", loginForm(name, ""))
			if status != http.StatusTooManyRequests || !strings.Contains(body, "slow_down") {
				t.Errorf("one more for %s = %d %s, want 429", name, status, body)
			}
		}
	}

	out := two.shell("", "user", "reset", "bob", "--url", two.url, "--json")
	var link struct{ Link string }
	if err := json.Unmarshal([]byte(out), &link); err != nil {
		t.Fatalf("user reset: %v\n%s", err, out)
	}
	page, linkSecret, _ := strings.Cut(strings.TrimPrefix(link.Link, two.url), "?secret=")
	status, text := two.call("GET", page+"?secret="+linkSecret, "", "")
	if status != http.StatusOK || !strings.Contains(text, `<form method="post" action="reset">`) {
		t.Fatalf("GET %s = %d\n%s", page, status, text)
	}
	form := func(secret, password, again string) string {
		return url.Values{"secret": {secret}, "password": {password}, "again": {again}}.Encode()
	}
	const next = "a new horse battery"
	for _, step := range []struct {
		name, form string
		want       int
		says       string
	}{
		{"a wrong secret", form("x", next, next), http.StatusForbidden, "used already or is too old"},
		{"two passwords", form(linkSecret, next, secret), http.StatusUnprocessableEntity, "differ"},
		{"a short one", form(linkSecret, "short", "short"), http.StatusUnprocessableEntity, "fewer than 15"},
		{"the product's name", form(linkSecret, "my holdfast password", "my holdfast password"), http.StatusUnprocessableEntity, "product"},
		{"all is well", form(linkSecret, next, next), http.StatusOK, "bob has a new password"},
		{"the second time", form(linkSecret, secret, secret), http.StatusForbidden, "used already"},
	} {
		status, text := one.call("POST", "/reset", "", step.form)
		if status != step.want || !strings.Contains(text, step.says) || strings.Contains(text, next) {
			t.Errorf("%s: POST /reset = %d, want %d with %q\n%s", step.name, status, step.want, step.says, text)
		}
	}
	one.want("GET", "/users/me", bob.Access, "", http.StatusUnauthorized)
	for _, p := range []*process{one, two} {
		if log := p.out.String(); strings.Contains(log, linkSecret) || strings.Contains(log, "horse") {
			t.Errorf("a secret is in the log:\n%s", log)
		}
	}
}

// A sign-in that does not come is said in the words of the flag.
func TestALoginThatDoesNotCome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir)
	out, err := command(t, dir, "login", p.url, "--no-browser", "--wait", "1ms").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "there was no sign-in within 1ms; --wait says how long to wait") {
		t.Errorf("holdfast login = %v\n%s", err, out)
	}
}
