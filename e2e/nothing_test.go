package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// From nothing, in one browser: the setup link, the docs page by code and PKCE,
// somebody else's application that is allowed to act and is not asked for a second
// sign-in, and the account page, where that is taken back.
func TestFromNothing(t *testing.T) {
	p := open(t)
	server := build(t)
	base, setup := server.serve()

	p.do("open the setup link", chromedp.Navigate(setup), chromedp.WaitVisible(css("form")))
	p.looks("nothing 1 setup")
	p.do("choose the administrator",
		chromedp.SendKeys(css(`[name="name"]`), "alice"),
		chromedp.SendKeys(css(`[name="password"]`), secret),
		chromedp.Click(css("main button")),
		chromedp.WaitVisible(css("#done a")))
	p.looks("nothing 2 setup done")
	p.do("go on to the docs", chromedp.Navigate(base+"/docs"), chromedp.WaitVisible(css(".opblock")))
	p.authorizeByCode("alice", secret)
	p.want("/users/me", "200", `"alice"`)

	app := newThirdParty(t, base, tokenOf(t, base, "alice", "clients:write"))
	p.do("begin at the application, signed in", chromedp.Navigate(app.server.URL+"/start"), chromedp.WaitVisible(css(`[value="allow"]`)))
	p.looks("nothing 3 consent")
	p.do("allow", chromedp.Click(css(`[value="allow"]`)), chromedp.WaitVisible(css("#home")))
	p.shows("the application", "granted me users:read")
	if status, text := call(t, http.MethodGet, base+"/users/me", app.access, "", ""); status != http.StatusOK || !strings.Contains(text, `"alice"`) {
		t.Errorf("GET /users/me by the application = %d %s", status, text)
	}

	p.do("look at the account", chromedp.Navigate(base+"/account"), chromedp.WaitVisible(css(`[value="withdraw"]`)))
	p.looks("nothing 4 account")
	p.do("withdraw", chromedp.Click(css(`[value="withdraw"]`)), chromedp.WaitVisible(css(`[role="status"]`)))
	if status, _ := call(t, http.MethodGet, base+"/users/me", app.access, "", ""); status != http.StatusUnauthorized {
		t.Errorf("GET /users/me by the application after the withdrawal = %d", status)
	}
	p.do("begin once more: it is asked", chromedp.Navigate(app.server.URL+"/start"), chromedp.WaitVisible(css(`[value="allow"]`)))
}
