package identity

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// counted are passwords that say how often something was hashed.
type counted struct {
	*password.Context

	hashed atomic.Int32
}

func (c *counted) Hash(ctx context.Context, text string) (string, error) {
	c.hashed.Add(1)
	return c.Context.Hash(ctx, text)
}

func (c *counted) VerifyAndUpdate(ctx context.Context, text, hash string) (bool, string, error) {
	c.hashed.Add(1)
	return c.Context.VerifyAndUpdate(ctx, text, hash)
}

func (c *counted) DummyVerify(ctx context.Context, text string) error {
	c.hashed.Add(1)
	return c.Context.DummyVerify(ctx, text)
}

// visitor is somebody who follows links, with a browser at an address.
type visitor struct {
	t       *testing.T
	served  http.Handler
	address string
}

func (v visitor) do(method, address, form string) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form))
	r.RemoteAddr = v.address + ":1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	v.served.ServeHTTP(w, r)
	return w
}

// says wants a page with a status and a text, which has the form or has not.
func (v visitor) says(name, address string, status int, text string) {
	v.t.Helper()
	w := v.do(http.MethodGet, address, "")
	if form := strings.Contains(w.Body.String(), "<form"); w.Code != status || !strings.Contains(w.Body.String(), text) || form != (status == http.StatusOK) {
		v.t.Errorf("%s: GET %s = %d, want %d with %q, and a form only if it is good\n%s", name, address, w.Code, status, text, w.Body)
	}
	if w.Header().Get("Referrer-Policy") != "no-referrer" && strings.Contains(address, "=") {
		v.t.Errorf("%s: the page tells others where it was", name)
	}
}

// The page of a link says at once whether the link is good, as often as it is looked at.
// Looking hashes nothing.
func TestALinkSaysAtOnceWhetherItIsGood(t *testing.T) {
	t.Parallel()
	var later atomic.Int64 // hours
	hashes := &counted{Context: quick(t, Config{}).Passwords.(*password.Context)}
	id, app := opened(t, Config{Passwords: hashes, Pages: &Pages{}, URL: "https://library.example", Now: func() time.Time {
		return time.Date(2030, 1, 2, 3+int(later.Load()), 0, 0, 0, time.UTC)
	}})
	v := visitor{t, id.Handler(app), "192.0.2.1"}
	path := func(link string, err error) string {
		t.Helper()
		u, bad := url.Parse(link)
		if err != nil || bad != nil {
			t.Fatal(err, bad)
		}
		return u.RequestURI()
	}
	const over, enter = "This link is wrong, was used already or is too old.", `<a href="/signin">Sign in</a>`
	before, err := id.accounts.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	setup := path(id.SetupLink(t.Context()))
	for range 3 {
		v.says("a good one", setup, http.StatusOK, `action="setup"`)
	}
	v.says("one that is made up", "/setup?secret=x", http.StatusForbidden, over)
	v.says("none", "/setup", http.StatusForbidden, over)
	_, form, _ := strings.Cut(setup, "?")
	if w := v.do(http.MethodPost, "/setup", form+"&name=ann&password="+url.QueryEscape(secret)); w.Code != http.StatusOK {
		t.Fatalf("POST /setup with a link that was looked at = %d\n%s", w.Code, w.Body)
	}
	hashed := hashes.hashed.Load()
	v.says("one that was used", setup, http.StatusForbidden, over)
	v.says("one that was not, and is for nothing now", "/setup?secret="+url.QueryEscape(string(before)), http.StatusForbidden, enter)

	ann, err := id.accounts.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	first := path(id.ResetLink(t.Context(), ann.ID))
	for range 3 {
		v.says("a good one", first, http.StatusOK, `action="reset"`)
	}
	second := path(id.ResetLink(t.Context(), ann.ID))
	v.says("one that another has replaced", first, http.StatusForbidden, over)
	v.says("one that is made up", "/reset?secret=x", http.StatusForbidden, "Ask for a new one.")
	v.says("none", "/reset", http.StatusForbidden, enter)
	later.Add(1)
	v.says("one that is too old", second, http.StatusForbidden, over)

	third := path(id.ResetLink(t.Context(), ann.ID))
	v.says("a good one", third, http.StatusOK, `action="reset"`)
	if got := hashes.hashed.Load(); got != hashed {
		t.Errorf("looking at links has hashed %d times", got-hashed)
	}
	_, form, _ = strings.Cut(third, "?")
	if w := v.do(http.MethodPost, "/reset", form+"&password=another+horse+battery&again=another+horse+battery"); w.Code != http.StatusOK {
		t.Fatalf("POST /reset with a link that was looked at = %d\n%s", w.Code, w.Body)
	}
	v.says("one that was used", third, http.StatusForbidden, enter)
}

// What helps where a link is over: the way to sign in that the application has.
func TestWhereALinkThatIsOverLeads(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config Config
		which  Endpoints
		want   string
	}{
		"to its page":                 {Config{Pages: &Pages{}}, Everything, `<a href="/app/auth/signin">Sign in</a>`},
		"to a page of its own":        {Config{Pages: &Pages{SignIn: "/welcome"}}, Everything, `<a href="/app/welcome">Sign in</a>`},
		"to the account":              {Config{}, Everything, `<a href="/app/auth/account">Sign in</a>`},
		"to the docs, without either": {Config{}, Reset, `<a href="../docs">go on to the docs</a>`},
	} {
		test.config.Scheme, test.config.URL = NewSchemeUnder("/auth"), shopURL+"/app"
		id, _ := opened(t, test.config)
		app := id.NewAppWith(test.which, holdfast.Config{Title: "Test"})
		v := visitor{t, id.Handler(app), "192.0.2.1"}
		v.says(name, "/auth/reset?secret=x", http.StatusForbidden, test.want)
	}
}

// Who guesses by looking has as many guesses as who sends the form, and no more for
// having both. A good link costs no guess.
func TestGuessesByLooking(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{Store: memory.New()})
	signIn(t, id, app, "ann", "")
	user, err := id.accounts.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	link, err := id.ResetLink(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	good := strings.TrimPrefix(link, id.url)
	served := id.Handler(app)
	guesser, other := visitor{t, served, "192.0.2.1"}, visitor{t, served, "198.51.100.1"}
	for range 120 {
		guesser.says("a good one", good, http.StatusOK, "<form")
	}
	for range 120 {
		guesser.says("no guess", "/reset", http.StatusForbidden, "wrong")
	}
	for range 25 {
		for _, page := range []string{"/reset", "/setup"} {
			guesser.says("a guess", page+"?secret=x", http.StatusForbidden, "wrong")
			if w := guesser.do(http.MethodPost, page, "secret=x&name=eve&password=a+new+password+here&again=a+new+password+here"); w.Code != http.StatusForbidden {
				t.Fatalf("POST %s = %d", page, w.Code)
			}
		}
	}
	for _, address := range []string{"/reset?secret=x", "/setup?secret=x", good} {
		w := guesser.do(http.MethodGet, address, "")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "10" || !strings.Contains(w.Body.String(), "too many attempts") {
			t.Errorf("GET %.7s after a hundred guesses = %d, Retry-After %q", address, w.Code, w.Header().Get("Retry-After"))
		}
	}
	other.says("a good one, from elsewhere", good, http.StatusOK, "<form")
}
