package holdfast_test

import (
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

func TestTheViewersParameters(t *testing.T) {
	t.Parallel()
	page := send(documented(holdfast.Docs{Parameters: map[string]any{
		"docExpansion": "none", "persistAuthorization": true, "deepLinking": false, "filter": "</script>$SPEC$$OAUTH$",
	}}), "/docs", "").Body.String()
	want := `...{"deepLinking":false,"docExpansion":"none","filter":"\u003c/script\u003e$SPEC$$OAUTH$","persistAuthorization":true,"showCommonExtensions":true,"showExtensions":true},`
	if !strings.Contains(page, want) {
		t.Errorf("the page has no %s:\n%s", want, page)
	}
}

// Where the browser is sent back to finds its script from there.
func TestWhereTheBrowserIsSentBackTo(t *testing.T) {
	t.Parallel()
	app := documented(holdfast.Docs{Path: "/api/help", RedirectPath: "/signed/in"})
	if page := send(app, "/api/help", "").Body.String(); !strings.Contains(page, `new URL("../signed/in", location.href)`) {
		t.Errorf("the page does not know the address:\n%s", page)
	}
	w := send(app, "/signed/in", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `<script src="../api/help/oauth2-redirect.js">`) || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self';") {
		t.Errorf("the redirect page = %d %s %v", w.Code, w.Body, w.Header())
	}
	if w := send(app, "/api/help/oauth2-redirect.js", ""); w.Code != 200 {
		t.Errorf("its script = %d", w.Code)
	}
}

// ReDoc works under the same policy as Swagger UI: what the binary serves, and
// nothing from elsewhere.
func TestReDoc(t *testing.T) {
	t.Parallel()
	app := documented(holdfast.Docs{Viewer: apidoc.ReDoc, Path: "/redoc", Parameters: map[string]any{"expandResponses": "200"}})
	w := send(app, "/redoc", "")
	for _, want := range []string{`<script src="redoc/redoc.standalone.js"></script>`, `new URL("openapi.json", location.href)`, `{...{"expandResponses":"200","sanitize":true}, disableSearch: true}`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page has no %s:\n%s", want, w.Body)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none';", "script-src 'self' 'sha256-", "connect-src 'self';", "img-src 'self' data:;"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy = %s, want %s", policy, want)
		}
	}
	for _, banned := range []string{"blob:", "unsafe-eval", "worker-src", "https:"} {
		if strings.Contains(policy, banned) {
			t.Errorf("policy = %s, which allows %s", policy, banned)
		}
	}
	for path, want := range map[string]int{
		"/redoc/redoc.standalone.js": 200, "/redoc/swagger-ui.css": 404, "/redoc/oauth2-redirect": 404, "/redoc/oauth2-redirect.js": 404, "/docs": 404,
	} {
		if w := send(app, path, ""); w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
	}
}

func TestMistakesInTheDocs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		docs holdfast.Docs
		want string
	}{
		"a misspelt parameter":        {holdfast.Docs{Parameters: map[string]any{"docExpansions": 1}}, `parameter "docExpansions" is none of those of Swagger UI`},
		"another document":            {holdfast.Docs{Parameters: map[string]any{"url": "x"}}, `"url"`},
		"a document from the address": {holdfast.Docs{Parameters: map[string]any{"queryConfigEnabled": true}}, `"queryConfigEnabled"`},
		"another host":                {holdfast.Docs{Parameters: map[string]any{"validatorUrl": "https://x"}}, `"validatorUrl"`},
		"a parameter of the other":    {holdfast.Docs{Viewer: apidoc.ReDoc, Parameters: map[string]any{"docExpansion": "none"}}, `none of those of ReDoc`},
		"ReDoc's search":              {holdfast.Docs{Viewer: apidoc.ReDoc, Parameters: map[string]any{"disableSearch": false}}, `"disableSearch"`},
		"what JSON cannot hold":       {holdfast.Docs{Parameters: map[string]any{"filter": func() {}}}, "unsupported type"},
		"a redirect of ReDoc":         {holdfast.Docs{Viewer: apidoc.ReDoc, RedirectPath: "/x"}, "another viewer signs nobody in"},
		"a dialog of ReDoc":           {holdfast.Docs{Viewer: apidoc.ReDoc, OAuth: holdfast.DocsOAuth{ClientID: "x"}}, "another viewer signs nobody in"},
		"a redirect to no path":       {holdfast.Docs{RedirectPath: "https://example.org/x"}, "is no path of a page"},
		"a page with a colon":         {holdfast.Docs{Path: "/docs:v1"}, "is no path of a page"},
		"a redirect to a route":       {holdfast.Docs{RedirectPath: "/health"}, "is registered already"},
		"no viewer":                   {holdfast.Docs{Viewer: 7}, "viewer 7 is none"},
	} {
		if err := documented(test.docs).Err(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Err() = %v, want %s", name, err, test.want)
		}
	}
}

// The page may call the API where the document says that it is.
func TestThePageMayCallTheServersOfTheDocument(t *testing.T) {
	t.Parallel()
	app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", API: apidoc.API{Servers: []apidoc.Server{
		{URL: "https://{region}.example.org:{port}/v1", Variables: map[string]apidoc.Variable{"region": {Default: "eu", Enum: []string{"eu", "us"}}, "port": {Default: "8443"}}},
		{URL: "/here"},
		{URL: "https://evil.example;script-src *"},
	}}})
	policy := send(app, "/docs", "").Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "connect-src 'self' https://eu.example.org:8443 https://us.example.org:8443;") {
		t.Errorf("policy = %s", policy)
	}
}
