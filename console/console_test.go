package console_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

const (
	secret        = "correct horse battery"
	shopURL       = "https://shop.example.com" // which the test's client takes to the test's server
	sessionCookie = "__Host-session"
)

// clock can be moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// shop is a program with a console, served as it would be.
type shop struct {
	t *testing.T
	*identity.Identity
	app    *holdfast.App
	server *httptest.Server
	clock  *clock
	prefix string
}

func openShop(t *testing.T, configs ...console.Config) *shop {
	t.Helper()
	return openShopThat(t, func(*identity.Config) {}, configs...)
}

// openShopThat is openShop with another configuration of its accounts.
func openShopThat(t *testing.T, is func(*identity.Config), configs ...console.Config) *shop {
	t.Helper()
	var config console.Config
	for _, one := range configs {
		config = one
	}
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, clock: &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}, prefix: "/console"}
	accounts := identity.Config{
		Scheme: identity.NewScheme(), Store: memory.New(), URL: shopURL, Passwords: passwords, Now: s.clock.Now,
		Logger: slog.New(slog.DiscardHandler), InsecureNoThrottle: true,
		Clients: []account.Client{{ID: "till", Name: "The till", Public: true, FirstParty: true, Redirects: []string{shopURL + "/till"}, Grants: []string{account.GrantCode}}},
	}
	is(&accounts)
	s.Identity, err = identity.Open(t.Context(), accounts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.app = s.NewApp(holdfast.Config{Title: "Shop"})
	config.Now = s.clock.Now
	if config.Backup == nil {
		config.Backup = func(_ context.Context, to io.Writer) error {
			_, err := io.WriteString(to, "SQLite format 3\x00")
			return err
		}
	}
	if config.Prefix != "" {
		s.prefix = config.Prefix
	}
	if err := console.Mount(s.app, s.Identity, config); err != nil {
		t.Fatal(err)
	}
	if err := s.app.Err(); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewTLSServer(s.Handler(s.app))
	t.Cleanup(s.server.Close)
	for name, role := range map[string]string{"alice": "admin", "mary": "manager", "ulf": "user"} {
		s.user(name, role)
	}
	return s
}

func (s *shop) user(name string, roles ...string) account.User {
	s.t.Helper()
	user, err := s.Accounts().CreateUser(s.t.Context(), account.NewUser{Name: name, Password: secret, Roles: roles})
	if err != nil {
		s.t.Fatal(err)
	}
	return user
}

func (s *shop) find(name string) account.User {
	s.t.Helper()
	user, err := s.Accounts().UserByName(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return user
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	s      *shop
	client *http.Client
	agent  string
}

type answer struct {
	status   int
	body     string
	header   http.Header
	location string
}

func (s *shop) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := *s.server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{s, &client, "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}
}

// signedIn is a browser in which somebody has signed in.
func (s *shop) signedIn(name string) *browser {
	s.t.Helper()
	b := s.browser()
	b.signIn(name)
	return b
}

func (b *browser) signIn(name string) {
	b.s.t.Helper()
	if a := b.do("POST", "/signin", url.Values{"username": {name}, "password": {secret}}); a.status != http.StatusSeeOther {
		b.s.t.Fatalf("POST /signin by %s = %d %s", name, a.status, a.body)
	}
}

// do sends a request of a page of the shop, with header lines that say otherwise.
func (b *browser) do(method, path string, form url.Values, lines ...string) answer {
	b.s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.s.t.Context(), method, shopURL+path, body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", b.agent)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w, err := b.client.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return answer{w.StatusCode, string(text), w.Header, w.Header.Get("Location")}
}

// get shows a page of the console.
func (b *browser) get(path string) answer { return b.do("GET", b.s.prefix+path, nil) }

// post sends a form of the console: pairs of names and values.
func (b *browser) post(path string, pairs ...string) answer {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", b.s.prefix+path, form)
}

func (a answer) wants(t *testing.T, what string, status int, says ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: the answer is %d %s, want %d\n%s", what, a.status, a.location, status, a.body)
	}
	for _, text := range says {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s: the page has no %q:\n%s", what, text, a.body)
		}
	}
}

