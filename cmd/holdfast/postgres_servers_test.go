package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

// several starts servers on one database, with an administrator.
func several(t *testing.T, n int, db string, args ...string) (servers []*process, admin tokens) {
	t.Helper()
	for range n {
		servers = append(servers, start(t, db, args...))
	}
	servers[0].shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	return servers, servers[0].login("alice", "users:read users:write roles:write")
}

// needsServers is for tests that start servers.
func needsServers(t *testing.T) {
	t.Helper()
	t.Parallel()
	needsServersAlone(t)
}

// needsServersAlone is needsServers for tests that keep three of them busy: beside
// others they would wait for the machine instead of for each other.
func needsServersAlone(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts servers; run without -short")
	}
}

// Who signs in at one server is known at the others, and what is taken from somebody at
// one does not hold at the others a second later: the worst of 1,000 with make
// durability. Beside other tests 20 times, and five seconds later.
func TestARevocationHoldsEverywhereWithinASecond(t *testing.T) {
	needsServersAlone(t)
	times := 20
	if os.Getenv("HOLDFAST_DURABILITY") != "" {
		times = 1000
	}
	servers, admin := several(t, 3, pgtest.Database(t))
	id := servers[0].adds("mary", admin.Access)
	granted := func(at *process, scopes string) {
		at.want("PUT", "/roles/manager", admin.Access, `{"scopes":[`+scopes+`]}`, http.StatusOK)
	}
	granted(servers[0], `"me","users:read"`)
	kinds := []struct {
		name      string
		do, after func(at *process, w tokens)
		want      int
	}{
		{"a sign-out", func(at *process, w tokens) { at.want("POST", "/logout", w.Access, "", http.StatusNoContent) }, func(*process, tokens) {}, http.StatusUnauthorized},
		{
			"a user who is disabled",
			func(at *process, _ tokens) {
				at.want("PATCH", "/users/"+id, admin.Access, `{"disabled":true}`, http.StatusOK)
			},
			func(at *process, _ tokens) {
				at.want("PATCH", "/users/"+id, admin.Access, `{"disabled":false}`, http.StatusOK)
			},
			http.StatusUnauthorized,
		},
		{
			"a role that is taken",
			func(at *process, _ tokens) {
				at.want("PUT", "/users/"+id+"/roles", admin.Access, `{"roles":["user"]}`, http.StatusOK)
			},
			func(at *process, _ tokens) {
				at.want("PUT", "/users/"+id+"/roles", admin.Access, `{"roles":["manager"]}`, http.StatusOK)
			},
			http.StatusForbidden,
		},
		{"what a role grants", func(at *process, _ tokens) { granted(at, `"me"`) }, func(at *process, _ tokens) { granted(at, `"me","users:read"`) }, http.StatusForbidden},
	}
	worst := map[string]time.Duration{}
	for n := range times {
		kind, at := kinds[n%len(kinds)], servers[n%3]
		got := at.login("mary", "users:read")
		others := []*process{servers[(n+1)%3], servers[(n+2)%3]}
		for _, one := range others {
			one.want("GET", "/users", got.Access, "", http.StatusOK)
		}
		kind.do(at, got)
		worst[kind.name] = max(worst[kind.name], refusedBy(t, others, got.Access, kind.name, kind.want))
		kind.after(at, got)
	}
	for name, took := range worst {
		t.Logf("the worst of %d times: %s held at both others after %v", times/len(kinds), name, took)
		if took > time.Second && os.Getenv("HOLDFAST_DURABILITY") != "" { // alone on the machine
			t.Errorf("%s held at the others after %v, want within a second", name, took)
		}
	}
}

// refusedBy waits until all of these servers answer with a status, and says how long
// that took.
func refusedBy(t *testing.T, servers []*process, token, what string, want int) time.Duration {
	t.Helper()
	began := time.Now()
	for _, one := range servers {
		for status := 0; status != want; {
			if status, _ = one.call("GET", "/users", token, ""); time.Since(began) > 5*time.Second {
				t.Fatalf("%s: another server answers with %d after 5 seconds, want %d", what, status, want)
			}
		}
	}
	return time.Since(began)
}

// Of 1,000 who refresh with one token at two servers one rotates it, for all.
func TestRefreshesAtTwoServersOnPostgres(t *testing.T) {
	needsServers(t)
	servers, admin := several(t, 2, pgtest.Database(t))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200, MaxConnsPerHost: 200}}
	next := tabs(t, client, admin.Refresh, 1000, servers...)
	tabs(t, client, next.Refresh, 1000, servers...)
}

// A server that is killed takes nothing along, and the others go on.
func TestAServerIsKilledUnderLoad(t *testing.T) {
	needsServers(t)
	servers, admin := several(t, 3, pgtest.Database(t))
	l := loaded(t, admin.Access, 6, servers...)
	l.until(60)
	servers[2].kill()
	l.until(60)
	l.end(servers[0])
	for _, one := range servers[:2] {
		if n := l.broken[one]; n > 0 {
			t.Errorf("%d requests to a server that was not killed had no answer", n)
		}
	}
	if n := l.statuses[http.StatusServiceUnavailable]; n > 0 {
		t.Errorf("%d answers of 503 because another server was killed", n)
	}
}

