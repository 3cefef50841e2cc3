package identity

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// get asks an application for a path.
func get(app http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// flowsOf are the flows that a document has, with where they lead.
func flowsOf(t *testing.T, app http.Handler) map[string]map[string]any {
	t.Helper()
	var document struct {
		Components struct {
			SecuritySchemes map[string]struct {
				Flows map[string]map[string]any `json:"flows"`
			} `json:"securitySchemes"`
		} `json:"components"`
	}
	w := get(app, "/openapi.json")
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document.Components.SecuritySchemes["OAuth2PasswordBearer"].Flows
}

// The docs page is the built-in client, and what the document says is there.
func TestTheDocsPageIsAClient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config    Config
		docs      holdfast.Docs
		redirects []string // where the client is answered
		refused   []string
	}{
		"on the machine itself": {
			Config{URL: "http://127.0.0.1:8000"},
			holdfast.Docs{},
			[]string{"http://127.0.0.1:8000/docs/oauth2-redirect", "http://localhost:8000/docs/oauth2-redirect", "http://[::1]:8000/docs/oauth2-redirect"},
			[]string{"http://127.0.0.1:8000/docs", "http://localhost:8001/docs/oauth2-redirect", "https://127.0.0.1:8000/docs/oauth2-redirect"},
		},
		"under a prefix": {
			Config{URL: "https://library.example", Scheme: NewSchemeUnder("/auth")},
			holdfast.Docs{},
			[]string{"https://library.example/docs/oauth2-redirect"},
			[]string{"https://library.example/auth/docs/oauth2-redirect", "http://library.example/docs/oauth2-redirect", "https://localhost/docs/oauth2-redirect"},
		},
		"behind a proxy's prefix": {
			Config{URL: "https://example.org/library"},
			holdfast.Docs{},
			[]string{"https://example.org/library/docs/oauth2-redirect"},
			nil,
		},
		"elsewhere": {
			Config{URL: "https://library.example"},
			holdfast.Docs{Path: "/help"},
			[]string{"https://library.example/help/oauth2-redirect"},
			nil,
		},
		"with a page of its own": {
			Config{URL: "https://library.example"},
			holdfast.Docs{RedirectPath: "/back"},
			[]string{"https://library.example/back"},
			[]string{"https://library.example/back/"},
		},
		"and no other's": {
			Config{URL: "https://library.example"},
			holdfast.Docs{OAuth: holdfast.DocsOAuth{ClientID: "theirs"}, Path: "/help"},
			nil,
			[]string{"https://library.example/help/oauth2-redirect"},
		},
	} {
		id, _ := opened(t, test.config)
		app := id.NewApp(holdfast.Config{Title: "T", Docs: test.docs})
		below := strings.TrimPrefix(id.config.Scheme.prefix+"/", "/")
		flow := flowsOf(t, app)["authorizationCode"]
		if flow["authorizationUrl"] != below+"authorize" || flow["tokenUrl"] != below+"token" {
			t.Errorf("%s: the flow is %v", name, flow)
		}
		path := test.docs.Path
		if path == "" {
			path = "/docs"
		}
		client := `"clientId":"holdfast"`
		if test.docs.OAuth.ClientID != "" {
			client = `"clientId":"theirs"`
		}
		if page := get(app, path).Body.String(); !strings.Contains(page, client) || !strings.Contains(page, `"usePkceWithAuthorizationCodeGrant":true`) {
			t.Errorf("%s: the page is no client:\n%s", name, page)
		}
		for uris, want := range map[*[]string]int{&test.redirects: http.StatusOK, &test.refused: http.StatusBadRequest} {
			for _, uri := range *uris {
				w := get(app, id.config.Scheme.prefix+"/authorize?"+request("client_id=holdfast", "redirect_uri="+uri).Encode())
				if w.Code != want {
					t.Errorf("%s: an answer at %s = %d, want %d", name, uri, w.Code, want)
				}
			}
		}
	}
}

// What is not there is not in the document.
func TestFlowsThatAreThere(t *testing.T) {
	t.Parallel()
	id, _ := opened(t, Config{})
	for name, test := range map[string]struct {
		which Endpoints
		code  bool
	}{
		"everything":    {Everything, true},
		"without pages": {Everything &^ Authorize, false},
	} {
		flows := flowsOf(t, id.NewAppWith(test.which, holdfast.Config{Title: "T"}))
		if _, code := flows["authorizationCode"]; code != test.code || flows["password"]["tokenUrl"] != "token" {
			t.Errorf("%s: the flows are %v", name, flows)
		}
	}
	plain, _ := opened(t, Config{URL: "http://library.example"}) // nor passwords
	if flows := flowsOf(t, plain.NewApp(holdfast.Config{Title: "T"})); flows["authorizationCode"] != nil {
		t.Errorf("where no cookie is kept the flows are %v", flows)
	}
}
