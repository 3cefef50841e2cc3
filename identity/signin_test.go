package identity

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/work"
)

// The page refuses as POST /token does, and says no more.
func TestSignInsThatAreRefused(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{InsecureNoThrottle: true})
	off := l.user("off", "reader")
	yes := true
	if _, err := l.Accounts().UpdateUser(t.Context(), off.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ name, password, says string }{
		"a wrong password":   {"ann", "wrong", "Incorrect username or password."},
		"nobody":             {"nobody", secret, "Incorrect username or password."},
		"a disabled user":    {"off", secret, "Incorrect username or password."},
		"no password":        {"ann", "", "A name and a password are required."},
		"no name":            {"", secret, "A name and a password are required."},
		"a name that bites":  {`"><script>`, "wrong", "Incorrect username or password."},
		"a longer password":  {"ann", secret + " ", "Incorrect username or password."},
		"a name with spaces": {"an n", secret, "Incorrect username or password."},
	} {
		a, token := l.browser().do("POST", "/signin", credentials(test.name, test.password)), l.browser().do("POST", "/token", credentials(test.name, test.password))
		if a.status != token.status || a.status != http.StatusBadRequest || a.header.Get("Set-Cookie") != "" || !strings.Contains(a.body, `<p role="alert" id="problem">`+test.says+`</p>`) {
			t.Errorf("%s: POST /signin = %d, want %d as POST /token, %q and no cookie\n%s", name, a.status, token.status, test.says, a.body)
		}
		if test.name != "" && !strings.Contains(a.body, `value="`+html.EscapeString(test.name)+`"`) || strings.Contains(a.body, "wrong") {
			t.Errorf("%s: the page has not the name that was typed, or the password:\n%s", name, a.body)
		}
	}
	for name, form := range map[string]string{"a form that cannot be read": "username=%zz", "a form of a megabyte": strings.Repeat("a", 1<<20)} {
		if a := l.browser().do("POST", "/signin", form); a.status != http.StatusBadRequest || !strings.Contains(a.body, "could not be read") {
			t.Errorf("%s: POST /signin = %d\n%s", name, a.status, a.body)
		}
	}
	a := l.browser().do("GET", "/signin?"+credentials("ann", secret), "")
	if a.header.Get("Set-Cookie") != "" {
		t.Error("a GET signs in")
	}
	// Without this an old browser sends "Origin: null" with the form.
	if a.header.Get("Referrer-Policy") != "same-origin" || !strings.Contains(a.body, `<meta name="referrer" content="same-origin">`) {
		t.Errorf("GET /signin has Referrer-Policy %q\n%s", a.header.Get("Referrer-Policy"), a.body)
	}
}

// One budget for wrong passwords, whichever way they are tried.
func TestWrongPasswordsAreCountedTogether(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	for i := range 10 {
		path := []string{"/signin", "/token"}[i%2]
		if a := l.browser().do("POST", path, credentials("ann", "wrong")); a.status != http.StatusBadRequest {
			t.Fatalf("wrong password %d at %s = %d %s", i, path, a.status, a.body)
		}
	}
	token, a := l.browser().do("POST", "/token", credentials("ann", secret)), l.browser().do("POST", "/signin", credentials("ann", secret))
	if token.status != http.StatusTooManyRequests || a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("the eleventh = %d at /token, %d at /signin with Retry-After %q", token.status, a.status, a.header.Get("Retry-After"))
	}
	if !strings.Contains(a.body, "There were too many attempts. Try again in ") {
		t.Errorf("the page does not say so:\n%s", a.body)
	}
	if a := l.browser().do("POST", "/signin", credentials("lib", secret)); a.status != http.StatusSeeOther {
		t.Errorf("another user = %d", a.status)
	}
}

// busyLane has no room while it is told so.
type busyLane struct{ full atomic.Bool }

func (b *busyLane) Do(_ context.Context, fn func() error) error {
	if b.full.Load() {
		return work.ErrBusy
	}
	return fn()
}

