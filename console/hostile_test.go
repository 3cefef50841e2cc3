package console_test

import (
	"bytes"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// script is what a page of its own would run, if a field let it in.
const script = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

// runs are the parts of it that no page may have.
var runs = []string{"<script>", "<img", "onerror=alert(1)>"}

// A script in any field of any form, and in any part of any path, is a text where it
// is shown again, and leads nowhere else.
func TestAScriptInEveryField(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.withRoleAndClient()
	b := s.signedIn("alice")
	for path, form := range s.forms() {
		for i := 1; i < len(form); i += 2 {
			sent := append([]string{"next", "https://evil.example", "to", "//evil.example"}, form...)
			sent[4+i] = script
			a := b.post(path, sent...)
			a.lacks(t, form[i-1]+" of POST "+path, runs...)
			if to, err := url.Parse(a.location); err != nil || to.Host != "" || strings.HasPrefix(a.location, "//") {
				t.Errorf("%s of POST %s leads to %q", form[i-1], path, a.location)
			}
			b.signIn("alice") // whose session may have been ended
		}
	}
	table, err := s.app.Access()
	if err != nil {
		t.Fatal(err)
	}
	parameter, tried := regexp.MustCompile(`\{[a-z]+\}`), 0
	for _, row := range table {
		if !strings.HasPrefix(row.Path, "/console") || !strings.Contains(row.Path, "{") {
			continue
		}
		tried++
		path := strings.TrimPrefix(parameter.ReplaceAllString(row.Path, url.PathEscape(script)), "/console")
		a := b.do(row.Method, s.prefix+path, url.Values{}, "Accept: text/html")
		a.lacks(t, row.Method+" "+path, runs...)
		if policy := a.header.Get("Content-Security-Policy"); a.status != http.StatusSeeOther && !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s %s = %d can be framed: %q", row.Method, path, a.status, policy)
		}
	}
	if tried < 15 {
		t.Errorf("%d paths with a parameter are tried", tried)
	}
}

// locked is a buffer that many write to.
type locked struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is what was written.
func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// What the console shows once, and what people type into it, stands nowhere else: not
// on another page, in no error, log, export or file of the store.
func TestNoSecretOfTheConsoleIsKept(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), new(locked)
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := openShopThat(t, func(c *identity.Config) { c.Store, c.Logger = store, slog.New(slog.NewTextHandler(log, nil)) })
	b := s.signedIn("alice")
	id := s.find("ulf").ID
	shown := func(a answer) string {
		t.Helper()
		m := regexp.MustCompile(`<textarea id="secret"[^>]*>([^<]+)</textarea>`).FindStringSubmatch(a.body)
		if m == nil {
			t.Fatalf("there is no secret:\n%s", a.body)
		}
		text := html.UnescapeString(m[1])
		if _, rest, found := strings.Cut(text, "secret="); found {
			text, _ = url.QueryUnescape(rest)
		}
		return text
	}
	secrets := map[string]string{
		"a password that is typed": "a password that alice has typed", "a password that is wrong": "short!",
		"a reset link":      shown(b.post("/users/" + id + "/reset")),
		"a client's secret": shown(b.post("/clients", "name", "Job", "id", "job", "kind", "machine", "scopes", "users:read")),
		"the next one":      shown(b.post("/clients/job/secret", "do", "later")),
	}
	address, _ := url.Parse(shopURL)
	for _, cookie := range b.client.Jar.Cookies(address) {
		secrets["the cookie "+cookie.Name] = cookie.Value
	}
	b.post("/users", "name", "zoe", "password", secrets["a password that is typed"])
	texts := map[string]string{"a form that is wrong": b.post("/users", "name", "yan", "password", secrets["a password that is wrong"]).body}
	grant, err := s.Accounts().NewAPIKey(t.Context(), account.APIKeyOwner{UserID: id}, account.APIKeyAsk{Name: "x", Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}
	secrets["an API key"] = string(grant.Secret)
	if _, err := s.AuditTrail().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(s.pages(), "/audit", "/audit/export", "/clients/job", "/users/"+s.find("zoe").ID, "/users/X", "/history/"+id) {
		texts[path] = b.get(path).body
	}
	texts["the log"] = log.String()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("there are %d files, %v", len(files), err)
	}
	for _, one := range files {
		data, err := os.ReadFile(filepath.Join(dir, one.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[one.Name()] = string(data)
	}
	if len(secrets) < 7 {
		t.Errorf("%d secrets are looked for", len(secrets))
	}
	for what, secret := range secrets {
		for where, text := range texts {
			if strings.Contains(text, secret) || strings.Contains(text, html.EscapeString(secret)) {
				t.Errorf("%s stands in %s", what, where)
			}
		}
	}
	if !strings.Contains(texts["test.db"]+texts["test.db-wal"], "alice") {
		t.Error("the search finds nothing in the store at all")
	}
}
