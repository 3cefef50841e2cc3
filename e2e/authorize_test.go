package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// looks keeps pictures of the page at the widths of a desktop and of a phone, light
// and dark, and makes sure that nothing of it stands beside the phone.
func (p *page) looks(name string) {
	p.t.Helper()
	for _, width := range []int64{1280, 360, 320} {
		for _, scheme := range []string{"light", "dark"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			p.do("look at "+name, chromedp.EmulateViewport(width, 900),
				chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
					_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
					return err
				}))
			if over := run(p, "measure "+name, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); over > width {
				p.t.Errorf("%s is %d wide at a width of %d", name, over, width)
			}
			if width > 320 {
				p.shot(fmt.Sprintf("%s %d %s", name, width, scheme))
			}
		}
	}
	p.do("look as before", chromedp.EmulateViewport(1200, 1600))
}

// signInHere fills in the form to sign in.
func (p *page) signInHere(name, password string) {
	p.t.Helper()
	p.do("sign in as "+name,
		chromedp.WaitVisible(css(`[name="username"]`)),
		chromedp.SetValue(css(`[name="username"]`), name),
		chromedp.SendKeys(css(`[name="password"]`), password),
		chromedp.Click(css("main button")))
}

// The docs page signs people in by code and PKCE, in a window that opens and
// closes by itself.
func TestDocsByCode(t *testing.T) {
	p := open(t)
	server := build(t)
	base, _ := server.serve()
	server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	p.do("open the docs", chromedp.Navigate(base+"/docs"), chromedp.WaitVisible(css(".opblock")))
	p.authorizeByCode("alice", secret)
	p.want("/users/me", "200", `"alice"`)
	p.want("/users", "403", "Not enough permissions") // the scope was not ticked
}

// byCode is the part of the dialog for the flow of codes.
const byCode = `//div[contains(@class,"auth-container")][.//*[contains(text(),"authorizationCode")]]`