// When too many hash, and when the store is away, no caller is taken for somebody
// who typed a wrong password; a flood does not fill the log.
func TestSignInsThatCannotBeDecided(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	lane, store := &busyLane{}, &leaving{Store: memory.New()}
	l := openShop(t, Config{Lane: lane, Store: store, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	b := l.signedIn("ann")
	lane.full.Store(true)
	a := l.browser().do("POST", "/signin", credentials("ann", secret))
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Try again in a moment") {
		t.Errorf("with a full lane POST /signin = %d %s", a.status, a.body)
	}
	b.wants("a session meanwhile", "GET", "/shelf", http.StatusOK)
	lane.full.Store(false)
	store.away.Store(true)
	for _, path := range []string{"/signin", "/signout"} {
		if a := b.do("POST", path, credentials("ann", secret)); a.status != http.StatusServiceUnavailable || a.header.Get("Set-Cookie") != "" {
			t.Errorf("without a store POST %s = %d %s", path, a.status, a.body)
		}
	}
	other := l.browser()
	other.wants("a cookie that must be asked for", "GET", "/shelf", http.StatusServiceUnavailable, "Cookie: "+sessionCookie+"="+b.cookie()[:31]+strings.Repeat("A", 43))
	store.away.Store(false)
	b.wants("the session afterwards", "GET", "/shelf", http.StatusOK)
	l.server.Close() // everything is logged
	if text := logged.String(); strings.Count(text, "a page failed") != 1 || !strings.Contains(text, errAway.Error()) {
		t.Errorf("the log has not one line of a page that failed:\n%s", text)
	}
}

var errAway = errors.New("the store is away")

// leaving is a store that can be away.
type leaving struct {
	*memory.Store
	away atomic.Bool
}

func (l *leaving) Generation() uint64 {
	if l.away.Load() {
		return ^uint64(0) // what was remembered is not to be relied on
	}
	return l.Store.Generation()
}

func (l *leaving) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	if l.away.Load() {
		return account.ChangePage{}, errAway
	}
	return l.Store.Changes(ctx, after)
}

func (l *leaving) View(ctx context.Context, fn func(account.Reader) error) error {
	if l.away.Load() {
		return errAway
	}
	return l.Store.View(ctx, fn)
}

// A sign-in leads to where it began, and never to another site.
func TestWhereASignInLeads(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{InsecureNoThrottle: true})
	for next, want := range map[string]string{
		"":                                  "/",
		"/shelf":                            "/shelf",
		"/shelf?page=2&of=a%20b":            "/shelf?page=2&of=a%20b",
		"/books/%E2%82%AC?to=//a":           "/books/%E2%82%AC?to=//a",
		"//evil.example":                    "/",
		`/\evil.example`:                    "/",
		`\\evil.example`:                    "/",
		"https://evil.example/":             "/",
		"https:evil.example":                "/",
		"javascript:alert(1)":               "/",
		"shelf":                             "/",
		"/\t/evil.example":                  "/",
		"/\n/evil.example":                  "/",
		"/shelf\r\nSet-Cookie: a=b":         "/",
		"/.//evil.example":                  "/",
		"/..//evil.example":                 "/",
		"/%2e%2e//evil.example":             "/",
		"/%2f/evil.example":                 "/",
		"/%5cevil.example":                  "/",
		"/" + strings.Repeat("a", 1<<13):    "/",
		"/€":                                "/",
		"/a b":                              "/",
		"/%zz":                              "/",
		" /shelf":                           "/",
		"/shelf\x00":                        "/",
		"/a/../b":                           "/",
		`/a?b=\c`:                           "/",
		"/?next=https://evil.example/%5C#a": "/?next=https://evil.example/%5C#a",
	} {
		a := l.browser().do("POST", "/signin", credentials("ann", secret)+"&next="+url.QueryEscape(next))
		if got := a.header.Values("Location"); a.status != http.StatusSeeOther || len(got) != 1 || got[0] != want {
			t.Errorf("with next=%q POST /signin = %d to %q, want %q", next, a.status, got, want)
		}
		// The page carries it through a mistake, if it is one.
		carried := want
		if want != next {
			carried = ""
		}
		for _, a := range []answer{
			l.browser().do("GET", "/signin?next="+url.QueryEscape(next), ""),
			l.browser().do("POST", "/signin", credentials("ann", "wrong")+"&next="+url.QueryEscape(next)),
		} {
			if !strings.Contains(a.body, `name="next" value="`+html.EscapeString(carried)+`"`) {
				t.Errorf("with next=%q the page = %d\n%s", next, a.status, a.body)
			}
		}
	}
}

