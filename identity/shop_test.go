package identity

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// shop is a program with pages, served as it would be: over https, under a
// name of its own.
type shop struct {
	t *testing.T
	*Identity
	server *httptest.Server
	read   holdfast.Scope
	write  holdfast.Scope
	app    *holdfast.App
}

const shopURL = "https://shop.example.com" // which the test's client takes to the test's server

func openShop(t *testing.T, config Config, more ...func(*shop)) *shop {
	t.Helper()
	l := &shop{t: t}
	if config.Scheme == nil {
		config.Scheme = NewScheme()
	}
	if config.URL == "" {
		config.URL = shopURL
	}
	if config.Pages == nil {
		config.Pages = &Pages{}
	}
	l.read, l.write = config.Scheme.Scope("books:read", "Read"), config.Scheme.Scope("books:write", "Write")
	reader := holdfast.NewRole("reader", "Reads").Grants(config.Scheme.Me, l.read)
	librarian := holdfast.NewRole("librarian", "Keeps").Grants(config.Scheme.Me, l.read, l.write)
	config.Roles = []holdfast.Role{reader, librarian}
	l.Identity, l.app = opened(t, config)
	for _, add := range more {
		add(l)
	}
	l.routes(librarian)
	l.server = httptest.NewTLSServer(l.Handler(l.app))
	t.Cleanup(l.server.Close)
	l.user("ann", "reader")
	l.user("lib", "librarian")
	return l
}

func (l *shop) routes(librarian holdfast.Role) {
	name := func(_ context.Context, c Caller, _ holdfast.NoInput) (string, error) { return c.User.Name, nil }
	session, app := l.Session(), l.app
	holdfast.Get(app, "/shelf", holdfast.Security(session, l.read), name)
	holdfast.Post(app, "/shelf", holdfast.Security(session, l.write), name)
	holdfast.Put(app, "/shelf", holdfast.Security(session, l.read), name)
	holdfast.Delete(app, "/shelf", holdfast.Security(session, l.read), name)
	holdfast.Get(app, "/desk", holdfast.AnyRole(session, librarian), name)
	either := holdfast.AnyOf(holdfast.Security(l.Caller(), l.read), holdfast.Security(session, l.read))
	holdfast.Get(app, "/either", either, name)
	holdfast.Post(app, "/either", either, name)
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(session)), func(_ context.Context, m holdfast.Maybe[Caller], _ holdfast.NoInput) (string, error) {
		c, _ := m.Get()
		return "hello " + c.User.Name, nil
	})
	app.Handle("GET /live", holdfast.Raw(holdfast.Security(session), func(w http.ResponseWriter, r *http.Request, c Caller) error {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the scheme has verified
		if err != nil {
			return err
		}
		defer func() { _ = conn.CloseNow() }()
		return conn.Write(r.Context(), websocket.MessageText, []byte(c.User.Name))
	}), holdfast.Status(http.StatusSwitchingProtocols))
	if err := app.Err(); err != nil {
		l.t.Fatal(err)
	}
}

func (l *shop) user(name string, roles ...string) account.User {
	l.t.Helper()
	user, err := l.Accounts().CreateUser(l.t.Context(), account.NewUser{Name: name, Password: secret, Roles: roles})
	if err != nil {
		l.t.Fatal(err)
	}
	return user
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	l      *shop
	client *http.Client
}

func (l *shop) browser() *browser {
	l.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	client := *l.server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{l, &client}
}

// answer is what a browser is given.
type answer struct {
	status int
	body   string
	header http.Header
}

// do sends a request with header lines beside those of a page of the shop.
func (b *browser) do(method, path, form string, lines ...string) answer {
	b.l.t.Helper()
	r, err := http.NewRequestWithContext(b.l.t.Context(), method, shopURL+path, strings.NewReader(form))
	if err != nil {
		b.l.t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case value == "":
			r.Header.Del(name)
		case name == "Host": // to which a jar has no cookies, but a proxy passes them on
			r.Host = value
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookie()}) //nolint:gosec // of a request
		case name == "Cookie":
			r.Header.Add(name, value)
		default:
			r.Header.Set(name, value)
		}
	}
	w, err := b.client.Do(r)
	if err != nil {
		b.l.t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		b.l.t.Fatal(err)
	}
	return answer{w.StatusCode, strings.TrimSpace(string(body)), w.Header}
}

func credentials(name, password string) string {
	return url.Values{"username": {name}, "password": {password}}.Encode()
}

// signedIn is a browser in which somebody has signed in.
func (l *shop) signedIn(name string) *browser {
	l.t.Helper()
	b := l.browser()
	if a := b.do("POST", "/signin", credentials(name, secret)); a.status != http.StatusSeeOther {
		l.t.Fatalf("POST /signin by %s = %d %s", name, a.status, a.body)
	}
	return b
}

// cookie is the session's in the browser; "" if there is none.
func (b *browser) cookie() string {
	u, _ := url.Parse(shopURL)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

func (b *browser) wants(what, method, path string, status int, lines ...string) {
	b.l.t.Helper()
	if a := b.do(method, path, "", lines...); a.status != status {
		b.l.t.Errorf("%s: %s %s = %d %s, want %d", what, method, path, a.status, a.body, status)
	}
}