func (a answer) lacks(t *testing.T, what string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("%s: the page has %q:\n%s", what, text, a.body)
		}
	}
}

// leadsTo wants a redirect that a browser takes from the path of the request to
// another of the console.
func (a answer) leadsTo(t *testing.T, b *browser, from, want string) {
	t.Helper()
	base, err := url.Parse(shopURL + b.s.prefix + from)
	if err != nil {
		t.Fatal(err)
	}
	to, err := base.Parse(a.location)
	if err != nil || a.status != http.StatusSeeOther || to.RequestURI() != b.s.prefix+want || to.Host != base.Host {
		t.Errorf("POST %s = %d to %q, want 303 to %s\n%s", from, a.status, a.location, want, a.body)
	}
}

// refusal makes a request that is refused, and waits until the refusal is kept.
func (s *shop) refusal(b *browser, method, path string) identity.Refusal {
	s.t.Helper()
	a := b.do(method, path, nil)
	one, err := identity.FindRefusal(context.Background(), s.RefusalStore(), a.header.Get("X-Request-Id"))
	if err != nil {
		s.t.Fatalf("%s %s = %d, and FindRefusal = %v", method, path, a.status, err)
	}
	return one
}

// client makes a client that calls for itself.
func (s *shop) client(id, name string, scopes ...string) account.Client {
	s.t.Helper()
	c, _, err := s.Accounts().CreateClient(s.t.Context(), account.Client{ID: id, Name: name, Scopes: append([]string{}, scopes...)})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// pages lists every page that there is, with somebody and something on it.
func (s *shop) pages() []string {
	id := s.find("ulf").ID
	s.client("nightly", "Nightly job", "users:read")
	refused := s.refusal(s.browser(), "GET", "/users/me")
	return []string{
		"/overview", "/users", "/users?q=a&role=admin&state=enabled", "/users?state=disabled", "/users/" + id, "/users/" + id + "/sessions", "/new/user",
		"/roles", "/roles/manager", "/new/role", "/preview/role?name=manager&scopes=users:read&scopes=me", "/routes", "/routes?as=ulf", "/routes?as=nobody", "/routes?role=manager&scope=users:read&find=users",
		"/rule?route=" + url.QueryEscape("DELETE /users/{id}"), "/rule?route=" + url.QueryEscape("GET /users"), "/rule?route=" + url.QueryEscape("POST /token"), "/matrix",
		"/refusals", "/refusals?person=x&route=y&within=1h", "/refusals/" + refused.ID,
		"/clients", "/clients/nightly", "/clients/till", "/new/client", "/keys", "/settings", "/backup",
		"/sessions", "/sessions?user=u", "/history/" + id, "/import/users",
	}
}

func TestEveryPage(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	pages := s.pages()
	who := map[string]*browser{"alice": s.signedIn("alice"), "mary": s.signedIn("mary"), "ulf": s.signedIn("ulf")}
	managers := []string{"/overview", "/users", "/roles", "/routes", "/rule", "/matrix"}
	for _, path := range pages {
		for name, b := range who {
			a, want := b.get(path), http.StatusForbidden
			first, _, _ := strings.Cut(path, "?")
			first = "/" + strings.Split(first, "/")[1]
			for _, one := range managers {
				if name == "alice" || name == "mary" && one == first && !strings.HasSuffix(path, "/sessions") {
					want = http.StatusOK
				}
			}
			a.wants(t, name+" at "+path, want, "<!DOCTYPE html>", "</html>", "<h1>")
			a.lacks(t, name+" at "+path, "<script>", " style=", " onclick", "ZgotmplZ", "%!", "<no value>", "map[")
			if policy := a.header.Get("Content-Security-Policy"); want == http.StatusOK && (strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'")) {
				t.Errorf("%s has the policy %q", path, policy)
			}
			if got := a.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s at %s: Cache-Control = %q", name, path, got)
			}
		}
		a := s.browser().do("GET", s.prefix+path, nil, "Accept: text/html")
		if next := url.QueryEscape(s.prefix + path); a.status != http.StatusSeeOther || a.location != "/signin?next="+next {
			t.Errorf("nobody at %s = %d to %s, want the sign-in page and back", path, a.status, a.location)
		}
	}
}