// PostgreSQL is stopped at once under load: answers are 503 with Retry-After until
// it is back, then all goes on, and nothing that was acknowledged is lost.
func TestPostgresRestartsUnderLoad(t *testing.T) {
	needsServers(t)
	rounds := 3
	if os.Getenv("HOLDFAST_DURABILITY") != "" {
		rounds = 100
	}
	db := pgtest.Start(t)
	servers, admin := several(t, 2, db.Database(t))
	l := loaded(t, admin.Access, 6, servers...)
	for n := range rounds {
		l.until(30)
		if err := db.Stop(); err != nil {
			t.Fatal(err)
		}
		status, _ := servers[0].call("GET", "/readyz", "", "")
		if status != http.StatusServiceUnavailable {
			t.Errorf("GET /readyz without a database = %d, want 503", status)
		}
		if err := db.Again(); err != nil {
			t.Fatal(err)
		}
		if took := l.until(1); took > 5*time.Second {
			t.Errorf("after restart %d it took %v until something was written, want 5 seconds at most", n, took)
		}
	}
	l.until(30)
	for _, one := range servers {
		one.turns("after the restarts", admin.Access, http.StatusOK)
	}
	l.end(servers[1])
	if l.statuses[http.StatusServiceUnavailable] == 0 {
		t.Error("there was no answer of 503 while the database was away: nothing was tried")
	}
}

// All processes of PostgreSQL stand still for seconds, longer than the servers wait.
func TestPostgresFreezesUnderLoad(t *testing.T) {
	needsServers(t)
	pause := 4 * time.Second
	if os.Getenv("HOLDFAST_DURABILITY") != "" {
		pause = 30 * time.Second
	}
	db := pgtest.Start(t)
	servers, admin := several(t, 2, db.Database(t), "--db-timeout", "2s")
	l := loaded(t, admin.Access, 20, servers...)
	l.until(60)
	if err := db.Freeze(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(pause) //nolint:forbidigo // that is the freeze
	if err := db.Thaw(); err != nil {
		t.Fatal(err)
	}
	if took := l.until(20); took > 5*time.Second {
		t.Errorf("it took %v after the freeze until something was written, want 5 seconds at most", took)
	}
	l.end(servers[0])
	if l.statuses[http.StatusServiceUnavailable] == 0 {
		t.Error("there was no answer of 503 in the freeze: nothing was tried")
	}
	if l.slowest > 10*time.Second {
		t.Errorf("the slowest answer came after %v, want no more than some times what --db-timeout says", l.slowest)
	}
}

// The server of the database is gone for good and its standby, which is a
// synchronous one, takes over: nothing that was acknowledged is lost.
func TestAStandbyTakesOver(t *testing.T) {
	needsServers(t)
	first := pgtest.Start(t, "wal_level=replica", "hot_standby=on")
	at, err := url.Parse(first.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	second := first.Standby(t, true)
	both := *at
	both.Host = fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", first.Port(), second.Port())
	servers, admin := several(t, 2, both.String())
	l := loaded(t, admin.Access, 6, servers...)
	l.until(60)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := second.Promote(); err != nil {
		t.Fatal(err)
	}
	if took := l.until(30); took > 5*time.Second {
		t.Errorf("it took %v after the standby took over until 30 writes were done, want 5 seconds at most", took)
	}
	l.end(servers[0])
	next := servers[0].login("alice", "users:read")
	servers[1].want("GET", "/users", next.Access, "", http.StatusOK)
	servers[0].want("POST", "/logout", next.Access, "", http.StatusNoContent)
	servers[1].turns("after the standby took over, a sign-out", next.Access, http.StatusUnauthorized)
}

// Behind a pooler of connections, which gives each transaction another one, a server
// asks what others change, or is told at another address.
func TestServersBehindAPooler(t *testing.T) {
	needsServers(t)
	db := pgtest.Start(t)
	db.Exec(t, "postgres", "CREATE DATABASE pooled")
	pooled := db.Bouncer(t, "pooled", 5)
	asks := start(t, pooled, "--metrics-addr", "127.0.0.1:0")
	asks.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	told := start(t, pooled, "--db-listen", db.URL("pooled"), "--metrics-addr", "127.0.0.1:0")
	for _, one := range []struct {
		at        *process
		listening string
	}{{asks, "0"}, {told, "1"}} {
		metrics := process{t: t, url: one.at.out.find(t, `Metrics (\S+)/metrics`)}
		if _, body := metrics.call("GET", "/metrics", "", ""); !strings.Contains(body, "holdfast_database_listening "+one.listening) || !strings.Contains(body, "holdfast_database_pooled 1") {
			t.Errorf("the metrics do not say holdfast_database_listening %s:\n%s", one.listening, body)
		}
	}
	for _, pair := range [][2]*process{{asks, told}, {told, asks}} {
		got := pair[0].login("alice", "users:read")
		pair[1].want("GET", "/users", got.Access, "", http.StatusOK)
		pair[0].want("POST", "/logout", got.Access, "", http.StatusNoContent)
		pair[1].turns("a sign-out", got.Access, http.StatusUnauthorized)
	}
}
