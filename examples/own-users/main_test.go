package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// opened is the service on files of its own.
func opened(t *testing.T) *service {
	t.Helper()
	s, err := open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func (s *service) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.people.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// callers have tokens of the service's own keys. Those who are not there yet
// are made, one for each set of roles, without a password.
func (s *service) callers(t *testing.T) holdfasttest.Callers {
	t.Helper()
	ring, err := keyring.Open(t.Context(), keyring.Config{Store: s.keys})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ring.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	subject := func(ctx context.Context, who holdfasttest.Caller) (subject, session string, err error) {
		if who.Kind == holdfasttest.Revoked {
			return "", "", holdfasttest.CannotMint("there are no sessions; a token is good until it expires or its user is gone")
		}
		name, roles := who.User, strings.Join(who.Roles, " ")
		if name == "" {
			name = strings.TrimSpace(string(who.Kind) + " " + roles)
			_, err = s.people.ExecContext(ctx, "INSERT INTO users (name, hash, roles, disabled) VALUES (?, '', ?, ?) ON CONFLICT DO NOTHING",
				name, roles, who.Kind == holdfasttest.DisabledUser)
		}
		if err != nil {
			return "", "", err
		}
		var id int64
		err = s.people.QueryRowContext(ctx, "SELECT id FROM users WHERE name = ?", name).Scan(&id)
		return strconv.FormatInt(id, 10), "", err
	}
	return mint.Tokens{Key: key, Issuer: home, Audience: home, Subject: subject}.Callers()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	holdfasttest.Golden(t, new(service).routes())
}

const matrix = "testdata/matrix.txt"

// everyCaller is what the matrix and the attack know beside roles and scopes:
// item 1 is bob's. Nothing is deleted, since the next caller would miss it.
func everyCaller(t *testing.T) (*holdfast.App, []holdfasttest.Option) {
	t.Helper()
	s := opened(t)
	s.exec(t, "CREATE TRIGGER keep_users BEFORE DELETE ON users BEGIN SELECT RAISE(IGNORE); END")
	s.exec(t, "CREATE TRIGGER keep_items BEFORE DELETE ON items BEGIN SELECT RAISE(IGNORE); END")
	scopes := holdfasttest.Scopes(me, readItems, writeItems)
	return s.routes(), []holdfasttest.Option{
		s.callers(t),
		holdfasttest.Also("the owner of item 1", holdfasttest.User("bob"), scopes, holdfasttest.Path("id", "1")),
		holdfasttest.Also("a stranger to item 1", holdfasttest.User("ann"), scopes, holdfasttest.Path("id", "1")),
		holdfasttest.Also("a manager who wants item 1", holdfasttest.User("mia"), holdfasttest.Role(manager), scopes, holdfasttest.Path("id", "1")),
		holdfasttest.Also("somebody who looks for item 99", holdfasttest.User("ann"), scopes, holdfasttest.Path("id", "99")),
	}
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Matrix(t, app, matrix, callers...)
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	app, callers := everyCaller(t)
	holdfasttest.Attack(t, app, matrix, callers...)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	app := new(service).routes()
	holdfasttest.Only(t, app, "DELETE /users/*", admin)
	holdfasttest.Only(t, app, "DELETE /items/*", admin, manager)
	holdfasttest.Prove(t, app, "role user may not call DELETE /items/{id}", "no route is open to scope items:read alone but GET /items/{id}")
}

func hashOf(t *testing.T, s *service, name string) (hash string) {
	t.Helper()
	if err := s.people.QueryRowContext(t.Context(), "SELECT hash FROM users WHERE name = ?", name).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

func form(name, secret, scope string) string {
	return url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode()
}

// passlib is Passlib's bcrypt of "correct horse battery" at its lowest cost.
const passlib = "$2b$04$BCajYL.ldexoneSKZLC/wuWLpQ1gwu./VB8pjxZNRK/1XF8TpsXLS" //nolint:gosec // a hash of the test's own

// Somebody signs in with the password that they have, and has a better hash of
// it from then on. A wrong password changes nothing.
func TestPeopleKeepTheirPasswords(t *testing.T) {
	t.Parallel()
	s := opened(t)
	anybody := holdfasttest.As(t, s.routes())
	before := hashOf(t, s, "bob")
	if !strings.HasPrefix(before, "$2b$12$") {
		t.Fatalf("bob's hash is %s, want Passlib's", before)
	}
	if got := anybody.Post("/token", form("bob", "wrong", "")); got.Status != http.StatusBadRequest || hashOf(t, s, "bob") != before {
		t.Errorf("POST /token with a wrong password = %v, and the hash is %s, want it as it was", got, hashOf(t, s, "bob"))
	}
	for _, time := range []string{"first", "second"} {
		got := anybody.Post("/token", form("bob", "bob-the-builder-22", "items:write me users:write"))
		if token := holdfasttest.JSON[oauth.TokenResponse](t, got); token.AccessToken == "" || token.Scope != "items:write me" || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("POST /token for the %s time = %v, want what bob's role grants of the scopes", time, got)
		}
		if after := hashOf(t, s, "bob"); !strings.HasPrefix(after, "$argon2id$") {
			t.Errorf("after the %s time the hash is %s, want argon2id", time, after)
		}
	}
}

// Every name that cannot sign in costs one hash, like the hashes that there are,
// and gets one answer: also while the lane is full.
func TestNeitherAnswerNorWorkTellsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.exec(t, "UPDATE users SET hash = ?", passlib)
	s.exec(t, "INSERT INTO users (name, hash, roles) VALUES ('django', '!unusable', 'user')")
	s.exec(t, "UPDATE users SET disabled = TRUE WHERE name = 'ann'")
	anybody := holdfasttest.As(t, s.routes())
	for _, name := range []string{"bob", "nobody", "ann", "django", ""} {
		before := s.lane.Stats().Done
		got := anybody.Post("/token", form(name, "correct horse", ""))
		want := http.StatusBadRequest
		if name == "" { // is no name
			want, before = http.StatusUnprocessableEntity, before-1
		}
		if did := s.lane.Stats().Done - before; got.Status != want || did != 1 {
			t.Errorf("POST /token by %q = %v after %d hashes, want %d after one", name, got, did, want)
		}
	}
	full := func(context.Context, func() error) error { return work.ErrBusy }
	var err error
	if s.passwords, err = password.NewContext(password.Config{Run: full}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bob", "nobody", "ann", "django"} {
		if got := anybody.Post("/token", form(name, "correct horse", "")); got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
			t.Errorf("POST /token by %s while the lane is full = %v, want 503 with Retry-After", name, got)
		}
	}
}