func TestWhereTheConsoleBegins(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/console", "/very/deep/admin"} {
		s := openShop(t, console.Config{Prefix: prefix})
		for name, want := range map[string]string{"alice": prefix + "/overview", "mary": prefix + "/overview", "ulf": "/account"} {
			b := s.signedIn(name)
			a := b.get("")
			base, _ := url.Parse(shopURL + prefix)
			to, err := base.Parse(a.location)
			if err != nil || a.status != http.StatusSeeOther || to.Path != want {
				t.Errorf("%s at %s = %d to %s, want %s", name, prefix, a.status, to, want)
			}
		}
		b := s.signedIn("alice")
		for _, path := range []string{"/overview", "/users/" + s.find("ulf").ID + "/sessions"} {
			page := b.get(path)
			base, _ := url.Parse(shopURL + prefix + path)
			for _, file := range []string{"pages.css", "console.css", "htmx.js"} {
				_, rest, found := strings.Cut(page.body, file+`"`)
				link := page.body[strings.LastIndex(page.body[:len(page.body)-len(rest)-1], `"`)+1:]
				to, err := base.Parse(link[:strings.Index(link, `"`)])
				if !found || err != nil {
					t.Fatalf("%s has no %s", path, file)
				}
				if a := s.browser().do("GET", to.Path, nil); a.status != http.StatusOK {
					t.Errorf("%s of %s is at %s: %d", file, path, to.Path, a.status)
				}
			}
			_, leave, _ := strings.Cut(page.body, `<form method="post" action="`)
			if to, _ := base.Parse(leave[:strings.Index(leave, `"`)]); to.Path != "/signout" {
				t.Errorf("%s signs out at %s", path, to)
			}
		}
	}
}

func TestMistakesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	open := func(at string) (*holdfast.App, *identity.Identity) {
		id, err := identity.Open(t.Context(), identity.Config{Scheme: identity.NewScheme(), Store: memory.New(), URL: at, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = id.Close() })
		return id.NewApp(holdfast.Config{Title: "Shop"}), id
	}
	for name, test := range map[string]struct {
		url, want string
		config    console.Config
	}{
		"a URL at which no browser keeps the cookie": {"http://shop.example.com", "only over https", console.Config{}},
		"a prefix without a slash":                   {shopURL, `"admin" is no path`, console.Config{Prefix: "admin"}},
		"a prefix that ends in one":                  {shopURL, `"/admin/" is no path`, console.Config{Prefix: "/admin/"}},
		"a prefix with a parameter":                  {shopURL, `"/{x}" is no path`, console.Config{Prefix: "/{x}"}},
		"a sign-in that is never fresh":              {shopURL, "must be a minute or more", console.Config{Fresh: time.Second}},
	} {
		app, id := open(test.url)
		before, _ := app.Access()
		if err := console.Mount(app, id, test.config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Mount = %v, want %q", name, err, test.want)
		}
		if after, err := app.Access(); err != nil || len(after) != len(before) {
			t.Errorf("%s: there are %d routes more, %v", name, len(after)-len(before), err)
		}
	}
}

func ExampleMount() {
	ctx := context.Background()
	id, err := identity.Open(ctx, identity.Config{
		Scheme: identity.NewScheme(), Store: memory.New(), URL: "https://library.example", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = id.Close() }()
	app := id.NewApp(holdfast.Config{Title: "Library"})
	if err := console.Mount(app, id, console.Config{Prefix: "/admin", Title: "Library"}); err != nil {
		fmt.Println(err)
		return
	}
	table, err := app.Access()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range table {
		if row.Path == "/admin/users/{id}/remove" || row.Path == "/admin/users" && row.Method == "GET" {
			fmt.Println(row.Method, row.Path, "-", row.Policy)
		}
	}
	// Output:
	// GET /admin/users - role admin or manager, scope users:read
	// POST /admin/users/{id}/remove - role admin, scope users:write
}
