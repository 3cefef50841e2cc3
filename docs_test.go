package holdfast_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

func documented(docs holdfast.Docs) *holdfast.App {
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Docs: docs, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	holdfast.Get(app, "/health", holdfast.Public(), nothing)
	return app
}

func TestWhereTheDocsStand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		docs holdfast.Docs
		want map[string]int
	}{
		"the zero value": {holdfast.Docs{}, map[string]int{
			"/docs": 200, "/openapi.json": 200, "/docs/oauth2-redirect": 200, "/docs/swagger-ui.css": 200, "/docs/oauth2-redirect.js": 200, "/docs/other": 404, "/redoc": 404,
		}},
		"other paths": {holdfast.Docs{Path: "/api/help", DocumentPath: "/api/v1/spec.json"}, map[string]int{
			"/api/help": 200, "/api/v1/spec.json": 200, "/api/help/oauth2-redirect": 200, "/docs": 404, "/openapi.json": 404,
		}},
		"no page":     {holdfast.Docs{NoPage: true}, map[string]int{"/docs": 404, "/openapi.json": 200, "/docs/oauth2-redirect": 404}},
		"no document": {holdfast.Docs{NoDocument: true}, map[string]int{"/docs": 404, "/openapi.json": 404, "/docs/oauth2-redirect": 404}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := documented(test.docs)
			for path, want := range test.want {
				if w := send(app, path, ""); w.Code != want {
					t.Errorf("GET %s = %d, want %d", path, w.Code, want)
				}
			}
		})
	}
}

// The page finds everything by relative addresses, so that it works behind any
// path prefix, and paths in the document begin at the application's root.
func TestTheDocsAreRelative(t *testing.T) {
	t.Parallel()
	app := documented(holdfast.Docs{Path: "/api/help", DocumentPath: "/api/v1/spec.json"})
	page := send(app, "/api/help", "").Body.String()
	for _, want := range []string{`"../api/v1/spec.json"`, `"help/oauth2-redirect"`, `src="help/swagger-ui-bundle.js"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	if body := send(app, "/api/v1/spec.json", "").Body.String(); !strings.Contains(body, `"url":"../../"`) {
		t.Errorf("servers of the document are not two up: %s", body)
	}
}

func TestTheDialogBeginsAsConfigured(t *testing.T) {
	t.Parallel()
	scheme := holdfast.HTTPBearer()
	page := send(documented(holdfast.Docs{OAuth: holdfast.DocsOAuth{
		ClientID: "shop-docs", AppName: "</script><script>alert(1)", Scopes: []holdfast.Scope{scheme.Scope("me", ""), scheme.Scope("items", "")},
		Query: map[string]string{"audience": "shop"},
	}}), "/docs", "").Body.String()
	want := `ui.initOAuth({"clientId":"shop-docs","appName":"\u003c/script\u003e\u003cscript\u003ealert(1)","scopes":"me items",` +
		`"additionalQueryStringParams":{"audience":"shop"},"usePkceWithAuthorizationCodeGrant":true})`
	if !strings.Contains(page, want) {
		t.Errorf("the page has no %s:\n%s", want, page)
	}
}

func TestTheDocsMayStandUnderAPolicy(t *testing.T) {
	t.Parallel()
	basic := holdfast.HTTPBasic("docs")
	reader := holdfast.Depends1(basic.Credential(), func(_ context.Context, c holdfast.BasicCredentials) (string, error) {
		if c.Username != "john" {
			return "", holdfast.Errorf(http.StatusForbidden, "not for you")
		}
		return c.Username, nil
	})
	app := documented(holdfast.Docs{Policy: holdfast.Security(reader)})
	const john, eve = "Authorization: Basic am9objpzZWNyZXQ=", "Authorization: Basic ZXZlOng="
	for _, path := range []string{"/docs", "/openapi.json", "/docs/oauth2-redirect"} {
		for credential, want := range map[string]int{"": 401, eve: 403, john: 200} {
			w := send(app, path, credential)
			if w.Code != want {
				t.Errorf("GET %s with %q = %d, want %d", path, credential, w.Code, want)
			}
			if want != 200 && strings.Contains(w.Body.String(), "health") {
				t.Errorf("GET %s with %q says too much: %s", path, credential, w.Body)
			}
		}
	}
	if w := send(app, "/docs", ""); w.Header().Get("WWW-Authenticate") != `Basic realm="docs"` {
		t.Errorf("challenge = %q, want one that a browser can satisfy", w.Header().Get("WWW-Authenticate"))
	}
	if w := send(app, "/health", ""); w.Code != http.StatusOK {
		t.Errorf("GET /health = %d, want 200: the policy is the docs' alone", w.Code)
	}
	rows, err := app.Access()
	if err != nil || rows[1].Path != "/openapi.json" || rows[1].Policy == "anyone" {
		t.Errorf("Access() = %v, %v: want the document's policy in it", rows, err)
	}
}

func TestBadPathsOfDocsAreNamedAtStart(t *testing.T) {
	t.Parallel()
	for _, docs := range []holdfast.Docs{{Path: "docs"}, {Path: "/"}, {Path: "/docs/"}, {DocumentPath: "/{x}"}, {Path: "/health"}} {
		if err := documented(docs).Err(); err == nil {
			t.Errorf("docs at %q and %q are no error", docs.Path, docs.DocumentPath)
		}
	}
}

// A function literal has no name to show; the method and path say more than
// "func1".
func TestFunctionLiteralsAreNamedByTheirRoute(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/items/{id}", holdfast.Public(), func(context.Context, holdfast.Anyone, itemID) (struct{}, error) { return struct{}{}, nil })
	body := send(app, "/openapi.json", "").Body.String()
	for _, want := range []string{`"summary":"GET /items/{id}"`, `"operationId":"get_items__id_"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the document has no %s: %s", want, body)
		}
	}
}

