// Command console measures how long the pages of the console take on a large store.
//
//	go run ./console -users 1000000 -records 10000000
//	go run ./console -database postgres://... -seed
//	go run ./console -database postgres://... -ask
//
// The store is filled by SQL, which a program would never do: users with roles and
// sessions, and records of the audit trail that are not sealed. Then every page
// is asked for, in process, and the median and the worst answer are printed. It exits
// with 1 if a median is over the bound.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/refusals"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	users    = flag.Int("users", 1_000_000, "how many users")
	records  = flag.Int("records", 10_000_000, "how many records of the audit trail")
	database = flag.String("database", "", "a PostgreSQL's URL, or a file; a temporary file if empty")
	onlySeed = flag.Bool("seed", false, "only fill the store")
	onlyAsk  = flag.Bool("ask", false, "only ask: it was filled before")
	times    = flag.Int("times", 11, "how often each page is asked for")
	bound    = flag.Duration("bound", 100*time.Millisecond, "how long a page may take")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func isPostgres(at string) bool { return strings.Contains(at, "://") }

func run(ctx context.Context) error {
	if *database == "" {
		folder, err := os.MkdirTemp("", "console")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		*database = filepath.Join(folder, "test.db")
	}
	if !*onlyAsk {
		store, err := open(ctx)
		if err == nil {
			err = setUp(ctx, store)
		}
		if err == nil {
			err = seed(ctx, *database)
		}
		if err != nil || *onlySeed {
			return err
		}
	}
	store, err := open(ctx)
	if err != nil {
		return err
	}
	return ask(ctx, store)
}

type store interface {
	identity.Store
	Close() error
}

func open(ctx context.Context) (store, error) {
	if isPostgres(*database) {
		return postgres.Open(ctx, postgres.Config{URL: *database})
	}
	return sqlite.Open(ctx, *database)
}

const password = "correct horse battery"

// program is a server with the console.
func program(ctx context.Context, s store) (*identity.Identity, http.Handler, error) {
	id, err := identity.Open(ctx, identity.Config{Scheme: identity.NewScheme(), Store: s, URL: "https://bench.example", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	app := id.NewApp(holdfast.Config{Title: "Bench"})
	if err := console.Mount(app, id, console.Config{}); err != nil {
		return nil, nil, err
	}
	return id, id.Handler(app), app.Err()
}

// setUp makes the tables, the roles and the administrator.
func setUp(ctx context.Context, s store) error {
	id, _, err := program(ctx, s)
	if err != nil {
		return err
	}
	if _, err := id.Accounts().CreateUser(ctx, account.NewUser{Name: "root", Password: password, Roles: []string{"admin"}}); err != nil {
		return err
	}
	if err := id.Close(); err != nil {
		return err
	}
	return s.Close()
}

// pages are those that look into the store.
func pages(root, some string) []string {
	return []string{
		"/overview", "/users", "/users?q=u0000", "/users?after=u00500000", "/users?role=manager", "/users?role=user&state=enabled", "/users?state=disabled", "/users?role=admin&state=disabled", "/users?role=manager&state=disabled&q=u009",
		"/users/" + some, "/users/" + some + "/sessions", "/history/" + some, "/history/" + root, "/new/user", "/import/users",
		"/sessions", "/sessions?user=u00", "/sessions?before=1500000", "/roles", "/roles/user", "/roles/manager", "/new/role", "/preview/role?name=user&scopes=me",
		"/routes", "/routes?as=root", "/rule?route=GET+/users", "/matrix", "/refusals", "/refusals?person=nobody", "/refusals?route=users&within=24h",
		"/audit", "/audit?event=role.removed", "/audit?event=user.", "/audit?event=nothing", "/audit?person=root", "/audit?person=root&event=role.removed", "/audit?person=root&event=user.", "/audit?person=root&event=nothing",
		"/audit?before=1000005000", "/audit?since=" + time.Now().Format(time.DateOnly), "/audit?since=2020-01-01&event=role.", "/audit?since=2090-01-01", "/audit?person=u00000005&since=" + time.Now().AddDate(0, 0, -7).Format(time.DateOnly),
		"/clients", "/clients/holdfast", "/new/client", "/keys", "/settings",
	}
}

func ask(ctx context.Context, s store) error {
	defer func() { _ = s.Close() }() // nothing of it is kept
	id, handler, err := program(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = id.Close() }()
	cookie, root, err := signIn(ctx, id)
	if err != nil {
		return err
	}
	some, err := id.Accounts().UserByName(ctx, "u00000005")
	if err != nil {
		return err
	}
	if err := refuse(ctx, id); err != nil {
		return err
	}
	get := func(path string) (time.Duration, error) {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/console"+path, nil)
		r.AddCookie(&http.Cookie{Name: "__Host-session", Value: cookie}) //nolint:gosec // one that is sent has no such marks
		w, began := httptest.NewRecorder(), time.Now()
		handler.ServeHTTP(w, r)
		took := time.Since(began)
		if w.Code != http.StatusOK {
			return took, fmt.Errorf("GET %s = %d %s", path, w.Code, w.Body)
		}
		return took, nil
	}
	return measure(pages(root, some.ID), get)
}

func measure(list []string, get func(string) (time.Duration, error)) error {
	slow := 0
	var worst time.Duration
	fmt.Printf("%-60s %10s %10s %10s\n", "page", "first", "median", "worst")
	for _, path := range list {
		first, err := get(path)
		if err != nil {
			return err
		}
		took := make([]time.Duration, *times)
		for i := range took {
			if took[i], err = get(path); err != nil {
				return err
			}
		}
		slices.Sort(took)
		median := took[len(took)/2]
		worst = max(worst, took[len(took)-1])
		mark := ""
		if median > *bound {
			slow, mark = slow+1, "  slow"
		}
		fmt.Printf("%-60s %8.1fms %8.1fms %8.1fms%s\n", path, ms(first), ms(median), ms(took[len(took)-1]), mark)
	}
	fmt.Printf("%d pages, the worst answer %.1f ms\n", len(list), ms(worst))
	if slow > 0 {
		return fmt.Errorf("%d pages take more than %v", slow, *bound)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func signIn(ctx context.Context, id *identity.Identity) (cookie, user string, err error) {
	grant, err := id.Accounts().LoginSession(ctx, "root", password)
	return string(grant.Secret), grant.User.ID, err
}

// refuse keeps as many refusals as are kept.
func refuse(ctx context.Context, id *identity.Identity) error {
	data := `{"id":"x","time":"2030-01-02T03:04:05Z","method":"GET","path":"/users","route":"GET /users","status":403,"caller":"u00000005","policy":"role admin","declared":"api.go:7","change":"the role admin",` +
		`"missing_roles":["admin"],"missing_scopes":[],"steps":[{"way":0,"text":"a credential","state":"ok"},{"way":0,"text":"token: signature","state":"ok"},{"way":0,"text":"role admin","state":"failed","detail":"the caller has user"}]}`
	list := make([]refusals.Record, refusals.Kept)
	for i := range list {
		list[i] = refusals.Record{ID: fmt.Sprint("r", i), At: time.Now(), Data: []byte(data)}
	}
	for part := range slices.Chunk(list, 500) {
		if err := id.RefusalStore().Put(ctx, part); err != nil {
			return err
		}
	}
	return nil
}
