package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

type (
	css  = chromedp.CSS
	step = chromedp.Action[chromedp.Void]
)

// page is a browser's page in a test. Its methods end the test on errors.
type page struct {
	t   *testing.T
	ctx context.Context
}

// chromium finds the browser. In CI there must be one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("HOLDFAST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const how = "no Chromium: run script/bootstrap, or set HOLDFAST_CHROMIUM to its path"
	if os.Getenv("CI") != "" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

func open(t *testing.T) *page {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.WindowSize(1200, 1600))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to run for root otherwise
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	p := &page{t, ctx}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page throws: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" {
				t.Errorf("the page complains: %v", e.Args)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *page) do(what string, steps ...step) {
	p.t.Helper()
	run(p, what, chromedp.Steps(steps...))
}

func run[T any](p *page, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 30*time.Second)
	defer stop()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.shot("failed")
		p.t.Fatalf("%s: %v", what, err)
	}
	return value
}

// shot keeps a picture of the page if HOLDFAST_SHOTS names a folder.
func (p *page) shot(name string) {
	dir := os.Getenv("HOLDFAST_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".png"), picture, 0o600); err != nil {
		p.t.Log(err)
	}
}

// authorize signs in by the docs page's dialog, with these scopes ticked.
func (p *page) authorize(name, password string, scopes ...string) {
	p.t.Helper()
	p.do("open the dialog", chromedp.Click(css(".auth-wrapper .authorize")), chromedp.WaitVisible(css("#oauth_username")))
	p.do("fill in the dialog",
		chromedp.SendKeys(css("#oauth_username"), name),
		chromedp.SendKeys(css("#oauth_password"), password))
	for _, scope := range scopes {
		run(p, "tick "+scope, chromedp.Evaluate[any](fmt.Sprintf(`(box => box.checked || box.click())(document.querySelector('input[type=checkbox][id^="%s-password-"]'))`, scope)))
	}
	p.shot("dialog of " + name)
	p.do("sign in as "+name,
		chromedp.Click(byPassword+`//button[contains(@class,"authorize")]`),
		chromedp.WaitVisible(`//div[contains(@class,"modal-ux")]//button[text()="Logout"]`),
		chromedp.Click(css(".modal-ux .btn-done")))
}

// byPassword is the part of the dialog for the flow of passwords.
const byPassword = `//div[contains(@class,"auth-container")][.//code[text()="password"]]` //nolint:gosec // no password

// signOut forgets the token, by the dialog.
func (p *page) signOut() {
	p.t.Helper()
	p.do("sign out",
		chromedp.Click(css(".auth-wrapper .authorize")),
		chromedp.Click(`//div[contains(@class,"modal-ux")]//button[text()="Logout"]`),
		chromedp.WaitVisible(css("#oauth_username")),
		chromedp.Click(css(".modal-ux .btn-done")))
}

// call presses Try it out and Execute of a GET, and returns the status and the
// body that the page shows.
func (p *page) call(path string) (status, body string) {
	p.t.Helper()
	block := fmt.Sprintf(`//div[contains(@class,"opblock-get")][.//span[@data-path="%s"]]`, path)
	in := func(rest string) string { return block + rest }
	p.do("open "+path, chromedp.Click(in(`//button[contains(@class,"opblock-summary-control")]`)))
	p.do("try "+path,
		chromedp.Click(in(`//button[contains(@class,"try-out__btn")]`)))
	answer := in(`//table[contains(@class,"live-responses-table")]`)
	run(p, "forget the answer before", chromedp.Evaluate[any](`document.querySelectorAll(".btn-clear").forEach(button => button.click()); null`))
	p.do("execute "+path, chromedp.WaitNotPresent(answer), chromedp.Click(in(`//button[contains(@class,"execute")]`)))
	status = run(p, "status of "+path, chromedp.Text(answer+`/tbody//td[contains(@class,"response-col_status")]`))
	body = run(p, "body of "+path, chromedp.Text(answer+`/tbody//pre`))
	p.shot("GET " + strings.ReplaceAll(path, "/", "_") + " " + strings.Fields(status)[0])
	p.do("close "+path,
		chromedp.Click(in(`//button[contains(@class,"try-out__btn")]`)),
		chromedp.Click(in(`//button[contains(@class,"opblock-summary-control")]`)))
	return strings.Fields(status)[0], body
}

