package identity

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// What is done leaves its record, and nothing else does.
func TestEverythingLeavesARecord(t *testing.T) {
	t.Parallel()
	s := openStory(t, Config{})
	steps := allSteps()
	i := slices.IndexFunc(steps, func(one step) bool { return strings.HasPrefix(one.what, "a signing key") })
	s.tell(steps[:i])
	steps[i].do(s)
	want := []string{"key.changed by program on signing key ", "key.added by program on signing key " + s.known["key"], "key.changed by program on signing key ", "key.removed by program on signing key " + s.known["key"]}
	for n, got := range s.records() {
		if n >= len(want) || !strings.HasPrefix(got, want[n]) {
			t.Errorf("of signing keys there is the record %q", got)
		}
	}
	s.tell(steps[i+1:])
	seen, tells := map[account.AuditKind]bool{}, map[account.AuditKind]bool{}
	for _, r := range everyRecord(t, s.config.Store) {
		seen[r.Kind] = true
		tells[r.Kind] = tells[r.Kind] || strings.Contains(string(r.Details), `"before`)
		if r.At.IsZero() || r.Result == "" || r.Actor.Kind == "user" && (r.Source == "" || r.Request == "") {
			t.Errorf("a record lacks when, from where or in which request: %+v", r)
		}
	}
	for kind := range kinds(t) {
		if later := []account.AuditKind{account.AuditStopped, account.AuditTrimmed, account.AuditBackup}; !seen[kind] && !counts(kind) && !slices.Contains(later, kind) {
			t.Errorf("nothing here leaves a record of the kind %s", kind)
		}
		if seen[kind] && !tells[kind] && replaces(kind) {
			t.Errorf("no record of the kind %s says what was there before: TestChangesSayFromWhatToWhat has how", kind)
		}
	}
}

// replaces reports whether what happens puts something in place of something else, of
// which a record can say more than that it was there.
func replaces(kind account.AuditKind) bool {
	_, what, _ := strings.Cut(string(kind), ".")
	return slices.Contains([]string{"changed", "put", "roles", "secret", "rotated", "chosen", "cleared"}, what)
}

// kinds are the kinds that package account declares, with their names.
func kinds(t *testing.T) map[account.AuditKind]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../account/audit.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	out := map[account.AuditKind]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "AuditKind" {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				out[account.AuditKind(strings.Trim(lit.Value, `"`))] = spec.Names[0].Name
			}
		}
		return true
	})
	if len(out) < 40 {
		t.Fatalf("there are %d kinds", len(out))
	}
	return out
}

func counts(kind account.AuditKind) bool {
	return slices.Contains([]account.AuditKind{
		account.AuditSignInRefused, account.AuditThrottled, account.AuditTokenRefused, account.AuditClientRefused, account.AuditLinkRefused, account.AuditRequestRefused,
	}, kind)
}

func TestTheGuideNamesEveryKind(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind := range kinds(t) {
		if !bytes.Contains(guide, []byte("`"+string(kind)+"`")) {
			t.Errorf("docs/audit.md does not say what %s is", kind)
		}
	}
}

