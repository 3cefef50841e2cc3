package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/hostile"
)

// Beside more hostile connections than the server has, every good request is
// answered, on connections that are kept and on new ones, with bounded connections
// and memory. The large form of it is make hostile.
func TestGoodRequestsBesideHostileConnections(t *testing.T) {
	t.Parallel()
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("starts a server, and wants many addresses; run without -short on Linux")
	}
	const most, conns = 120, 200
	p := start(t, t.TempDir(), "--metrics-addr", "127.0.0.1:0", "--max-conns", fmt.Sprint(most))
	p.shell(secret+"\n", "user", "add", "alice", "--password-stdin", "--own-password")
	alice := p.login("alice", "me")
	ctx, end := context.WithCancel(t.Context())
	attack := hostile.Begin(ctx, hostile.Config{Addr: strings.TrimPrefix(p.url, "http://"), Conns: conns})
	defer attack.Wait()
	defer end()
	made := func() (n int) {
		for _, one := range attack.Stats().Dialed {
			n += one
		}
		return n
	}
	asked := 0
	for ; made() < 3*conns || asked < 200; asked++ { // until most were hung up on, and came again
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/users/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+alice.Access)
		r.Close = asked%2 == 0
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("good request %d was not answered: %v", asked, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("good request %d = %d", asked, resp.StatusCode)
		}
	}
	p.want("POST", "/token", "", loginForm("alice", "me"), http.StatusOK)
	api := p.url
	p.url = p.out.find(t, `Metrics (\S+)/metrics`)
	_, text := p.call("GET", "/metrics", "", "")
	p.url = api
	if open := gauge(t, text, `holdfast_bound_running{bound="connections"}`); open > most || open < most/2 {
		t.Errorf("there are %d connections, want many, and %d at most", open, most)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if peak := gauge(t, string(status), "VmHWM:"); peak > 512<<10 {
		t.Errorf("the server had %d KiB of memory", peak)
	}
	t.Logf("%d good requests were answered beside %+v", asked, attack.Stats())
}

// gauge is the number behind a name.
func gauge(t *testing.T, text, name string) int {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(name) + `\s*([0-9]+)`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no %s in\n%s", name, text)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
