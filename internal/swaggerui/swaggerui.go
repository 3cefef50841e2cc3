// Package swaggerui holds Swagger UI and the page that shows it, so that the
// docs page works without any other host.
//
// The assets are swagger-ui-dist 5.35.0 as it is published (Apache License
// 2.0, see assets/LICENSE and assets/NOTICE): the bundle and the style sheet,
// compressed, and the script of the OAuth2 redirect page. `script/swagger-ui`
// fetches them again.
package swaggerui

import (
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
	"strings"
)

//go:embed assets
var assets embed.FS

// files are the assets by the name under which they are served.
var files = map[string]struct{ file, kind string }{
	"swagger-ui-bundle.js": {"swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"},
	"swagger-ui.css":       {"swagger-ui.css.gz", "text/css; charset=utf-8"},
	"oauth2-redirect.js":   {"oauth2-redirect.js", "text/javascript; charset=utf-8"},
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
	html   []byte
	policy string
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
	policy := "default-src 'none'; script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return &Page{html: []byte(html.String()), policy: policy}, nil
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
	w.Header().Set("Content-Security-Policy", p.policy)
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
	file, ok := files[name]
	if !ok {
		return false
	}
	data, err := assets.ReadFile("assets/" + file.file)
	if err != nil {
		return false
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if !strings.HasSuffix(file.file, ".gz") {
		serve(w, file.kind, data)
		return true
	}
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		serve(w, file.kind, data)
		return true
	}
	return inflate(w, file.kind, data)
}

func inflate(w http.ResponseWriter, kind string, data []byte) bool {
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		return false
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return false
	}
	serve(w, kind, plain)
	return true
}

func serve(w http.ResponseWriter, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(data) // the caller may be gone
}
