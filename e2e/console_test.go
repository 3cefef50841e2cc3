package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looked is a window in which a page is looked at.
type looked struct {
	width  int64
	scheme string
	media  string // "print", or the screen
	more   string // another feature, as in "forced-colors: active"
}

var windows = []looked{{width: 1280, scheme: "light"}, {width: 1280, scheme: "dark"}, {width: 360, scheme: "light"}, {width: 360, scheme: "dark"}}

func (p *page) window(w looked) {
	p.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: w.scheme}}
	if name, value, ok := strings.Cut(w.more, ": "); ok {
		features = append(features, &emulation.MediaFeature{Name: name, Value: value})
	}
	p.do("choose a window", chromedp.EmulateViewport(w.width, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: w.media, Features: features})
		return err
	}))
}

// axe is the text of axe-core; in CI there must be one.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("clients", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		without(t, "no axe-core in e2e/clients: run script/bootstrap")
	}
	return string(text)
}

// accessible runs axe on the page and wants no violation of WCAG 2.2 AA or of what
// axe's authors think best.
func (p *page) accessible(what, code string) {
	p.t.Helper()
	const ask = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " at " + v.nodes.map(n => n.target.join(" ") + " " + (n.any[0] ? n.any[0].message : "")).join("; "))))`
	run(p, "load axe", chromedp.Evaluate[any](code+"; null"))
	text := run(p, "ask axe", chromedp.Evaluate[string](ask, chromedp.EvalAwaitPromise))
	var found []string
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		p.t.Fatalf("%s: axe says %s", what, text)
	}
	for _, one := range found {
		p.t.Errorf("%s: %s", what, one)
	}
}

// stocked is a server with something on every page of the console.
func stocked(t *testing.T) (server *program, base string, ids map[string]string) {
	t.Helper()
	server = build(t)
	base, _ = server.serve()
	for name, role := range map[string]string{"alice": "admin", "mary": "manager", "ulf": "user"} {
		server.run(secret+"\n", "user", "add", name, "--role", role, "--password-stdin", "--own-password")
	}
	server.run("", "role", "set", "auditor", "me", "users:read")
	token := tokenOf(t, base, "alice", "me users:read users:write clients:write keys:write")
	create := func(path, body string) string {
		t.Helper()
		status, text := call(t, http.MethodPost, base+path, token, "application/json", body)
		if status != http.StatusCreated {
			t.Fatalf("POST %s = %d %s", path, status, text)
		}
		if m := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	ids = map[string]string{}
	for n := range 60 {
		ids["person"] = create("/users", fmt.Sprintf(`{"name":"person%02d","email":"person%02d@a-rather-long-domain.example.org","password":"chosen by alice %02d","roles":["user","auditor"]}`, n, n, n))
	}
	create("/clients", `{"client_id":"nightly","client_name":"Nightly job","scope":"users:read"}`)
	create("/clients", `{"client_id":"photos","client_name":"Photo prints of the Straße","redirect_uris":["https://photos.example.org/a/rather/long/path/back"],"token_endpoint_auth_method":"none","grant_types":["authorization_code"],"scope":"me"}`)
	create("/clients/nightly/keys", `{"name":"till 3","scopes":["users:read"]}`)
	create("/users/me/keys", `{"name":"backup","scopes":["me"]}`)
	for range 3 { // wrong passwords in a row, of somebody whose first one was given
		call(t, http.MethodPost, base+"/token", "", "application/x-www-form-urlencoded", "grant_type=password&username=person59&password=wrong")
	}
	ulf := tokenOf(t, base, "ulf", "me")
	_, text := call(t, http.MethodDelete, base+"/users/"+ids["person"], ulf, "", "")
	ids["refusal"] = regexp.MustCompile(`"request":"([^"]+)"`).FindStringSubmatch(text)[1]
	_, text = call(t, http.MethodGet, base+"/users/me", token, "", "")
	ids["alice"] = regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(text)[1]
	return server, base, ids
}

// consolePages are the pages of the console, by the names of their pictures.
func consolePages(ids map[string]string) map[string]string {
	return map[string]string{
		"overview": "/overview", "users": "/users", "users found": "/users?q=person0&role=auditor", "users none": "/users?q=nobody", "user": "/users/" + ids["person"],
		"sessions": "/users/" + ids["alice"] + "/sessions", "new user": "/new/user",
		"roles": "/roles", "role": "/roles/auditor", "new role": "/new/role", "preview": "/preview/role?name=manager&description=Reads&scopes=me",
		"routes": "/routes", "routes as ulf": "/routes?as=ulf&find=users", "rule": "/rule?route=" + url.QueryEscape("GET /users"), "matrix": "/matrix",
		"refusals": "/refusals", "refusal": "/refusals/" + ids["refusal"], "clients": "/clients", "client": "/clients/nightly", "client change": "/clients/photos/change", "client public": "/clients/photos", "new client": "/new/client",
		"keys": "/keys", "settings": "/settings", "backup": "/backup", "not found": "/users/X",
		"audit": "/audit", "audit of alice": "/audit?person=alice&event=user.", "audit none": "/audit?event=nothing",
		"all sessions": "/sessions", "sessions of ulf": "/sessions?user=ulf", "history": "/history/" + ids["person"], "import": "/import/users",
	}
}

