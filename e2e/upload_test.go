package e2e

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// waitFor waits until something listens on an address.
func waitFor(t *testing.T, address string) {
	t.Helper()
	late, again := time.After(30*time.Second), time.NewTicker(10*time.Millisecond)
	defer again.Stop()
	for {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatal(err)
		}
	}
}

// A person sends files: from the docs page, which shows a picker for each, and
// from a page in which some inputs stay empty.
func TestFilesInABrowser(t *testing.T) {
	p := open(t)
	address := freeAddress(t)
	base := "http://" + address
	buildFrom(t, "./examples/album").start("-addr", address)
	waitFor(t, address)

	dir := t.TempDir()
	write := func(name string, content []byte) (path, sum string) {
		t.Helper()
		path = filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path, fmt.Sprintf("%x", sha256.Sum256(content))
	}
	noise := make([]byte, 1<<20+1<<19) // of which a part is on the server's disk
	_, _ = rand.Read(noise)
	picture, sum := write("sea.png", append([]byte("\x89PNG\r\n\x1a\n"), noise...))
	second, secondSum := write("sun.png", append([]byte("\x89PNG\r\n\x1a\n"), noise[:1000]...))
	text, _ := write("text.png", []byte("no picture"))

	const block = `//div[contains(@class,"opblock-post")]`
	field := func(name string) string { return block + fmt.Sprintf(`//tr[@data-property-name="%s"]`, name) }
	p.do("open the docs", chromedp.Navigate(base+"/docs"), chromedp.WaitVisible(css(".opblock")))
	p.do("try it",
		chromedp.Click(block+`//button[contains(@class,"opblock-summary-control")]`),
		chromedp.Click(block+`//button[contains(@class,"try-out__btn")]`),
		chromedp.WaitVisible(field("cover")+`//input[@type="file"]`),
		chromedp.WaitVisible(field("notes")+`//input[@type="file"]`))
	p.shot("docs with files")
	p.do("choose a file and send it", // the title is the example's, and notes are sent empty
		chromedp.SetUploadFiles(field("cover")+`//input[@type="file"]`, []string{picture}),
		chromedp.Click(block+`//button[contains(@class,"execute")]`))
	answer := block + `//table[contains(@class,"live-responses-table")]`
	status := run(p, "status", chromedp.Text(answer+`/tbody//td[contains(@class,"response-col_status")]`))
	body := run(p, "body", chromedp.Text(answer+`/tbody//pre`))
	p.shot("docs with files answered")
	for _, want := range []string{`"string"`, `"sea.png"`, sum, `"image/png"`, `"notes": false`} {
		if !strings.HasPrefix(status, "200") || !strings.Contains(body, want) {
			t.Errorf("POST /photos in the docs page = %s %s, want 200 with %s", status, body, want)
		}
	}

	send := func(cover string, more ...string) {
		t.Helper()
		p.do("open the page", chromedp.Navigate(base+"/"), chromedp.WaitVisible(css("form")))
		p.do("fill in", chromedp.SendKeys(css(`[name="title"]`), "Sun"))
		if cover != "" {
			p.do("choose", chromedp.SetUploadFiles(css(`[name="cover"]`), []string{cover}))
		}
		if more != nil {
			p.do("choose more", chromedp.SetUploadFiles(css(`[name="more"]`), more))
		}
		p.do("send", chromedp.Click(css("button")), chromedp.WaitNotPresent(css("form")))
	}
	send(picture) // and neither notes nor more
	p.shows("a cover alone", sum)
	p.shows("notes that were left empty", `"notes":false`)
	send(picture, second, picture)
	p.shows("more of them", secondSum)
	send("")
	p.shows("no cover", "Field required")
	send(text)
	p.shows("text for a cover", "File should be of type 'image/png', 'image/jpeg'")
}