// Names without a user are as likely as users to be verified like an old hash,
// and each always like the same.
func TestNobodyLooksLikeEverybody(t *testing.T) {
	t.Parallel()
	s := opened(t)
	found := map[string]bool{}
	for n := range 64 {
		u, err := s.user(t.Context(), anyOne, n)
		if err != nil || u.hash == "" {
			t.Fatalf("user(%d) = %v, %v, want one with a hash", n, u, err)
		}
		found[u.Name] = true
	}
	if len(found) != 4 {
		t.Errorf("unknown names are like %v, want all four", found)
	}
	s.exec(t, "DELETE FROM users")
	if u, err := s.user(t.Context(), anyOne, 7); u.ID != 0 || err != nil {
		t.Errorf("without users, user = %v, %v, want none", u, err)
	}
}

// An owner changes an item, a stranger and a manager may not, and no one can
// change what is not there. A manager may delete it.
func TestOnlyOwnersChangeItems(t *testing.T) {
	t.Parallel()
	s := opened(t)
	app, callers, scopes := s.routes(), s.callers(t), holdfasttest.Scopes(readItems, writeItems)
	as := func(name string) *holdfasttest.Client {
		return holdfasttest.As(t, app, callers, holdfasttest.User(name), scopes)
	}
	title := map[string]string{"title": "Drill"}
	for _, step := range []struct {
		who, method, path string
		status            int
		body              string
	}{
		{"ann", "GET", "/items/1", 200, `{"id":1,"owner":3,"title":"Hammer of bob"}`},
		{"ann", "PUT", "/items/1", 403, `{"detail":"Not your item"}`},
		{"mia", "PUT", "/items/1", 403, `{"detail":"Not your item"}`},
		{"ann", "PUT", "/items/9", 404, `{"detail":"Item not found"}`},
		{"bob", "PUT", "/items/1", 200, `{"id":1,"owner":3,"title":"Drill"}`},
		{"ann", "GET", "/items/1", 200, `{"id":1,"owner":3,"title":"Drill"}`},
		{"bob", "DELETE", "/items/1", 403, `{"detail":"Operation not permitted"}`},
		{"mia", "DELETE", "/users/4", 403, `{"detail":"Operation not permitted"}`},
		{"mia", "DELETE", "/items/1", 204, ``},
		{"ann", "GET", "/items/1", 404, `{"detail":"Item not found"}`},
		{"alice", "DELETE", "/users/3", 204, ``},
	} {
		got := as(step.who).Do(step.method, step.path, title)
		if got.Status != step.status || strings.TrimSpace(got.Body) != step.body {
			t.Errorf("%s %s by %s = %v, want %d %s", step.method, step.path, step.who, got, step.status, step.body)
		}
	}
}

