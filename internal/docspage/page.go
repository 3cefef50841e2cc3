// Package docspage holds Swagger UI and ReDoc and the pages that show them, so
// that the docs page works without any other host.
//
// The assets are swagger-ui-dist 5.35.0 (Apache License 2.0, see
// assets/swagger-ui/LICENSE and NOTICE) and redoc 2.5.4 (MIT, see
// assets/redoc/LICENSE, with what its bundle holds of others in
// redoc.standalone.js.LICENSE.txt) as they are published: the bundles and the
// style sheet, compressed, and the script of the OAuth2 redirect page.
// `script/swagger-ui` and `script/redoc` fetch them again.
package docspage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Config describes a page. Paths are as seen from the application's root.
type Config struct {
	Title        string
	PagePath     string
	DocumentPath string
	RedirectPath string // of Swagger UI, where authorization servers send the browser back; below the page if empty
	ReDoc        bool   // in place of Swagger UI
	Granted      string // what says which scopes a person who has signed in can have; "" for nothing
	Mine         string // what says which operations are open to the caller; "" for nothing

	// Parameters are the viewer's own, by its names.
	Parameters map[string]any

	// What the Authorize dialog begins with.
	ClientID, AppName, Scopes string
	Query                     map[string]string
}

// viewer is what shows documents.
type viewer struct {
	name       string
	body       string         // of the page, before the script
	files      []string       // that the page is made of
	script     string         // with the addresses of document and redirect page, parameters, and the dialog's settings
	parameters map[string]any // as they are if nothing is said
	allowed    []string       // other parameters that may be said
}

// initOAuth are the settings of the dialog, by Swagger UI's names.
type initOAuth struct {
	ClientID string            `json:"clientId,omitempty"`
	AppName  string            `json:"appName,omitempty"`
	Scopes   string            `json:"scopes,omitempty"` // separated by spaces
	Query    map[string]string `json:"additionalQueryStringParams,omitempty"`
	PKCE     bool              `json:"usePkceWithAuthorizationCodeGrant"`
}

// Page is the docs page of one application.
type Page struct {
	html     []byte
	hash     string // of its script
	origins  string // that the script may call, beside its own
	files    []string
	redirect []byte // the OAuth2 redirect page; nil if there is none
}

// Connect lets the page's script call these origins beside its own: those of
// authorization servers, and of the API where it is elsewhere. It must be called
// before the page is served.
func (p *Page) Connect(origins []string) {
	if p.redirect == nil {
		return // ReDoc calls no other servers
	}
	for _, origin := range origins {
		p.origins += " " + origin
	}
}

