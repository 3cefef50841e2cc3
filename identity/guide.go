package identity

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/recorder"
)

// guided sends browsers to the sign-in page where the answer to their request
// is that a session is missing. There is none if the page is nil.
func guided(page *signInPage, app http.Handler) http.Handler {
	if page == nil {
		return app
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !navigates(r) || page.base+r.URL.Path == page.path { // the page itself would be sent to for ever
			app.ServeHTTP(w, r)
			return
		}
		guide := &guide{Recorder: recorder.Recorder{ResponseWriter: w}, to: page.path}
		if here, ok := LocalPath(page.base + r.URL.RequestURI()); ok {
			guide.to += "?next=" + url.QueryEscape(here)
		}
		app.ServeHTTP(guide, r)
	})
}

// navigates reports whether somebody goes to a page: what a script, a frame or
// another program asks for is not to be answered with a page to sign in.
func navigates(r *http.Request) bool {
	accept := r.Header["Accept"]
	if len(accept) == 0 {
		return false
	}
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	if r.Method != http.MethodGet && r.Method != http.MethodHead || mode != "" && mode != "navigate" || dest != "" && dest != "document" {
		return false
	}
	for one := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		if kind, _, _ := strings.Cut(one, ";"); strings.EqualFold(strings.TrimSpace(kind), "text/html") {
			return true
		}
	}
	return false
}

// guide is a response that becomes a redirect if it is a 401 that a session
// would have prevented.
type guide struct {
	recorder.Recorder
	to     string
	guided bool
}

// WriteHeader sends a status.
func (g *guide) WriteHeader(status int) {
	header := g.Header()
	if status == http.StatusUnauthorized && !g.Wrote() && slices.Contains(header["Www-Authenticate"], sessionChallenge) {
		for _, name := range []string{"Www-Authenticate", "Content-Type", "Content-Length"} {
			header.Del(name)
		}
		header.Set("Location", g.to)
		header.Set("Cache-Control", "no-store")
		g.guided, status = true, http.StatusSeeOther
	}
	g.Recorder.WriteHeader(status)
}

// Write sends a part of the body, of which a redirect has none.
func (g *guide) Write(data []byte) (int, error) {
	if g.guided {
		return len(data), nil
	}
	return g.Recorder.Write(data)
}