// Every page of the console as administrator, manager and user, at a desk and on a
// phone, light and dark: it shows no more than it should, nothing stands beside the
// window, and axe finds nothing.
func TestTheConsole(t *testing.T) {
	p := open(t)
	_, base, ids := stocked(t)
	code := axe(t)
	for _, who := range []string{"alice", "mary", "ulf"} {
		p.window(windows[0])
		p.do("sign in at the root", chromedp.Navigate(base+"/"))
		p.signInHere(who, secret)
		p.do("be at the first page", chromedp.WaitVisible(css(`header button`)))
		for name, path := range consolePages(ids) {
			p.do("open "+name, chromedp.Navigate(base+"/console"+path), chromedp.WaitVisible(css("h1")))
			refused := strings.Contains(p.text(), "Not for you")
			if who == "alice" && refused {
				t.Errorf("alice may not see %s", name)
			}
			if who == "ulf" && !refused {
				t.Errorf("ulf sees %s", name)
			}
			if refused && name != "keys" {
				continue // they are all alike
			}
			for _, w := range windows {
				p.window(w)
				what := fmt.Sprintf("console %s %s %d %s", who, name, w.width, w.scheme)
				if over := run(p, "measure "+what, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); over > w.width {
					t.Errorf("%s is %d wide", what, over)
				}
				p.accessible(what, code)
				if who == "alice" || w.width == 1280 && w.scheme == "light" {
					p.shot(what)
				}
			}
			p.window(windows[0])
		}
		p.do("sign out", chromedp.Navigate(base+"/account"), chromedp.WaitVisible(css("header button")), chromedp.Click(css("header button")), chromedp.WaitVisible(css("#username")))
	}
}

// The pictures of the README.
func TestTheConsoleInPictures(t *testing.T) {
	p := open(t)
	_, base, ids := stocked(t)
	p.do("open the matrix", chromedp.Navigate(base+"/console/matrix"))
	p.signInHere("alice", secret)
	p.do("see the matrix", chromedp.WaitVisible(css(".matrix")), chromedp.EmulateViewport(1100, 620))
	p.shot("picture matrix")
	p.do("see the refusal", chromedp.Navigate(base+"/console/refusals/"+ids["refusal"]), chromedp.WaitVisible(css(".why")), chromedp.EmulateViewport(900, 1180))
	p.shot("picture refusal")
}

// What script adds: users are found while one types, and a change of a role says
// what it does before it is kept. And forced colours, right to left, and 320 pixels.
func TestTheConsoleWithScript(t *testing.T) {
	p := open(t)
	_, base, _ := stocked(t)
	p.do("open the users", chromedp.Navigate(base+"/console/users"))
	p.signInHere("alice", secret)
	p.do("type", chromedp.WaitVisible(css("#q")), chromedp.SendKeys(css("#q"), "mar"), chromedp.WaitNotPresent(`//bdi[text()="person00"]`), chromedp.WaitVisible(`//bdi[text()="mary"]`))
	if at := run(p, "read the address", chromedp.Evaluate[string]("location.search")); !strings.Contains(at, "q=mar") {
		t.Errorf("the address says %q", at)
	}
	p.do("open a role", chromedp.Navigate(base+"/console/roles/manager"), chromedp.WaitVisible(css(`[value="users:read"]`)),
		chromedp.Click(css(`[value="users:read"]`)), chromedp.WaitVisible(css("#preview #changes")))
	p.shows("the preview", "1 person may then no longer call")
	p.do("keep it", chromedp.Click(`//button[text()="Keep"]`), chromedp.WaitVisible(css(`[role="status"]`)))
	p.shows("the role", "it holds from the next request")

	for _, path := range []string{"/overview", "/matrix", "/users", "/routes?as=mary"} {
		p.window(looked{width: 1280, scheme: "light", more: "forced-colors: active"})
		p.do("open "+path, chromedp.Navigate(base+"/console"+path), chromedp.WaitVisible(css("h1")))
		p.shot("console forced " + strings.Trim(path, "/?=mary"))
		p.window(looked{width: 360, scheme: "light"})
		run(p, "turn around", chromedp.Evaluate[any](`document.documentElement.dir = "rtl"; null`))
		p.shot("console rtl " + strings.Trim(path, "/?=mary"))
		p.window(looked{width: 320, scheme: "light"})
		if over := run(p, "measure", chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); over > 320 {
			t.Errorf("%s is %d wide at 320", path, over)
		}
	}
}

// Without script everything works: forms are sent and pages come.
func TestTheConsoleWithoutScript(t *testing.T) {
	p := open(t)
	_, base, ids := stocked(t)
	p.do("take the script away", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	p.do("open the users", chromedp.Navigate(base+"/console/users/"+ids["person"]))
	p.signInHere("alice", secret)
	p.do("give a role", chromedp.WaitVisible(css(`[value="manager"]`)), chromedp.Click(css(`[value="manager"]`)), chromedp.Click(`//button[text()="Keep these roles"]`), chromedp.WaitVisible(css(`[role="status"]`)),
		chromedp.WaitVisible(css(`[value="manager"]:checked`)))
	p.do("preview a role", chromedp.Navigate(base+"/console/roles/manager"), chromedp.WaitVisible(css(`[value="users:read"]`)),
		chromedp.Click(css(`[value="users:read"]`)), chromedp.Click(`//button[text()="Show what changes"]`), chromedp.WaitVisible(css("#changes .closes")))
	p.do("search", chromedp.Navigate(base+"/console/users"), chromedp.WaitVisible(css("#q")), chromedp.SendKeys(css("#q"), "mary"), chromedp.Click(css(".filters button")),
		chromedp.WaitVisible(`//bdi[text()="mary"]`), chromedp.WaitNotPresent(`//bdi[text()="person00"]`))
}
