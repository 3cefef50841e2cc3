package account

import (
	"context"
	"strings"
	"unicode"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// WithDevice returns a context that says with what a request was made: its
// User-Agent. Sessions that begin with it are shown with that.
func WithDevice(ctx context.Context, userAgent string) context.Context {
	return withOrigin(ctx, func(o *audit.Origin) { o.Device = userAgent })
}

// maxDevice is how much of a User-Agent is kept, in bytes. Those of browsers have
// less than 200.
const maxDevice = 256

// deviceOf is what may be kept and shown of a request's User-Agent: printable, and
// not long. It is a word of the caller's, which proves nothing.
func deviceOf(ctx context.Context) string {
	text := ""
	if o := audit.From(ctx); o != nil {
		text = o.Device
	}
	text = strings.ToValidUTF8(text[:min(len(text), maxDevice)], "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
}

// The first of these that is in a User-Agent names the browser, or the system:
// browsers say that they are the ones before them, too.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Vivaldi/", "Vivaldi"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"CriOS/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Macintosh", "macOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	}
)

// DeviceName is a User-Agent for people to read, such as "Firefox on Linux", or the
// name of the program that begins it, such as "curl". It is "" for none.
func DeviceName(userAgent string) string {
	browser, system := named(browsers, userAgent), named(systems, userAgent)
	if browser == "" {
		browser, _, _ = strings.Cut(userAgent, "/")
		browser, _, _ = strings.Cut(browser, " ")
	}
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + " on " + system
}

func named(list [][2]string, text string) string {
	for _, one := range list {
		if strings.Contains(text, one[0]) {
			return one[1]
		}
	}
	return ""
}