// What strangers can cause without end is counted, for who it concerns and where it
// came from, in one record a minute.
func TestRefusedAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{Now: func() time.Time { return at }})
	b := l.browser()
	for range 3 {
		b.do("POST", "/signin", credentials("ann", "wrong"))
		b.do("POST", "/signin", credentials("my-password-typed-as-a-name", "wrong"))
	}
	for range 10 {
		b.do("POST", "/token", credentials("ann", "wrong"))
	}
	b.do("POST", "/token", "grant_type=refresh_token&refresh_token=hfr_MADEUP.secret")
	b.do("POST", "/token", "grant_type=authorization_code&code=hfa_madeup&redirect_uri=http%3A%2F%2Fx&client_id=holdfast&code_verifier="+verifier)
	b.do("POST", "/reset", "secret=made-up&password=a+new+password+here&again=a+new+password+here")
	b.do("POST", "/token", "grant_type=client_credentials&client_id=nobody&client_secret=x")
	b.do("GET", "/users", "")
	b.do("GET", "/users", "", "Authorization: Bearer x")
	b.do("GET", "/users", "", "Authorization: Bearer "+tokens(t, l.Identity, l.app, credentials("lib", secret)+"&scope=me").AccessToken)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range everyRecord(t, l.config.Store) {
		if r.Count > 0 {
			got = append(got, fmt.Sprintf("%s, %d times, %s", inShort(r), r.Count, r.Details.Get("what")))
		}
	}
	want := []string{
		"client.refused by nobody on nothing, refused, 1 times, client secret",
		"link.refused by nobody on nothing, refused, 1 times, reset",
		"request.refused by nobody on nothing, refused, 2 times, 401 GET /users",
		"request.refused by nobody on user lib, refused, 1 times, 403 GET /users",
		"signin.refused by nobody on nothing, refused, 3 times, sign-in",
		"signin.refused by nobody on user ann, refused, 10 times, sign-in",
		"throttled by nobody on user ann, throttled, 3 times, sign-in",
		"token.refused by nobody on nothing, refused, 1 times, code",
		"token.refused by nobody on nothing, refused, 1 times, refresh token",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("what was counted is\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// Whoever reads the trail needs its scope and a role, and the role auditor reads
// nothing else.
func TestTheTrailOverHTTP(t *testing.T) {
	t.Parallel()
	s := openStory(t, Config{})
	s.tell(allSteps()[:8])
	s.user("eve", "auditor")
	eve, _ := s.signIn("eve", secret)
	if _, err := s.audit.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/audit": 200, "/users": 403, "/users/me": 403, "/roles": 403, "/clients": 403, "/users/" + s.person("zoe") + "/sessions": 403} {
		s.call(want, "GET", path, eve, "")
	}
	plain, _ := s.signIn("ann", secret)
	s.call(http.StatusForbidden, "GET", "/audit", plain, "")
	s.call(http.StatusUnauthorized, "GET", "/audit", "", "")

	zoe := s.person("zoe")
	for query, want := range map[string][]string{
		"?user=" + zoe + "&event=user.":                {"user.roles", "user.changed", "user.created"},
		"?user=" + zoe + "&event=user.&order=oldest":   {"user.created", "user.changed", "user.roles"},
		"?user=" + zoe + "&event=user.&limit=1":        {"user.roles"},
		"?event=setup.done":                            {"setup.done"},
		"?event=setup.done&since=2999-01-02T03:04:05Z": {},
		"?event=setup.done&until=1999-01-02T03:04:05Z": {},
	} {
		got := s.call(http.StatusOK, "GET", "/audit"+query, eve, "")
		var events []string
		for _, one := range got["records"].([]any) {
			events = append(events, fmt.Sprint(one.(map[string]any)["event"]))
		}
		if !slices.Equal(events, want) && len(events)+len(want) > 0 {
			t.Errorf("GET /audit%s has %v, want %v", query, events, want)
		}
	}
	s.call(http.StatusUnprocessableEntity, "GET", "/audit?since=yesterday", eve, "")
	s.call(http.StatusUnprocessableEntity, "GET", "/audit?limit=0", eve, "")

	// A cursor goes through all, each once, in both ways.
	for order, cursor := range map[string]string{"newest": "before", "oldest": "after"} {
		var seqs []float64
		for next := 0.0; ; {
			got := s.call(http.StatusOK, "GET", fmt.Sprintf("/audit?limit=3&order=%s&%s=%.0f", order, cursor, next), eve, "")
			for _, one := range got["records"].([]any) {
				seqs = append(seqs, one.(map[string]any)["seq"].(float64))
			}
			if next = got["next"].(float64); next == 0 {
				break
			}
		}
		if order == "newest" {
			slices.Reverse(seqs)
		}
		for i, seq := range seqs {
			if seq != float64(i+1) {
				t.Fatalf("pages, the %s first, have the places %v", order, seqs)
			}
		}
		if len(seqs) < 15 {
			t.Errorf("pages, the %s first, have %d records", order, len(seqs))
		}
	}
}

// unrecording is a store that cannot keep a record.
type unrecording struct {
	*memory.Store
	silent bool
}

// No change happens whose record cannot be written: neither by an account.Writer nor
// by what has none. See TestOutages in package account for each call by itself.
func TestWhatCannotBeRecordedDoesNotHappen(t *testing.T) {
	t.Parallel()
	store := &unrecording{Store: memory.New()}
	l := openShop(t, Config{Store: store})
	token := tokens(t, l.Identity, l.app, credentials("ann", secret)+"&scope=me+keys:write")
	before := l.person(t)
	store.silent = true
	for name, call := range map[string]func() answer{
		"a sign-in":   func() answer { return l.browser().do("POST", "/token", credentials("ann", secret)) },
		"a browser's": func() answer { return l.browser().do("POST", "/signin", credentials("ann", secret)) },
		"a refresh": func() answer {
			return l.browser().do("POST", "/token", "grant_type=refresh_token&refresh_token="+string(token.RefreshToken))
		},
		"the end of a session": func() answer {
			return l.browser().do("POST", "/logout", "", "Authorization: Bearer "+token.AccessToken)
		},
	} {
		if a := call(); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s = %d %s, want 503", name, a.status, a.body)
		}
	}
	if after := l.person(t); after != before {
		t.Errorf("there are %s, want %s as before", after, before)
	}
	l.browser().wants("the session goes on", "GET", "/users/me", http.StatusOK, "Authorization: Bearer "+token.AccessToken)
	store.silent = false
	l.browser().wants("and can be ended", "POST", "/logout", http.StatusNoContent, "Authorization: Bearer "+token.AccessToken)
}