// What the database says of a user holds from the next request, whatever the
// token says.
func TestTheDatabaseDecides(t *testing.T) {
	t.Parallel()
	s := opened(t)
	ann := holdfasttest.As(t, s.routes(), s.callers(t), holdfasttest.User("ann"), holdfasttest.Scopes(me))
	for _, step := range []struct {
		change string
		want   int
	}{
		{"SELECT 1", 200},
		{"UPDATE users SET roles = 'guest' WHERE name = 'ann'", 403},
		{"UPDATE users SET roles = 'user' WHERE name = 'ann'", 200},
		{"UPDATE users SET disabled = TRUE WHERE name = 'ann'", 401},
		{"UPDATE users SET disabled = FALSE WHERE name = 'ann'", 200},
		{"DELETE FROM users WHERE name = 'ann'", 401},
		{"INSERT INTO users (name, hash, roles) VALUES ('eve', '', 'user')", 401}, // has another id than ann had
		{"DROP TABLE items", 401},
		{"DROP TABLE users", 503},
	} {
		s.exec(t, step.change)
		if got := ann.Get("/users/me"); got.Status != step.want {
			t.Errorf("GET /users/me after %s = %v, want %d", step.change, got, step.want)
		}
	}
}

// A token from before a restart is good after it: the keys are in a file.
func TestTokensSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var token string
	for range 2 {
		s, err := open(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		app := s.routes()
		if token == "" {
			s.exec(t, "UPDATE users SET hash = ? WHERE name = 'bob'", passlib)
			got := holdfasttest.As(t, app).Post("/token", form("bob", "correct horse battery", "me"))
			token = holdfasttest.JSON[oauth.TokenResponse](t, got).AccessToken
		}
		bearer := func(context.Context, holdfasttest.Caller) (holdfasttest.Credential, error) {
			return holdfasttest.Bearer(token), nil
		}
		bob := holdfasttest.As(t, app, holdfasttest.Callers(bearer), holdfasttest.User("bob"))
		if got := holdfasttest.JSON[User](t, bob.Get("/users/me")); got.Name != "bob" {
			t.Errorf("GET /users/me = %v, want bob", got)
		}
		s.close()
	}
}

// While passwords keep every worker of the lane busy, everybody else is served,
// and one more sign-in waits for its turn.
func TestPasswordsFreezeNobody(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.exec(t, "UPDATE users SET hash = ? WHERE name = 'bob'", passlib)
	app := s.routes()
	release, burning := make(chan struct{}), make(chan struct{})
	var busy sync.WaitGroup
	for range s.lane.Stats().Workers {
		busy.Go(func() {
			_ = s.lane.Do(context.Background(), func() error {
				burning <- struct{}{}
				<-release
				return nil
			})
		})
		<-burning
	}
	signedIn := make(chan int, 1)
	busy.Go(func() {
		signedIn <- holdfasttest.As(t, app).Post("/token", form("bob", "correct horse battery", "me")).Status
	})
	ann := holdfasttest.As(t, app, s.callers(t), holdfasttest.User("ann"), holdfasttest.Scopes(me))
	for range 20 {
		if got := ann.Get("/users/me"); got.Status != http.StatusOK {
			t.Errorf("GET /users/me = %v", got)
		}
	}
	select {
	case status := <-signedIn:
		t.Errorf("POST /token = %d without a worker", status)
	default:
	}
	close(release)
	busy.Wait()
	if status := <-signedIn; status != http.StatusOK {
		t.Errorf("POST /token with a worker = %d, want 200", status)
	}
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	m.Run()
}
