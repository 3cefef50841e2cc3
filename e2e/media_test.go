package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The console where people look at it in another way: printed, on a very large screen, in
// colours of their own, light and dark, and without anything that moves.
func TestTheConsoleInOtherMedia(t *testing.T) {
	p := open(t)
	_, base, ids := stocked(t)
	code := axe(t)
	p.window(windows[0])
	p.do("sign in at the root", chromedp.Navigate(base+"/"))
	p.signInHere("alice", secret)
	p.do("be at the first page", chromedp.WaitVisible(css(`header button`)))
	all := consolePages(ids)
	looks := []struct {
		what string
		looked
	}{
		{"printed", looked{width: 1000, scheme: "light", media: "print"}},
		{"printed dark", looked{width: 1000, scheme: "dark", media: "print"}},
		{"wide", looked{width: 3840, scheme: "light"}},
		{"without moves", looked{width: 1280, scheme: "light", more: "prefers-reduced-motion: reduce"}},
		{"forced", looked{width: 1280, scheme: "light", more: "forced-colors: active"}},
		{"forced dark", looked{width: 1280, scheme: "dark", more: "forced-colors: active"}},
	}
	for _, w := range looks {
		p.window(w.looked)
		for _, name := range []string{"overview", "matrix", "users", "user", "routes", "role", "refusal", "audit", "settings", "import"} {
			p.do("open "+name, chromedp.Navigate(base+"/console"+all[name]), chromedp.WaitVisible(css("h1")))
			what := fmt.Sprintf("media %s %s", w.what, name)
			if over := run(p, "measure "+what, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); over > w.width {
				t.Errorf("%s is %d wide", what, over)
			}
			switch {
			case w.media == "print":
				p.printed(what)
			case strings.HasPrefix(w.more, "prefers-reduced-motion"):
				p.still(what)
			default:
				p.accessible(what, code)
			}
			p.shot(what)
		}
	}
}

// printed wants paper to have what there is to read, all of it, dark on white.
func (p *page) printed(what string) {
	p.t.Helper()
	const ask = `[...document.querySelectorAll("nav, .bar, .filters, button, .button, .noprint")].filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 80)).concat(
		[...document.querySelectorAll(".scroll")].filter(e => e.checkVisibility() && getComputedStyle(e).overflowX !== "visible").map(() => "a table that is cut off"),
		[document.body, ...document.querySelectorAll(".card")].map(e => getComputedStyle(e).backgroundColor).filter(c => !["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"].includes(c)),
		matchMedia("print").matches ? [] : ["it is not printed at all"]).join("\n")`
	if found := run(p, "look at what is printed of "+what, chromedp.Evaluate[string](ask)); found != "" {
		p.t.Errorf("%s: on paper there is %s", what, found)
	}
}

// still wants nothing to move.
func (p *page) still(what string) {
	p.t.Helper()
	const ask = `matchMedia("(prefers-reduced-motion: reduce)").matches ? [...document.querySelectorAll("*")].filter(e => {
		const s = getComputedStyle(e);
		return s.transitionDuration !== "0s" || s.animationName !== "none" || s.scrollBehavior === "smooth";
	}).map(e => e.tagName).join(" ") : "nobody has asked it to be still"`
	if found := run(p, "look at what moves of "+what, chromedp.Evaluate[string](ask)); found != "" {
		p.t.Errorf("%s: it moves: %s", what, found)
	}
}

// Who has signed in sees in the docs page's dialog which scopes they can get, and as an
// administrator what the page would say to another person.
func TestTheDocsOfWhoHasSignedIn(t *testing.T) {
	for _, one := range []struct {
		who, cannot string // get
		views       bool
	}{
		{"alice", "audit:read", true},
		{"mary", "users:write", false},
	} {
		t.Run(one.who, func(t *testing.T) {
			p := open(t)
			server := build(t)
			base, _ := server.serve()
			for name, role := range map[string]string{"alice": "admin", "mary": "manager", "ulf": "user"} {
				server.run(secret+"\n", "user", "add", name, "--role", role, "--password-stdin", "--own-password")
			}
			server.run("", "role", "set", "admin", "me", "users:read", "users:write", "roles:write", "clients:write", "keys:write")
			p.do("sign in at the root", chromedp.Navigate(base+"/"))
			p.signInHere(one.who, secret)
			p.do("go to the docs", chromedp.WaitVisible(css(`header button`)), chromedp.Navigate(base+"/docs"), chromedp.WaitVisible(css(".opblock")))
			if p.visible(css(".view-as")) {
				t.Error("the page offers to view as others before Authorize")
			}
			p.do("open the dialog", chromedp.Click(css(".auth-wrapper .authorize")), chromedp.WaitVisible(css(".granted")))
			note := run(p, "read the note", chromedp.Text(css(".granted")))
			if can, not, ok := strings.Cut(note, "What "+one.who+" cannot get: "); !ok || !strings.HasPrefix(can, one.who+" has signed in, and can get ") || !strings.Contains(can, "users:read") || !strings.Contains(not, one.cannot) {
				t.Errorf("the dialog says %q", note)
			}
			p.shot("docs dialog note " + one.who)
			p.do("close the dialog", chromedp.Click(css(".modal-ux .btn-done")))
			p.authorize(one.who, secret, "me", "users:read")
			p.locks("GET", "/users", "open to you")
			if got := p.visible(css(".view-as")); got != one.views {
				t.Fatalf("the page offers to view as others: %v, want %v", got, one.views)
			}
			if one.views {
				p.viewsAs()
			}
			p.shot("docs of " + one.who)
		})
	}
}

func (p *page) visible(what css) bool {
	p.t.Helper()
	return run(p, "look for it", chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() ?? false`, string(what))))
}

// viewsAs looks at the docs page as ulf and as a person who is not there, and as oneself again.
func (p *page) viewsAs() {
	p.t.Helper()
	name, show := css(`.view-as [name="user"]`), css(".view-as button")
	note := func(text string) string {
		return fmt.Sprintf(`//p[contains(@class,"rights")][contains(.,%q)]`, text)
	}
	p.do("view as ulf", chromedp.SendKeys(name, "ulf"), chromedp.Click(show), chromedp.WaitVisible(note("not for ulf")))
	p.locks("GET", "/users", "not for ulf: it needs scope users:read, role admin or manager")
	p.locks("GET", "/users/me", "open to ulf")
	p.shot("docs as ulf")
	p.do("view as somebody who is not there", chromedp.SetValue(name, "nobody"), chromedp.Click(show), chromedp.WaitVisible(`//span[@role="status"][contains(.,"There is no user of that name.")]`))
	run(p, "take the name away", chromedp.Evaluate[any](`document.querySelector(".view-as").reset(); null`))
	p.do("view as oneself", chromedp.Click(show), chromedp.WaitVisible(note("open to you")))
	p.locks("GET", "/users", "open to you")
}