// person is how many sessions ann has, and when they were used last.
func (l *shop) person(t *testing.T) string {
	t.Helper()
	list, err := l.Accounts().Sessions(t.Context(), l.userID("ann"))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

// The chain goes on from one start to the next, and says which configuration was
// served.
func TestTheChainGoesOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.db")
	var heads []string
	for range 3 {
		store := openedOnDisk(t, file)
		id, _ := opened(t, Config{Store: store, URL: "https://a.example", Services: map[string]account.Secret{"svc": "0123456789abcdef0123456789abcdef"}})
		if err := id.Close(); err != nil {
			t.Fatal(err)
		}
		trail, err := OpenAudit(t.Context(), quick(t, Config{Store: store}))
		if err != nil {
			t.Fatal(err)
		}
		head, err := trail.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, head := range append(heads, head) {
			if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Unsealed != 0 {
				t.Errorf("Verify = %+v, %v", report, err)
			}
		}
		heads = append(heads, head)
		all := everyRecord(t, store)
		last := all[len(all)-2:]
		if inShort(last[0]) != "server.started by server on server" || inShort(last[1]) != "server.stopped by server on server" {
			t.Errorf("the last records are %s, %s", inShort(last[0]), inShort(last[1]))
		}
		if said := last[0].Details.Map(); said["url"] != "https://a.example" || said["services"] != "svc" || said["master_key"] != "false" || said["access_ttl"] != "15m0s" {
			t.Errorf("the configuration is recorded as %v", said)
		}
	}
	if len(slices.Compact(heads)) != 3 {
		t.Errorf("the heads are %v", heads)
	}
}

// The key of the chain is encrypted by the master key, also when that comes later or
// is changed, and the chain goes on with it.
func TestTheKeyOfTheChain(t *testing.T) {
	t.Parallel()
	store := memory.New()
	first, second := masterKey(t, 1), masterKey(t, 2)
	var clear string
	for _, step := range []struct {
		what  string
		keys  Keys
		fails bool
	}{
		{"no master key", Keys{}, false},
		{"a master key", Keys{Master: first}, false},
		{"the same one", Keys{Master: first}, false},
		{"none any more", Keys{}, true},
		{"another one", Keys{Master: second}, true},
		{"another one in its place", Keys{Master: second, OldMaster: first}, false},
		{"the first again", Keys{Master: first}, true},
	} {
		id, err := Open(t.Context(), quick(t, Config{Store: store, Keys: step.keys}))
		if (err != nil) != step.fails {
			t.Fatalf("%s: Open = %v", step.what, err)
		}
		trail, err2 := OpenAudit(t.Context(), quick(t, Config{Store: store, Keys: step.keys}))
		if (err2 != nil) != step.fails {
			t.Fatalf("%s: OpenAudit = %v", step.what, err2)
		}
		if err != nil {
			continue
		}
		if err := id.Close(); err != nil {
			t.Fatal(err)
		}
		if report, err := trail.Verify(t.Context(), ""); err != nil || report.Fault != "" {
			t.Errorf("%s: Verify = %+v, %v", step.what, report, err)
		}
		kept, _ := store.Setting(t.Context(), auditSetting)
		if !strings.HasPrefix(kept, sealedMark) {
			clear = kept
		} else if raw, _ := hex.DecodeString(clear); strings.Contains(kept, clear) || bytes.Contains([]byte(kept), raw) {
			t.Errorf("%s: the key is kept as %s", step.what, kept)
		}
	}
}

// files reads all files of a folder.
func (s *story) files(into map[string][]byte, dir string) {
	s.t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, one := range list {
		data, err := os.ReadFile(filepath.Join(dir, one.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		into[fmt.Sprintf("%s (%d)", one.Name(), len(into))] = data
	}
}

// Update implements account.Store.
func (m *unrecording) Update(ctx context.Context, fn func(account.Writer) error) error {
	return m.Store.Update(ctx, func(w account.Writer) error { return fn(unrecordingWriter{w, m}) })
}

type unrecordingWriter struct {
	account.Writer
	m *unrecording
}

func (w unrecordingWriter) AppendAudit(events ...account.AuditEvent) error {
	if w.m.silent {
		return errors.New("the records cannot be written")
	}
	return w.Writer.AppendAudit(events...)
}

func masterKey(t *testing.T, n byte) keyring.MasterKey {
	t.Helper()
	secret := bytes.Repeat([]byte{n}, 32)
	secret[0] = 99
	key, err := keyring.ParseMasterKey(hex.EncodeToString(secret))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// vacuumInto makes a backup of a database, as docs/howto/deployment.md does.
func vacuumInto(t *testing.T, file, backup string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", backup); err != nil {
		t.Fatal(err)
	}
}