func (p *page) want(path, status, says string) {
	p.t.Helper()
	if got, body := p.call(path); got != status || !strings.Contains(body, says) {
		p.t.Errorf("GET %s in the docs page = %s %s, want %s with %s", path, got, body, status, says)
	}
}

// locks wants what the docs page says of an operation to who has authorized.
func (p *page) locks(method, path, want string) {
	p.t.Helper()
	note := fmt.Sprintf(`//div[contains(@class,"opblock-%s")][.//span[@data-path="%s"]]//p[contains(@class,"rights")]`, strings.ToLower(method), path)
	if got := run(p, "read the padlock of "+path, chromedp.Text(note)); !strings.Contains(got, want) {
		p.t.Errorf("the padlock of %s %s says %q, want %q", method, path, got, want)
	}
}

// A person sets up the server in a browser, signs in on the docs page, and
// sees who may do what.
func TestAPersonInABrowser(t *testing.T) {
	p := open(t)
	server := build(t)
	_, setup := server.serve()

	p.do("open the setup link", chromedp.Navigate(setup), chromedp.WaitVisible(css("form")))
	p.shot("setup")
	p.do("choose the administrator",
		chromedp.SendKeys(css(`[name="name"]`), "alice"),
		chromedp.SendKeys(css(`[name="password"]`), secret),
		chromedp.Click(css("button")),
		chromedp.WaitVisible(css("#done")))
	p.shot("setup done")
	p.do("go on to the docs", chromedp.Click(css("#done a")), chromedp.WaitVisible(css(".opblock")))
	p.shot("docs")

	p.want("/users/me", "401", "Not authenticated")
	if strings.Contains(p.text(), "open to you") {
		t.Error("the page says what is open to nobody")
	}
	p.authorize("alice", secret, "me")
	p.locks("GET", "/users/me", "open to you")
	p.locks("GET", "/users", "not for you: it needs scope users:read")
	p.locks("DELETE", "/users/{id}", "not for you: it needs scope users:write")
	p.shot("docs of alice")
	p.want("/users/me", "200", `"alice"`)
	p.want("/users", "403", "Not enough permissions") // the scope was not ticked
	p.signOut()
	p.do("see no padlocks", chromedp.WaitNotPresent(css(".rights")))

	server.run("", "role", "set", "auditor", "me", "users:read")
	server.run(secret+"\n", "user", "add", "bob", "--role", "auditor", "--password-stdin", "--own-password")
	p.authorize("bob", secret, "me", "users:read")
	p.locks("GET", "/users", "not for you: it needs role admin or manager")
	p.want("/users/me", "200", `"bob"`)
	p.want("/users", "403", "Operation not permitted") // the scope is granted, the role is missing
	p.signOut()
	p.want("/users", "401", "Not authenticated")
}

// Behind a proxy that serves the API under a path, the docs page finds its
// files, the document, the token and the routes.
func TestDocsBehindAPathPrefix(t *testing.T) {
	p := open(t)
	server := build(t)
	base, _ := server.serve()
	server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", httputil.NewSingleHostReverseProxy(target)))
	proxy := httptest.NewServer(mux)
	t.Cleanup(proxy.Close)

	p.do("open the docs", chromedp.Navigate(proxy.URL+"/api/docs"), chromedp.WaitVisible(css(".opblock")))
	p.authorize("alice", secret, "me")
	p.want("/users/me", "200", `"alice"`)
}