// FuzzLocalPath resolves what is accepted as a browser does.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/a?b=//c", "//a", `/\a`, "/.//a", "/%2f/a", "/a/..;/b", "/@a", "/:80"} {
		f.Add(seed)
	}
	base, err := url.Parse(shopURL + "/auth/signin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, ok := LocalPath(text)
		if !ok {
			if path != "" {
				t.Errorf("LocalPath(%q) = %q, false", text, path)
			}
			return
		}
		// A browser drops tabs and line ends, and takes \ for /.
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(path))
		u, err := base.Parse(read)
		if err != nil || path != text || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil || strings.HasPrefix(u.Path, "//") {
			t.Errorf("LocalPath(%q) = %q, which leads to %v (%v)", text, path, u, err)
		}
	})
}

// A program may have a page of its own.
func TestASignInPageOfOnesOwn(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{Pages: &Pages{SignIn: "/welcome"}, URL: shopURL})
	app.Handle("POST /welcome", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		if err := id.SignIn(w, r, r.PostFormValue("who"), r.PostFormValue("word")); err != nil {
			return err
		}
		_, err := fmt.Fprint(w, "welcome")
		return err
	}))
	app.Handle("POST /bye", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error { return id.SignOut(w, r) }))
	if got := strings.Join(paths(t, app), ", "); strings.Contains(got, "/signin") || !strings.Contains(got, "POST /signout") {
		t.Errorf("the application has %s", got)
	}
	if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: secret, Roles: []string{"user"}}); err != nil {
		t.Fatal(err)
	}
	post := func(path, form string, lines ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, shopURL+path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		return w
	}
	good := url.Values{"who": {"ann"}, "word": {secret}}.Encode()
	for name, test := range map[string]struct {
		form  string
		lines []string
		want  int
		says  string
	}{
		"all is well":      {good, nil, http.StatusOK, "welcome"},
		"a wrong password": {"who=ann&word=wrong", nil, http.StatusBadRequest, `{"detail":"Incorrect username or password"}`},
		"nothing":          {"", nil, http.StatusBadRequest, `{"detail":"A name and a password are required"}`},
		"another site":     {good, []string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden, `{"detail":"A page of another site has sent this request"}`},
	} {
		w := post("/welcome", test.form, test.lines...)
		if got := strings.TrimSpace(w.Body.String()); w.Code != test.want || got != test.says || (w.Header().Get("Set-Cookie") != "") != (w.Code == http.StatusOK) {
			t.Errorf("%s: POST /welcome = %d %s, cookie %q, want %d %s", name, w.Code, got, w.Header().Get("Set-Cookie"), test.want, test.says)
		}
	}
	cookie, _, _ := strings.Cut(post("/welcome", good).Header().Get("Set-Cookie"), ";")
	if w := post("/bye", "", "Cookie: "+cookie, "Sec-Fetch-Site: cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("POST /bye of another site = %d", w.Code)
	}
	if w := post("/bye", "", "Cookie: "+cookie); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Set-Cookie"), "__Host-session=; Path=/; Max-Age=0;") {
		t.Errorf("POST /bye = %d, %q", w.Code, w.Header().Get("Set-Cookie"))
	}
	if _, err := id.Accounts().SessionCaller(t.Context(), account.Secret(strings.TrimPrefix(cookie, sessionCookie+"="))); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("SessionCaller after the sign-out = %v", err)
	}
}

