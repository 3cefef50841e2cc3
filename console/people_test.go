package console_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/password"
)

// upload sends a form with a file, as a browser does: pairs of names and values.
func (b *browser) upload(path, file string, pairs ...string) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			b.s.t.Fatal(err)
		}
	}
	if file != "" {
		part, err := w.CreateFormFile("file", "users.csv")
		if err == nil {
			_, err = io.WriteString(part, file)
		}
		if err != nil {
			b.s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.s.t.Context(), "POST", shopURL+b.s.prefix+path, &body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := b.client.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return answer{resp.StatusCode, string(text), resp.Header, resp.Header.Get("Location")}
}

// hashed is a hash that another system would have made.
func hashed(t *testing.T, text string) string {
	t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// hidden are the hidden fields of a page's last form, as pairs.
func hidden(a answer) (pairs []string) {
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(a.body, -1) {
		pairs = append(pairs, m[1], html.UnescapeString(m[2]))
	}
	return pairs
}

// A file is looked at first, which changes nothing, and then imported: what is
// refused is said by its line, and everybody else signs in as before.
func TestUsersAreImported(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	file := "username,hash,email\nzoe," + hashed(t, secret) + ",zoe@example.org\nno name,x,\nulf," + hashed(t, "another password of his") + ",\nyan,,\n\"<script>\",,\n"
	before := s.state()
	b.get("/import/users").wants(t, "the form", http.StatusOK, `type="file"`, "fastapi-users", `value="user" checked`)
	dry := b.upload("/import/users", file, "format", "passlib-csv", "roles", "user", "roles", "manager", "do", "try")
	dry.wants(t, "a dry run", http.StatusOK, "<b>5</b><span>read", "<b>2</b><span>would be added", "<b>1</b><span>there already", "<b>2</b><span>refused", ">3</th>", ">6</th>", "&lt;script&gt;", "Import 2", "1 have no password", "Nothing is changed yet")
	dry.lacks(t, "a dry run", "<script>")
	if after := s.state(); after != before {
		t.Errorf("a dry run has changed\n%s\ninto\n%s", before, after)
	}
	b.upload("/import/users", "", append(hidden(dry), "do", "import")...).wants(t, "the import", http.StatusOK, "2 of 5 were added.", ">3</th>")
	if zoe := s.find("zoe"); zoe.Email != "zoe@example.org" || strings.Join(zoe.Roles, " ") != "manager user" {
		t.Errorf("the user is %+v", zoe)
	}
	s.signedIn("zoe").get("/users").wants(t, "who was imported", http.StatusOK, ">yan<")
	s.signedIn("ulf") // with the password that he had here
	b.upload("/import/users", file, "format", "passlib-csv", "do", "import").wants(t, "the same again", http.StatusOK, "0 of 5 were added.", "<b>3</b><span>there already")

	for name, test := range map[string]struct {
		file  string
		pairs []string
		says  string
	}{
		"no file":                  {"", []string{"format", "passlib-csv"}, "Choose a file"},
		"an empty one":             {"", []string{"format", "passlib-csv", "again", ""}, "Choose a file"},
		"one of no format":         {file, nil, "Choose a file"},
		"one of an unknown format": {file, []string{"format", "passwd"}, "Choose a file"},
		"what is no file":          {"", []string{"format", "passlib-csv", "again", "%%%"}, "Choose a file"},
	} {
		b.upload("/import/users", test.file, test.pairs...).wants(t, name, http.StatusUnprocessableEntity, test.says, `type="file"`)
	}
	b.upload("/import/users", `[{"email":"a1@example.org","hashed_password":""},{"em`, "format", "fastapi-users").wants(t, "one that breaks off", http.StatusOK, "cannot be read on", "Import 1")
	b.upload("/import/users", "nothing,of\nall,that\n", "format", "passlib-csv").wants(t, "one of something else", http.StatusOK, "is the format right?", "Another file")
	b.upload("/import/users", strings.Repeat("x", 7<<20), "format", "passlib-csv").wants(t, "one that is too large", http.StatusRequestEntityTooLarge)
	b.upload("/import/users", "username,hash\nzed,\n", "format", "passlib-csv", "roles", "king").wants(t, "a role that is none", http.StatusOK, "unknown role")
	cut := b.upload("/import/users", "username,hash\nkim,"+hashed(t, secret)+"\n", "format", "passlib-csv", "cut", "yes")
	cut.wants(t, "of a system that cuts", http.StatusOK, "1 have hashes of at most 72 bytes", `name="cut"`)
}

// What a user has done and what was done to them, with what was refused to them.
func TestAUsersHistory(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	alice, mary := s.signedIn("alice"), s.signedIn("mary")
	refused := s.refusal(mary, "GET", "/console/keys")
	id := s.find("mary").ID
	at, history := "/users/"+id, "/history/"+id
	alice.post(at+"/state", "do", "disable")
	if _, err := s.AuditTrail().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	alice.get(at).wants(t, "the user", http.StatusOK, "history/"+id)
	alice.get(history).wants(t, "the history", http.StatusOK, "user.created", "signed_in", "user.changed", refused.ID, "GET /console/keys")
	alice.get("/history/"+s.find("ulf").ID).lacks(t, "of another", refused.ID, "user.changed")
	alice.get("/history/X").wants(t, "of nobody", http.StatusNotFound, "There is no such user")
	if _, err := s.Accounts().CreateUser(t.Context(), account.NewUser{Name: "audrey", Password: secret, Roles: []string{"auditor"}}); err != nil {
		t.Fatal(err)
	}
	auditor := s.signedIn("audrey")
	a := auditor.get(history)
	a.wants(t, "for an auditor", http.StatusOK, "user.created", `href="../audit"`)
	a.lacks(t, "for an auditor", refused.ID, `href="../users/`)
}

// Sessions of everybody: the newest first, by user, and each can be ended.
func TestSessionsOfAll(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	alice, ulf := s.signedIn("alice"), s.signedIn("ulf")
	other := s.signedIn("mary")
	alice.get("/sessions").wants(t, "all", http.StatusOK, ">alice<", ">mary<", ">ulf<", "this one", "Firefox on Linux")
	page := alice.get("/sessions?user=UL")
	page.wants(t, "of one", http.StatusOK, ">ulf<")
	page.lacks(t, "of one", ">mary<")
	alice.get("/sessions?user=nobody").wants(t, "of nobody", http.StatusOK, "None.")
	one := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(page.body)[1]
	end := []string{"user", s.find("ulf").ID, "find", "ul", "session", one}
	alice.post("/sessions", end...).leadsTo(t, alice, "/sessions", "/sessions?done=ended&user=ul")
	ulf.get("").wants(t, "after that", http.StatusUnauthorized)
	other.get("").wants(t, "another's", http.StatusSeeOther)
	alice.post("/sessions", end...).wants(t, "again", http.StatusConflict, "It is gone already.")
	for range 60 {
		s.signedIn("ulf")
	}
	seen, next := 0, "/sessions"
	for pages := 0; next != ""; pages++ {
		a := alice.get(next)
		seen += strings.Count(a.body, `name="session"`)
		m := regexp.MustCompile(`href="sessions(\?before=[^"]+)">Older`).FindStringSubmatch(a.body)
		if next = ""; m != nil {
			next = "/sessions" + m[1]
		}
		if pages > 3 {
			t.Fatal("the pages have no end")
		}
	}
	if seen != 62 {
		t.Errorf("%d sessions are seen, want 62", seen)
	}
}

// Keys are announced and made to sign, by who has signed in just now.
func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	b.post("/keys", "do", "announce").leadsTo(t, b, "/keys", "/keys?done=announced")
	b.get("/keys?done=announced").wants(t, "the keys", http.StatusOK, "announced", "signing", "takes over by itself", "Let the next key sign at once")
	b.post("/keys", "do", "announce").wants(t, "again", http.StatusConflict, "announced already")
	b.post("/keys", "do", "now").leadsTo(t, b, "/keys", "/keys?done=rotated")
	s.clock.pass(16 * time.Minute)
	a := b.get("/keys")
	a.wants(t, "later", http.StatusOK, "sign in again")
	a.lacks(t, "later", "Let the next key sign at once")
}

// A backup is for who has signed in just now, and is recorded before it is made.
func TestABackup(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	var slow, breaks atomic.Bool
	s := openShop(t, console.Config{Backup: func(_ context.Context, to io.Writer) error {
		if slow.Load() {
			close(begun)
			<-finish
			return errors.New("the disk is full")
		}
		_, err := io.WriteString(to, "all that is kept")
		if breaks.Load() {
			return errors.New("the disk is away")
		}
		return err
	}})
	b := s.signedIn("alice")
	b.get("/backup").wants(t, "the page", http.StatusOK, "Make a backup and download it", "recorded in the audit trail")
	a := b.post("/backup")
	a.wants(t, "the backup", http.StatusOK)
	if got := a.header.Get("Content-Disposition"); a.body != "all that is kept" || got != `attachment; filename="holdfast-20300102-030405.db"` || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the backup is %q, as %q, %q", a.body, got, a.header.Get("Cache-Control"))
	}
	records := func() int {
		t.Helper()
		if _, err := s.AuditTrail().Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := s.Accounts().Audit(t.Context(), account.AuditQuery{Kind: account.AuditBackup, Limit: 10})
		if err != nil || len(list) > 0 && list[0].Actor.Name != "alice" {
			t.Errorf("the records of backups = %+v, %v", list, err)
		}
		return len(list)
	}
	if got := records(); got != 1 {
		t.Errorf("a backup leaves %d records", got)
	}

	breaks.Store(true)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shopURL+"/console/backup", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	broken, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(broken.Body); err == nil {
		t.Error("a backup that breaks off looks whole")
	}
	_ = broken.Body.Close()

	slow.Store(true)
	failed := make(chan answer)
	go func() { failed <- b.post("/backup") }()
	<-begun
	again := b.post("/backup")
	again.wants(t, "a second one meanwhile", http.StatusServiceUnavailable, "A backup is being made")
	if got := again.header.Get("Retry-After"); got != "60" {
		t.Errorf("a second one meanwhile: Retry-After = %q", got)
	}
	close(finish)
	a = <-failed
	a.wants(t, "one that fails", http.StatusInternalServerError)
	a.lacks(t, "one that fails", "the disk is full")
	if got := records(); got != 3 {
		t.Errorf("a backup that fails leaves no record: there are %d", got)
	}

	s.clock.pass(16 * time.Minute)
	later := b.get("/backup")
	later.wants(t, "later", http.StatusOK, "sign in again")
	later.lacks(t, "later", "Make a backup and download it")
}

