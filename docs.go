package holdfast

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/docspage"
	"github.com/holdfast-go/holdfast/internal/openapi"
)

// docs is the document and the page that shows it.
type docs struct {
	document []byte
	metadata []byte         // of the application as a resource; nil for none
	page     *docspage.Page // nil if there is none
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
	page, err := docspage.New(docspage.Config{
		Title: title, PagePath: config.Path, DocumentPath: config.DocumentPath, RedirectPath: config.RedirectPath,
		ReDoc: config.Viewer == apidoc.ReDoc, Mine: config.Mine, Granted: config.Granted, Parameters: config.Parameters,
		ClientID: config.OAuth.ClientID, AppName: config.OAuth.AppName, Query: config.OAuth.Query,
		Scopes: Scopes(config.OAuth.Scopes).String(),
	})
	if err != nil {
		return nil, err
	}
	d.page = page
	if config.RedirectPath != "" {
		out = append(out, docsRoute{config.RedirectPath, d.serveRedirect})
	}
	return append(out, docsRoute{config.Path, d.servePage}, docsRoute{config.Path + "/{asset}", d.serveAsset}), nil
}

func (d *docs) serveDocument(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(d.document)))
	_, _ = w.Write(d.document) // the caller may be gone
	return nil
}

// serveMetadata lets pages of every origin read what everybody may read.
func (d *docs) serveMetadata(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(d.metadata)))
	_, _ = w.Write(d.metadata) // the caller may be gone
	return nil
}

func (d *docs) servePage(w http.ResponseWriter, r *http.Request) error {
	d.page.ServePage(w, r)
	return nil
}

func (d *docs) serveRedirect(w http.ResponseWriter, r *http.Request) error {
	d.page.ServeRedirect(w, r)
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
		servers, _ := document.Servers.([]apidoc.Server)
		d.page.Connect(origins(document.Schemes, servers))
	}
	return err
}

// origins lists the origins of other servers that the page may call: those that
// the schemes name, for tokens and settings, and those of the API.
func origins(schemes []openapi.Scheme, servers []apidoc.Server) []string {
	var all, out []string
	for _, s := range schemes {
		all = append(all, urlsIn(s.Object)...)
	}
	for _, s := range servers {
		all = append(all, s.Addresses()...)
	}
	for _, text := range all {
		if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && originHost.MatchString(u.Host) {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// originHost is a host that means itself where a policy names it.
var originHost = regexp.MustCompile(`^[a-zA-Z0-9.:_\[\]-]+$`)

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
