// Package pages is how the server's own pages look, and what keeps them safe: one
// stylesheet with its tokens, one layout, and the headers of every page. It knows
// nothing of what they say; identity has pages on it, and a console may.
//
// A page needs no script and has nothing inline. Its parts are the classes that
// pages.css names: page, card, field, hint, button, actions, alert, facts, ticks,
// rows, badge, scroll with a table.
package pages

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed pages.css
var css []byte

//go:embed layout.html
var layout string

var skeleton = template.Must(template.New("layout").Parse(layout))

// Template is a page's text.
type Template struct{ parsed *template.Template }

// New makes a template of what stands in the page's main part, which defines
// "content". Inside of it the dot is Page.Content. The templates "problem", "done"
// and "hidden" (a list of [Hidden]) can be called, and "beside" may be defined, for
// the right of the page's head. A mistake in the text panics: it is a constant of
// the program.
func New(content string) *Template {
	return &Template{template.Must(template.Must(skeleton.Clone()).Parse(content))}
}

// Page is what a page shows, and where its forms may lead.
type Page struct {
	Site  string // what the application is called
	Title string // of the page, for the browser's list of them
	Style string // where the stylesheet is, as seen from the page
	Wide  bool   // for lists, where a form has a narrow page

	// Secret says that the page's address is one, so that no other page learns it,
	// one of ours included. Otherwise those of ours do: without that an old browser
	// sends "Origin: null" with a form.
	Secret bool

	// Popup says that another site's page may have opened this one as a window that it
	// waits for, as a client does that asks for a code. Otherwise the two know nothing of
	// each other.
	Popup bool

	// Leads are where a form's redirects may lead beside this origin, as sources of
	// a Content-Security-Policy: browsers hold redirects after a form to it, too.
	Leads []string

	Content any
}

// Hidden is a field of a form that is not shown.
type Hidden struct{ Name, Value string }

// Referrer says which sites a browser tells where it was.
func (p Page) Referrer() string {
	if p.Secret {
		return "no-referrer"
	}
	return "same-origin"
}

func (p Page) policy() string {
	return "default-src 'none'; style-src 'self'; form-action " + strings.Join(append([]string{"'self'"}, p.Leads...), " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// Render answers with a page that no cache keeps, no other site frames or has a hand
// on, and whose address no other site learns. Its error is that of a page that cannot be made;
// nothing is sent then.
func (t *Template) Render(w http.ResponseWriter, status int, p Page) error {
	var body bytes.Buffer
	if err := t.parsed.Execute(&body, p); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", p.Referrer())
	if !p.Popup {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Content-Security-Policy", p.policy())
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the caller may be gone
	return nil
}

var tag = func() string {
	sum := sha256.Sum256(css)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}()

// ServeStyle answers with the stylesheet.
func ServeStyle(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Etag", tag)
	h.Set("Cache-Control", "no-cache") // asked for again with the tag: a new version shows at once
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(css)))
	_, _ = w.Write(css) // the caller may be gone
}