// A console without backups does not offer one.
func TestNoBackup(t *testing.T) {
	t.Parallel()
	id := openShop(t).Identity
	app := id.NewApp(holdfast.Config{Title: "Shop"})
	if err := console.Mount(app, id, console.Config{Prefix: "/other"}); err != nil {
		t.Fatal(err)
	}
	table, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table {
		if strings.HasSuffix(row.Path, "/backup") {
			t.Errorf("there is %s %s", row.Method, row.Path)
		}
	}
}

// The overview names the servers on the store, and says of which nothing is heard.
func TestServersOnTheStore(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for host, state := range map[string]account.ServerState{"one.example": account.ServerReady, "two.example": account.ServerDeaf, "<b>three": account.ServerStopping} {
		if err := s.Accounts().TellServer(t.Context(), account.Server{ID: host, Host: host, Address: "10.0.0.1:8000", Build: "v1.2.3", Started: s.clock.Now(), State: state}); err != nil {
			t.Fatal(err)
		}
	}
	b := s.signedIn("alice")
	b.get("/overview").wants(t, "at first", http.StatusOK, "Servers on this store", "one.example", "10.0.0.1:8000", "v1.2.3", "ready", "two.example", "deaf", "&lt;b&gt;three", "stopping")
	s.clock.pass(36 * time.Second)
	b.get("/overview").wants(t, "later", http.StatusOK, "silent", "for less than a minute: it has died")
	s.signedIn("mary").get("/overview").lacks(t, "a manager", "one.example")
}

// The trail is exported as it is looked for, and its chain verified.
func TestTheTrailLeaves(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.signedIn("alice")
	if _, err := s.AuditTrail().Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, some := b.get("/audit/export"), b.get("/audit/export?person=mary&event="+url.QueryEscape("user."))
	all.wants(t, "all", http.StatusOK, `"event":"signed_in"`, `"event":"user.created"`)
	some.wants(t, "some", http.StatusOK, `"event":"user.created"`)
	some.lacks(t, "some", "signed_in", `"name":"ulf"`)
	if got := all.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
		t.Errorf("the export is shown as %q", got)
	}
	b.get("/audit/export?person=nobody").wants(t, "of nobody", http.StatusNotFound)
	b.post("/audit/verify").wants(t, "the chain", http.StatusOK, "Nothing was changed, cut off or moved", "from the place 1")
	b.get("/overview").wants(t, "the overview", http.StatusOK, "This server", "less than a minute", "Each server says at")
}
