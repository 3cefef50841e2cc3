package holdfast

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/internal/openapi"
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

// docs is the document and the page that shows it.
type docs struct {
	document []byte
	page     *swaggerui.Page // nil if there is none
}

// docsRoute is a path of them.
type docsRoute struct {
	path  string
	serve func(http.ResponseWriter, *http.Request) error
}

// routes lists the paths of the document and the page.
func (d *docs) routes(title string, config Docs) ([]docsRoute, error) {
	if config.NoDocument {
		return nil, nil
	}
	if err := docsFault(config); err != nil {
		return nil, err
	}
	out := []docsRoute{{config.DocumentPath, d.serveDocument}}
	if config.NoPage {
		return out, nil
	}
	page, err := swaggerui.New(swaggerui.Config{
		Title: title, PagePath: config.Path, DocumentPath: config.DocumentPath,
		ClientID: config.OAuth.ClientID, AppName: config.OAuth.AppName, Query: config.OAuth.Query,
		Scopes: Scopes(config.OAuth.Scopes).String(),
	})
	if err != nil {
		return nil, err
	}
	d.page = page
	return append(out, docsRoute{config.Path, d.servePage}, docsRoute{config.Path + "/{asset}", d.serveAsset}), nil
}

func (d *docs) serveDocument(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(d.document)))
	_, _ = w.Write(d.document) // the caller may be gone
	return nil
}

func (d *docs) servePage(w http.ResponseWriter, r *http.Request) error {
	d.page.ServePage(w, r)
	return nil
}

func (d *docs) serveAsset(w http.ResponseWriter, r *http.Request) error {
	if !d.page.ServeAsset(w, r, r.PathValue("asset")) {
		return &noRoute{}
	}
	return nil
}

// render makes the document, and tells the page which servers it names.
func (d *docs) render(document *openapi.Document) (err error) {
	d.document, err = document.Marshal()
	if d.page != nil {
		d.page.Connect(authorizationServers(document.Schemes))
	}
	return err
}

// authorizationServers lists the origins of other servers that the schemes
// name, which the page's dialog calls for tokens and settings.
func authorizationServers(schemes []openapi.Scheme) []string {
	var out []string
	for _, s := range schemes {
		for _, text := range urlsIn(s.Object) {
			if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
				out = append(out, u.Scheme+"://"+u.Host)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
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
