package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// freeAddress is one without a listener just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// text is what the page shows.
func (p *page) text() string {
	p.t.Helper()
	return run(p, "read the page", chromedp.Evaluate[string]("document.body.innerText"))
}

func (p *page) shows(what, want string) {
	p.t.Helper()
	if got := p.text(); !strings.Contains(got, want) {
		p.t.Errorf("%s: the page shows %q, want %q", what, got, want)
	}
}

// A person signs in on a page of a program that has no API, over http on the
// machine itself, where the cookie is kept all the same, and pages of others can
// do nothing in their name.
func TestASessionInABrowser(t *testing.T) {
	p := open(t)
	address := freeAddress(t)
	base := "http://" + address
	setup := buildFrom(t, "./examples/guestbook").start("-addr", address).find(t, `(http\S+/setup\?secret=\S+)`)
	form := css("form")
	signIn := func(name string) {
		t.Helper()
		p.do("sign in",
			chromedp.WaitVisible(css(`[name="username"]`)),
			chromedp.SendKeys(css(`[name="username"]`), name),
			chromedp.SendKeys(css(`[name="password"]`), secret),
			chromedp.Click(css("button")),
			chromedp.WaitVisible(css("#add")))
	}

	p.do("choose the administrator",
		chromedp.Navigate(setup), chromedp.WaitVisible(form),
		chromedp.SendKeys(css(`[name="name"]`), "alice"),
		chromedp.SendKeys(css(`[name="password"]`), secret),
		chromedp.Click(css("button")),
		chromedp.WaitVisible(css("#done a")),
		chromedp.Click(css("#done a")))
	signIn("alice")
	p.do("write", chromedp.SendKeys(css(`[name="text"]`), "hello"), chromedp.Click(css("#add")), chromedp.WaitVisible(css("li")))
	p.shows("the book", "alice: hello")
	if got := run(p, "ask for cookies", chromedp.Evaluate[string]("document.cookie")); got != "" {
		t.Errorf("scripts see the cookie %q", got)
	}

	// Another port of the host is another origin of the same site, to which the
	// browser sends the cookie; another name is another site.
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="text" value="spam"><input name="username" value="alice"><input name="password" value="%s"><button id="go">Win</button></form>`,
			base, r.URL.Path, secret)
	}))
	t.Cleanup(evil.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(evil.URL, "http://"))
	for _, from := range []string{evil.URL, "http://localhost:" + port} {
		for path, want := range map[string]string{"/notes": "site", "/signin": "A page of another site has sent this request.", "/signout": "A page of another site has sent this request"} {
			if from != evil.URL && path == "/notes" {
				want = "Not authenticated" // the cookie is not sent
			}
			p.do("the form of "+from+path,
				chromedp.Navigate(from+path), chromedp.WaitVisible(css("#go")), chromedp.Click(css("#go")),
				chromedp.WaitNotPresent(css("#go")))
			p.shows(from+path, want)
		}
	}
	p.do("come back", chromedp.Navigate(base+"/"), chromedp.WaitVisible(css("#out")))
	if got := p.text(); strings.Contains(got, "spam") {
		t.Errorf("another site has written: %q", got)
	}
	p.do("sign out", chromedp.Click(css("#out")), chromedp.WaitVisible(css(`[name="username"]`)))
	p.do("come without a session", chromedp.Navigate(base+"/"), chromedp.WaitVisible(css(`[name="username"]`)))
	signIn("alice") // and is at the book again
}
