// Package swaggerui holds Swagger UI and the page that shows it, so that the
// docs page works without any other host.
//
// The assets are swagger-ui-dist 5.35.0 as it is published (Apache License
// 2.0, see assets/LICENSE and assets/NOTICE): the bundle and the style sheet,
// compressed, and the script of the OAuth2 redirect page. `script/swagger-ui`
// fetches them again.
package swaggerui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var assets embed.FS

// asset is a file as it is served: read once, when it is first asked for.
type asset struct {
	kind   string
	packed []byte // with gzip, as it lies here; nil if it does not
	plain  []byte
	tag    string // of the plain bytes
}

// files are the assets by the name under which they are served.
var files = map[string]func() (asset, error){
	"swagger-ui-bundle.js": packed("swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"),
	"swagger-ui.css":       packed("swagger-ui.css.gz", "text/css; charset=utf-8"),
	"oauth2-redirect.js":   plain("oauth2-redirect.js", "text/javascript; charset=utf-8"),
}

func plain(name, kind string) func() (asset, error) {
	return sync.OnceValues(func() (asset, error) {
		data, err := assets.ReadFile("assets/" + name)
		return asset{kind: kind, plain: data, tag: tagOf(data)}, err
	})
}

func packed(name, kind string) func() (asset, error) {
	return sync.OnceValues(func() (asset, error) {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return asset{}, err
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return asset{}, err
		}
		inflated, err := io.ReadAll(z)
		return asset{kind: kind, packed: data, plain: inflated, tag: tagOf(inflated)}, err
	})
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Config describes a page. Paths are as seen from the application's root.
type Config struct {
	Title        string
	PagePath     string
	DocumentPath string

	// What the Authorize dialog begins with.
	ClientID, AppName, Scopes string
	Query                     map[string]string
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
	html    []byte
	hash    string // of its script
	origins string // that the script may call, beside its own
}

// Connect lets the page's script call these origins beside its own: those of
// authorization servers. It must be called before the page is served.
func (p *Page) Connect(origins []string) {
	for _, origin := range origins {
		p.origins += " " + origin
	}
}

// script starts Swagger UI. Addresses are relative to the page's own, so that
// it works behind any path prefix.
const script = `
  const spec = new URL(%s, location.href).href;
  const ui = SwaggerUIBundle({
    url: spec,
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    deepLinking: true,
    showExtensions: true,
    showCommonExtensions: true,
    oauth2RedirectUrl: new URL(%s, location.href).href,
    presets: [SwaggerUIBundle.presets.apis],
  })
  ui.initOAuth(%s)
`

var page = template.Must(template.New("docs").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{.Base}}/swagger-ui.css">
<title>{{.Title}} - Swagger UI</title>
</head>
<body>
<div id="swagger-ui"></div>
<script src="{{.Base}}/swagger-ui-bundle.js"></script>
<script>{{.Script}}</script>
</body>
</html>
`))

// New makes the page.
func New(c Config) (*Page, error) {
	code, err := c.script()
	if err != nil {
		return nil, fmt.Errorf("swaggerui: %w", err)
	}
	var html strings.Builder
	err = page.Execute(&html, map[string]any{"Title": c.Title, "Base": path.Base(c.PagePath), "Script": template.JS(code)}) //nolint:gosec // the script is ours; what comes from the configuration is quoted
	if err != nil {
		return nil, fmt.Errorf("swaggerui: %w", err)
	}
	sum := sha256.Sum256([]byte(code))
	return &Page{html: []byte(html.String()), hash: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// policy is the page's Content-Security-Policy: what the binary serves, its one
// inline script by hash, and nothing else.
func (p *Page) policy() string {
	return "default-src 'none'; script-src 'self' 'sha256-" + p.hash + "'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'" + p.origins + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// script is the page's own script. Everything in it from the configuration is
// JSON, in which <, > and & are escaped.
func (c Config) script() (string, error) {
	up := strings.Repeat("../", strings.Count(c.PagePath, "/")-1)
	var parts []any
	for _, part := range []any{
		up + strings.TrimPrefix(c.DocumentPath, "/"),
		path.Base(c.PagePath) + "/oauth2-redirect",
		initOAuth{c.ClientID, c.AppName, c.Scopes, c.Query, true},
	} {
		data, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts = append(parts, data)
	}
	return fmt.Sprintf(script, parts...), nil
}

// ServePage writes the docs page.
func (p *Page) ServePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", p.policy())
	serve(w, "text/html; charset=utf-8", p.html)
}

// ServeAsset writes the asset called name, or the OAuth2 redirect page. It
// reports whether there is such a one.
func (p *Page) ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	if name == "oauth2-redirect" {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		serve(w, "text/html; charset=utf-8", []byte(`<!DOCTYPE html><html lang="en"><title>Signing in</title><body><script src="oauth2-redirect.js"></script></body></html>`))
		return true
	}
	load, ok := files[name]
	if !ok {
		return false
	}
	file, err := load()
	if err != nil {
		return false
	}
	file.serve(w, r)
	return true
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Vary", "Accept-Encoding")
	data, tag := a.plain, `"`+a.tag+`"`
	if a.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		data, tag = a.packed, `"`+a.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Etag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	serve(w, a.kind, data)
}

func serve(w http.ResponseWriter, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(data) // the caller may be gone
}
