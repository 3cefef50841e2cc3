//go:build unix

package main

import (
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"time"
)

// A server that was asleep while the keys rotated reads before it signs: make
// durability.
func TestSleepDurability(t *testing.T) {
	if os.Getenv("HOLDFAST_DURABILITY") == "" {
		t.Skip("takes half a minute: set HOLDFAST_DURABILITY=1, or make durability")
	}
	dir := t.TempDir()
	args := []string{"--key-period", "3s", "--key-announce", "2s", "--access-ttl", "5s"}
	p, q := start(t, dir, args...), start(t, dir, args...)
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	w := &onlooker{t: t, signed: map[string]time.Time{}}
	for range 5 {
		got := q.login("alice", "me")
		if err := q.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second) //nolint:forbidigo // more than one rotation
		if err := q.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		status, body := q.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+got.Refresh)
		if json.Unmarshal([]byte(body), &got) != nil || status != 200 {
			t.Fatalf("refresh after the sleep = %d %s", status, body)
		}
		w.add(got.Access, asked)
		p.want("GET", "/users/me", got.Access, "", 200)
		var list struct{ Keys []keyJSON }
		if err := json.Unmarshal([]byte(p.shell("", "key", "list", "--json")), &list); err != nil {
			t.Fatal(err)
		}
		for _, k := range list.Keys {
			if at, ok := w.signed[k.ID]; ok && k.Retires != nil && !at.Before(*k.Retires) {
				t.Errorf("after the sleep a token that was asked for at %v is signed by a key that retired at %v", at, *k.Retires)
			}
		}
	}
}