// Who has chosen a password can go on to where it is asked for, and the address
// of the page that has the secret goes nowhere.
func TestFromANewPasswordToTheSignIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		link   string
	}{
		"its page":          {Config{Pages: &Pages{}}, `<a href="/app/auth/signin">Sign in</a>`},
		"a page of its own": {Config{Pages: &Pages{SignIn: "/welcome"}}, `<a href="/app/welcome">Sign in</a>`},
		"none":              {Config{}, `<a href="../docs">Go on to the docs</a>`},
	} {
		test.config.Scheme, test.config.URL = NewSchemeUnder("/auth"), shopURL+"/app"
		id, app := opened(t, test.config)
		link, err := id.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, once, _ := strings.Cut(link, "?")
		r := httptest.NewRequest(http.MethodPost, "/auth/setup", strings.NewReader(once+"&name=eve&password="+url.QueryEscape(secret)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), test.link) || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: POST /auth/setup = %d, Referrer-Policy %q, want %s\n%s", name, w.Code, w.Header().Get("Referrer-Policy"), test.link, w.Body)
		}
	}
}

// Sign-ins are counted, whichever way.
type tally struct {
	Metrics
	logins []error
}

func (c *tally) Login(err error) { c.logins = append(c.logins, err) }

func (c *tally) Passwords(p account.Passwords) account.Passwords { return p }

func (c *tally) Changes(string, interface{ ChangeStats() account.ChangeStats }) {}

func (c *tally) Observe(string) func(holdfast.Observation) { return func(holdfast.Observation) {} }

func TestSignInsAreCounted(t *testing.T) {
	t.Parallel()
	count := &tally{}
	l := openShop(t, Config{Metrics: count, Lane: &busyLane{}})
	l.signedIn("ann")
	l.browser().do("POST", "/signin", credentials("ann", "wrong"))
	l.browser().do("POST", "/token", credentials("ann", secret))
	if len(count.logins) != 3 || count.logins[0] != nil || !errors.Is(count.logins[1], account.ErrBadLogin) || count.logins[2] != nil {
		t.Errorf("counted %v, want a good one, a bad one and a good one", count.logins)
	}
}

// Pages whose cookie no browser would keep, or that lead away, are refused.
func TestPagesThatAreRefused(t *testing.T) {
	t.Parallel()
	stored := memory.New()
	if _, err := SetIssuer(t.Context(), stored, "http://library.example"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		pages Pages
		url   string
		store Store
		says  string
	}{
		"without https":            {Pages{}, "http://library.example", memory.New(), "only over https"},
		"without https, as stored": {Pages{}, "", stored, "only over https"},
		"a home elsewhere":         {Pages{Home: "//evil.example"}, shopURL, memory.New(), "no path"},
		"a page with a query":      {Pages{SignIn: "/login?lang=en"}, shopURL, memory.New(), "no query"},
		"a page that is a URL":     {Pages{SignIn: "https://evil.example"}, shopURL, memory.New(), "no path"},
	} {
		config := quick(t, Config{Pages: &test.pages, Store: test.store})
		config.URL = test.url
		id, err := Open(t.Context(), config)
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != "Pages" || !strings.Contains(wrong.Reason, test.says) {
			t.Errorf("%s: Open = %v, %v, want an error of Config.Pages with %q", name, id, err, test.says)
		}
	}
	opened(t, Config{Pages: &Pages{}, URL: "http://localhost:8000"})
}

// The origin is as browsers say it.
func TestOrigins(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://library.example":          "https://library.example",
		"https://Library.Example:443/auth": "https://library.example",
		"http://127.0.0.1:8000":            "http://127.0.0.1:8000",
		"http://localhost:80/":             "http://localhost",
		"https://library.example:80":       "https://library.example:80",
		"library":                          "",
	} {
		if got := originOf(text); got != want {
			t.Errorf("originOf(%q) = %q, want %q", text, got, want)
		}
	}
}
