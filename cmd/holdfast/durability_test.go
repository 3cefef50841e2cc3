package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// rounds is how often something is done: short, or with HOLDFAST_DURABILITY long, or
// as many as it says if it is more than 1.
func rounds(short, long int) int {
	text := os.Getenv("HOLDFAST_DURABILITY")
	if n, err := strconv.Atoi(text); err == nil && n > 1 {
		return n
	}
	if text == "" {
		return short
	}
	return long
}

// ledger writes down what was asked of a server, and what of it was acknowledged: roles
// that are written again and again, each by one caller, with a number in each.
type ledger struct {
	t     *testing.T
	token string

	mu    sync.Mutex
	asked map[string]int // the last number of each role
	acked map[string]int
	count int // of all that was acknowledged
	odd   map[int]int
	over  bool          // what comes now is not written down as acknowledged
	late  int           // what has come so
	began chan struct{} // closed when something was acknowledged in this round
}

func newLedger(t *testing.T, token string) *ledger {
	return &ledger{t: t, token: token, asked: map[string]int{}, acked: map[string]int{}, odd: map[int]int{}}
}

const ledgerCallers, ledgerRoles = 4, 25

// write writes from several callers until the server has no answer any more. What is
// returned waits for them.
func (l *ledger) write(p *process) (wait func()) {
	l.began, l.over = make(chan struct{}), false
	first := sync.OnceFunc(func() { close(l.began) })
	var callers sync.WaitGroup
	for caller := range ledgerCallers {
		callers.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("role-%d-%d", caller, n%ledgerRoles)
				l.mu.Lock()
				l.asked[name]++
				number := l.asked[name]
				l.mu.Unlock()
				status, _, err := p.try("PUT", "/roles/"+name, l.token, fmt.Sprintf(`{"description":"%d","scopes":["a"]}`, number))
				if err != nil {
					return
				}
				l.took(name, number, status)
				if status == http.StatusOK {
					first()
				}
			}
		})
	}
	return callers.Wait
}

func (l *ledger) took(name string, number, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if status != http.StatusOK {
		l.odd[status]++
		return
	}
	if l.over {
		l.late++
		return
	}
	l.acked[name] = number
	l.count++
}

// end says that what is acknowledged from now on counts no more.
func (l *ledger) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// holds looks whether a server has all that was acknowledged, and nothing that was not
// asked for.
func (l *ledger) holds(p *process, round int) {
	l.t.Helper()
	status, body := p.call("GET", "/roles", l.token, "")
	var list []struct{ Name, Description string }
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		l.t.Fatalf("round %d: GET /roles = %d %s", round, status, body)
	}
	found := map[string]int{}
	for _, role := range list {
		if strings.HasPrefix(role.Name, "role-") {
			number, err := strconv.Atoi(role.Description)
			if err != nil {
				l.t.Errorf("round %d: %s has %q", round, role.Name, role.Description)
			}
			found[role.Name] = number
		}
	}
	for name, number := range l.acked {
		if got := found[name]; got < number {
			l.t.Errorf("round %d: number %d of %s was acknowledged, and %d is there", round, number, name, got)
		}
	}
	for name, number := range found {
		if number > l.asked[name] {
			l.t.Errorf("round %d: %s has %d, which was never asked for", round, name, number)
		}
	}
	l.acked = maps.Clone(found) // what was kept without an acknowledgement stays as well
}

// atRandom waits until something was acknowledged, and then a moment.
func (l *ledger) atRandom() {
	l.t.Helper()
	select {
	case <-l.began:
	case <-time.After(20 * time.Second):
		l.t.Fatal("nothing was acknowledged in 20 seconds")
	}
	time.Sleep(rand.N(50 * time.Millisecond)) //nolint:forbidigo,gosec // a random moment
}

// kill -9 under a write load, at a random moment, takes nothing along that was
// acknowledged: 5 times, and 1,000 times with make durability.
func TestKillDurability(t *testing.T) {
	needsServers(t)
	dir, times := t.TempDir(), rounds(5, 1000)
	servers, admin := several(t, 1, dir, "--access-ttl", "12h")
	p, l := servers[0], newLedger(t, admin.Access)
	for n := range times {
		wait := l.write(p)
		l.atRandom()
		p.kill()
		wait()
		p = start(t, dir, "--access-ttl", "12h")
		if l.holds(p, n); t.Failed() {
			return
		}
	}
	for status, n := range l.odd {
		t.Errorf("%d answers of %d, want 200", n, status)
	}
	if out := p.shell("", "db", "check"); !strings.Contains(out, "faults    none\n") {
		t.Errorf("db check says\n%s", out)
	}
	t.Logf("%d writes were acknowledged, and none was lost by %d kills", l.count, times)
}