var page = template.Must(template.New("docs").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
{{range .Styles}}<link rel="stylesheet" href="{{.}}">
{{end}}<title>{{.Title}} - {{.Viewer}}</title>
</head>
<body>
{{.Body}}
{{range .Scripts}}<script src="{{.}}"></script>
{{end}}<script>{{.Script}}</script>
</body>
</html>
`))

// New makes the page.
func New(c Config) (*Page, error) {
	v := swaggerUI
	if c.ReDoc {
		v = reDoc
	}
	code, err := c.script(v)
	if err != nil {
		return nil, err
	}
	base := path.Base(c.PagePath) + "/"
	data := map[string]any{"Title": c.Title, "Viewer": v.name, "Body": template.HTML(v.body), "Script": template.JS(code)} //nolint:gosec // they are ours; what comes from the configuration is quoted
	var styles, scripts []string
	for _, file := range v.files {
		if path.Ext(file) == ".css" {
			styles = append(styles, base+file)
		} else {
			scripts = append(scripts, base+file)
		}
	}
	data["Styles"], data["Scripts"] = styles, scripts
	var html strings.Builder
	if err := page.Execute(&html, data); err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	sum := sha256.Sum256([]byte(code))
	out := &Page{html: []byte(html.String()), hash: base64.StdEncoding.EncodeToString(sum[:]), files: v.files}
	if !c.ReDoc {
		out.redirect = []byte(fmt.Sprintf(redirectPage, c.redirectScript()))
		out.files = append(slices.Clone(v.files), "oauth2-redirect.js")
	}
	return out, nil
}

// policy is the page's Content-Security-Policy: what the binary serves, its one
// inline script by hash, and nothing else.
func (p *Page) policy() string {
	return "default-src 'none'; script-src 'self' 'sha256-" + p.hash + "'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'" + p.origins + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// up leads from a page to the application's root.
func up(page string) string { return strings.Repeat("../", strings.Count(page, "/")-1) }

// script is the page's own script. Everything in it from the configuration is
// JSON, in which <, > and & are escaped. Addresses are relative to the page's
// own, so that it works behind any path prefix.
func (c Config) script(v viewer) (string, error) {
	parameters, err := v.with(c.Parameters)
	if err != nil {
		return "", err
	}
	redirect := path.Base(c.PagePath) + "/oauth2-redirect"
	if c.RedirectPath != "" {
		redirect = up(c.PagePath) + strings.TrimPrefix(c.RedirectPath, "/")
	}
	var places []string
	mine := ""
	if c.Mine != "" {
		mine = up(c.PagePath) + strings.TrimPrefix(c.Mine, "/") + "?all=true"
	}
	able := ""
	if c.Granted != "" {
		able = up(c.PagePath) + strings.TrimPrefix(c.Granted, "/")
	}
	for place, part := range map[string]any{
		"MINE": mine, "GRANTED": able, "SPEC": up(c.PagePath) + strings.TrimPrefix(c.DocumentPath, "/"), "REDIRECT": redirect, "PARAMETERS": parameters,
		"OAUTH": initOAuth{c.ClientID, c.AppName, c.Scopes, c.Query, true},
	} {
		data, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("docs page: %w", err)
		}
		places = append(places, "$"+place+"$", string(data))
	}
	return strings.NewReplacer(places...).Replace(v.script), nil // in one go: what was put in is not looked at again
}

// with are the viewer's parameters with those that were said.
func (v viewer) with(said map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, value := range v.parameters {
		out[name] = value
	}
	for name, value := range said {
		if _, known := v.parameters[name]; !known && !slices.Contains(v.allowed, name) {
			return nil, fmt.Errorf("parameter %q is none of those of %s that can be said here: %s", name, v.name, strings.Join(v.names(), ", "))
		}
		out[name] = value
	}
	return out, nil
}

func (v viewer) names() []string {
	out := slices.Clone(v.allowed)
	for name := range v.parameters {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// redirectScript is the script of the redirect page, as seen from there.
func (c Config) redirectScript() string {
	if c.RedirectPath == "" {
		return "oauth2-redirect.js"
	}
	return template.HTMLEscapeString(up(c.RedirectPath) + strings.TrimPrefix(c.PagePath, "/") + "/oauth2-redirect.js")
}

const redirectPage = `<!DOCTYPE html><html lang="en"><title>Signing in</title><body><script src="%s"></script></body></html>`

// ServePage writes the docs page.
func (p *Page) ServePage(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy())
	h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups") // it opens the page to sign in, and waits for it
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	serve(w, "text/html; charset=utf-8", p.html)
}

// ServeRedirect writes the OAuth2 redirect page. It reports whether there is
// one.
func (p *Page) ServeRedirect(w http.ResponseWriter, _ *http.Request) bool {
	if p.redirect == nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store") // its address has a code
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	serve(w, "text/html; charset=utf-8", p.redirect)
	return true
}

// ServeAsset writes the asset called name, or the OAuth2 redirect page. It
// reports whether there is such a one.
func (p *Page) ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	if name == "oauth2-redirect" {
		return p.ServeRedirect(w, r)
	}
	if !slices.Contains(p.files, name) {
		return false
	}
	file, err := files[name]()
	if err != nil {
		return false
	}
	file.serve(w, r)
	return true
}
