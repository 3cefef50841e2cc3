package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server whose keys are encrypted: its tokens can be inspected beside it, a
// key can be revoked under it, and it does not start without the master key.
func TestAServerWithAMasterKey(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
	dir := t.TempDir()
	master := filepath.Join(dir, "master")
	if err := os.WriteFile(master, []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "--master-key-file", master)
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	token := p.login("alice", "me").Access
	p.want("GET", "/users/me", token, "", http.StatusOK)

	report := p.shell(token+"\n", "token", "inspect", "--master-key-file", master)
	_, sig, _ := strings.Cut(token, ".")
	_, sig, _ = strings.Cut(sig, ".")
	for _, want := range []string{"right  signature", "key        signing", `it is for "` + p.url + `", wanted is "` + p.url + `"`, "The token is good."} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not have %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, sig[:10]) {
		t.Errorf("the report has the signature:\n%s", report)
	}

	_, rest, _ := strings.Cut(p.shell("", "key", "list"), "\n")
	kid, _, _ := strings.Cut(rest, " ")
	said := p.shell("", "key", "retire", kid, "--revoke", "--master-key-file", master)
	if !strings.Contains(said, "is revoked, with every token that it signed") {
		t.Errorf("key retire --revoke says %s", said)
	}
	p.turns("the token of a key that was revoked in the shell", token, http.StatusUnauthorized)
	p.want("GET", "/users/me", p.login("alice", "me").Access, "", http.StatusOK)

	p.kill()
	out, err := command(t, dir, "serve", "--addr", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "give the master key (--master-key-file, or HOLDFAST_MASTER_KEY)") {
		t.Errorf("serve without the master key = %v\n%s", err, out)
	}
}