func (p *page) authorizeByCode(name, password string) {
	p.t.Helper()
	p.do("open the dialog", chromedp.Click(css(".auth-wrapper .authorize")), chromedp.WaitVisible(byCode))
	p.shot("dialog")
	ctx, stop := context.WithTimeout(p.ctx, 30*time.Second)
	defer stop()
	opened := chromedp.WaitNewTarget(ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/authorize") })
	p.do("press Authorize", chromedp.Click(byCode+`//button[contains(@class,"authorize")]`))
	window := &page{p.t, nil}
	select {
	case id := <-opened:
		var done context.CancelFunc
		window.ctx, done = chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
		defer done()
	case <-ctx.Done():
		p.t.Fatal("no window opens")
	}
	window.signInHere(name, password)
	p.do("be signed in", chromedp.WaitVisible(`//div[contains(@class,"modal-ux")]//button[text()="Logout"]`), chromedp.Click(css(".modal-ux .btn-done")))
}

// thirdParty is an application of somebody else, which a person uses in the same
// browser.
type thirdParty struct {
	t            *testing.T
	base, id     string
	server       *httptest.Server
	access       string // the token that it has
	verifier     string
	went, failed string
}

func newThirdParty(t *testing.T, base, admin string) *thirdParty {
	t.Helper()
	a := &thirdParty{t: t, base: base, verifier: strings.Repeat("v", 64)}
	mux := http.NewServeMux()
	mux.HandleFunc("/start", a.start)
	mux.HandleFunc("/cb", a.back)
	mux.HandleFunc("/home", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<p id="home">`+a.went+a.failed+`</p>`)
	})
	a.server = httptest.NewServer(mux)
	t.Cleanup(a.server.Close)
	body, _ := json.Marshal(map[string]any{
		"client_id": "photos", "client_name": "Photo Prints", "redirect_uris": []string{a.server.URL + "/cb"}, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "scope": "me users:read",
	})
	if status, text := call(t, "POST", base+"/clients", admin, "application/json", string(body)); status != http.StatusCreated {
		t.Fatalf("POST /clients = %d %s", status, text)
	}
	a.id = "photos"
	return a
}

func (a *thirdParty) start(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(a.verifier))
	q := url.Values{
		"client_id": {a.id}, "redirect_uri": {a.server.URL + "/cb"}, "response_type": {"code"}, "scope": {"me users:read"}, "state": {"s"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	http.Redirect(w, r, a.base+"/authorize?"+q.Encode(), http.StatusSeeOther)
}

// back is where the person comes back, and is sent on to another host of the same
// application.
func (a *thirdParty) back(w http.ResponseWriter, r *http.Request) {
	a.went, a.failed = "", r.URL.Query().Get("error")
	if code := r.URL.Query().Get("code"); code != "" {
		q := url.Values{"grant_type": {"authorization_code"}, "client_id": {a.id}, "code": {code}, "redirect_uri": {a.server.URL + "/cb"}, "code_verifier": {a.verifier}}
		status, text := call(a.t, "POST", a.base+"/token", "", "application/x-www-form-urlencoded", q.Encode())
		var out struct {
			Access string `json:"access_token"`
			Scope  string `json:"scope"`
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusOK {
			a.t.Errorf("POST /token = %d %s", status, text)
		}
		a.access, a.went = out.Access, "granted "+out.Scope
	}
	http.Redirect(w, r, strings.Replace(a.server.URL, "127.0.0.1", "localhost", 1)+"/home", http.StatusSeeOther)
}

// call sends a request as a program does.
func call(t *testing.T, method, url, token, kind, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// tokenOf is an access token by the password grant.
func tokenOf(t *testing.T, base, name, scope string) string {
	t.Helper()
	_, text := call(t, "POST", base+"/token", "", "application/x-www-form-urlencoded", url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode())
	var out struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil || out.Access == "" {
		t.Fatalf("POST /token = %s", text)
	}
	return out.Access
}

// A person denies and allows somebody else's application, sees what it may do, and
// takes it back.
func TestSomebodyElsesApplication(t *testing.T) {
	p := open(t)
	server := build(t)
	base, _ := server.serve()
	server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	app := newThirdParty(t, base, tokenOf(t, base, "alice", "clients:write"))
	home := css("#home")

	p.do("begin at the application", chromedp.Navigate(app.server.URL+"/start"), chromedp.WaitVisible(css(`[name="username"]`)))
	p.shows("the form", "Photo Prints")
	p.looks("signin")
	p.signInHere("alice", "a wrong horse battery")
	p.do("see that it is wrong", chromedp.WaitVisible(css(`[role="alert"]`)))
	p.looks("signin wrong")
	p.signInHere("alice", secret)
	p.do("see what is asked", chromedp.WaitVisible(css(`[value="allow"]`)))
	p.shows("the question", "Read users and roles")
	p.looks("consent")

	p.do("deny", chromedp.Click(css(`[value="deny"]`)), chromedp.WaitVisible(home))
	p.shows("the application", "access_denied")
	p.do("begin again", chromedp.Navigate(app.server.URL+"/start"), chromedp.WaitVisible(css(`[value="allow"]`)))
	p.do("allow", chromedp.Click(css(`[value="allow"]`)), chromedp.WaitVisible(home))
	p.shows("the application", "granted me users:read")
	if status, text := call(t, "GET", base+"/users/me", app.access, "", ""); status != http.StatusOK || !strings.Contains(text, `"alice"`) {
		t.Errorf("GET /users/me by the application = %d %s", status, text)
	}

	p.do("look at the account", chromedp.Navigate(base+"/account"), chromedp.WaitVisible(css(`[value="withdraw"]`)))
	p.shows("the account", "Photo Prints")
	p.looks("account")
	p.do("withdraw", chromedp.Click(css(`[value="withdraw"]`)), chromedp.WaitVisible(css(`[role="status"]`)))
	p.looks("account withdrawn")
	if status, _ := call(t, "GET", base+"/users/me", app.access, "", ""); status != http.StatusUnauthorized {
		t.Errorf("GET /users/me by the application after the withdrawal = %d", status)
	}
	p.do("ask for a wrong address", chromedp.Navigate(base+"/authorize?client_id=photos&redirect_uri=https://evil.example"), chromedp.WaitVisible(css(`[role="alert"]`)))
	p.looks("error")
	p.do("sign out", chromedp.Navigate(base+"/account"), chromedp.Click(css(`.site button`)), chromedp.WaitVisible(css(`[name="username"]`)))
}
