package holdfast

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/internal/swaggerui"
)

// Docs says where an application's docs page and its OpenAPI document stand,
// and who may read them. The zero Docs shows both to everybody. The page's
// addresses are relative, so that it works behind any path prefix.
type Docs struct {
	// Path is where the page stands: "/docs" if empty. What the page is made
	// of stands below it, and so does the page to which an authorization
	// server sends the browser back: "/docs/oauth2-redirect".
	Path string

	// DocumentPath is where the document stands: "/openapi.json" if empty.
	DocumentPath string

	// Policy says who may read page and document: [Public] if nil. For a page
	// that a person opens it must be one that a browser can satisfy by itself,
	// such as of [HTTPBasic] or [APIKeyCookie].
	Policy AnyPolicy

	// NoPage leaves out the page, NoDocument the page and the document.
	NoPage     bool
	NoDocument bool

	// OAuth fills in the page's Authorize dialog.
	OAuth DocsOAuth
}

// DocsOAuth is what the docs page knows about its own OAuth2 client. The
// authorization code flow always uses PKCE (RFC 7636).
type DocsOAuth struct {
	ClientID string
	AppName  string
	Scopes   []Scope           // ticked when the dialog opens
	Query    map[string]string // added to the authorization and token requests
}

func (d *Docs) complete() {
	if d.Path == "" {
		d.Path = "/docs"
	}
	if d.DocumentPath == "" {
		d.DocumentPath = "/openapi.json"
	}
	if d.Policy == nil {
		d.Policy = Public()
	}
}

func (d *Docs) check() error {
	for _, path := range []string{d.Path, d.DocumentPath} {
		if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || strings.ContainsAny(path, "{}?#") {
			return errors.New("docs: " + path + ` is no path of a page, such as "/docs"`)
		}
	}
	return nil
}

// addDocs registers the docs page and the document as routes like any other.
func (a *App) addDocs() {
	d := &a.config.Docs
	d.complete()
	if d.NoDocument {
		return
	}
	if err := d.check(); err != nil {
		a.fault(builtIn, "%w", err)
		return
	}
	a.addDoc(d, d.DocumentPath, http.HandlerFunc(a.serveDocument))
	if d.NoPage {
		return
	}
	page, err := swaggerui.New(swaggerui.Config{
		Title: a.config.Title, PagePath: d.Path, DocumentPath: d.DocumentPath,
		ClientID: d.OAuth.ClientID, AppName: d.OAuth.AppName, Scopes: Scopes(d.OAuth.Scopes).String(), Query: d.OAuth.Query,
	})
	if err != nil {
		a.fault(builtIn, "docs: %w", err)
		return
	}
	a.page = page
	a.addDoc(d, d.Path, http.HandlerFunc(page.ServePage))
	a.addDoc(d, d.Path+"/{asset}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !page.ServeAsset(w, r, r.PathValue("asset")) {
			a.fail(w, r, &Error{Status: http.StatusNotFound})
		}
	}))
}

func (a *App) addDoc(d *Docs, path string, h http.Handler) {
	e := wrap(d.Policy, h, builtIn)
	a.add("GET "+path, e, e.policy, builtIn, []RouteOption{Hidden()})
}

// authorizationServers lists the origins of other servers that the schemes
// name, which the page's dialog calls for tokens and settings.
func (a *App) authorizationServers() []string {
	var out []string
	for _, s := range a.schemes() {
		for _, text := range urlsIn(s.openapi) {
			if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
				out = addOnce(out, u.Scheme+"://"+u.Host)
			}
		}
	}
	slices.Sort(out)
	return out
}

// urlsIn lists the texts of a security scheme object whose names end in Url.
func urlsIn(object map[string]any) []string {
	var out []string
	for name, value := range object {
		switch v := value.(type) {
		case map[string]any:
			out = append(out, urlsIn(v)...)
		case string:
			if strings.HasSuffix(name, "Url") {
				out = append(out, v)
			}
		}
	}
	return out
}

func (a *App) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.document)))
	_, _ = w.Write(a.document) // the caller may be gone
}