// The Authorize dialog may call the servers that the schemes name, and no
// others.
func TestThePageMayCallAuthorizationServers(t *testing.T) {
	t.Parallel()
	app := quiet()
	code := holdfast.OAuth2AuthorizationCodeBearer("https://id.example/authorize", "https://id.example:8443/token")
	oidc := holdfast.OpenIDConnect("https://other.example/.well-known/openid-configuration")
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(code.Credential()), holdfast.Security(oidc.Credential())), nothing)
	policy := send(app, "/docs", "").Header().Get("Content-Security-Policy")
	if want := "connect-src 'self' https://id.example https://id.example:8443 https://other.example;"; !strings.Contains(policy, want) {
		t.Errorf("policy = %s, want %s", policy, want)
	}
	if policy := send(documented(holdfast.Docs{}), "/docs", "").Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self';") {
		t.Errorf("policy = %s, want nothing but itself", policy)
	}
}

func TestAssetsOfTheDocs(t *testing.T) {
	t.Parallel()
	app := documented(holdfast.Docs{})
	packed := send(app, "/docs/swagger-ui.css", "Accept-Encoding: gzip")
	plain := send(app, "/docs/swagger-ui.css", "")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() || packed.Header().Get("Etag") == plain.Header().Get("Etag") {
		t.Errorf("packed: %d bytes %v; plain: %d bytes %v", packed.Body.Len(), packed.Header(), plain.Body.Len(), plain.Header())
	}
	if w := send(app, "/docs/swagger-ui.css", "If-None-Match: "+plain.Header().Get("Etag")); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("GET with the tag = %d with %d bytes, want 304 with none", w.Code, w.Body.Len())
	}
}

func TestTheDocumentTellsRoutesApart(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/files/{p}", holdfast.Public(), nothing)
	holdfast.Get(app, "/files/{p...}", holdfast.Public(), nothing)
	holdfast.Get(app, "/a", holdfast.Public(), nothing, holdfast.OperationID("one"))
	holdfast.Get(app, "/b", holdfast.Public(), nothing, holdfast.OperationID("one"))
	err := app.Err()
	if err == nil || !strings.Contains(err.Error(), "GET /files/{p} in the document") || !strings.Contains(err.Error(), `operation id "one"`) {
		t.Errorf("Err() = %v, want both", err)
	}
}

func TestAParameterIsRequiredIfAnybodyRequiresIt(t *testing.T) {
	t.Parallel()
	type lax struct {
		Q string `query:"q"`
	}
	type strict struct {
		Q string `query:"q" required:"true"`
	}
	app := quiet()
	app.Handle("GET /", holdfast.To1(holdfast.Public(), holdfast.Params[strict](), func(context.Context, holdfast.Anyone, strict, lax) (string, error) { return "", nil }))
	if body := send(app, "/openapi.json", "").Body.String(); !strings.Contains(body, `"name":"q","in":"query","required":true`) {
		t.Errorf("the document does not require q: %s", body)
	}
}
