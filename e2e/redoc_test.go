package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// ReDoc shows the document with what the program serves alone: its page's policy
// lets nothing else in, and it does not fail for that.
func TestReDocInABrowser(t *testing.T) {
	p := open(t)
	docs := buildFrom(t, "./internal/docspage/testdata/serve").start().find(t, `(http\S+/docs)`)
	p.do("open the docs", chromedp.Navigate(docs), chromedp.WaitVisible(css(`[data-section-id] h2`)))
	text := run(p, "read the page", chromedp.Evaluate[string]("document.body.innerText"))
	for _, want := range []string{"Shop (1.0.0)", "Read Item", "/item"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page shows %q, want %q", text, want)
		}
	}
}
