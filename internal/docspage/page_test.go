package docspage_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/docspage"
)

var inline = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// The policy allows the page's own script by its hash, whatever is in it.
func TestThePolicyAllowsTheScriptOfThePage(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]docspage.Config{
		"Swagger UI":           {Title: "</title><script>alert(1)</script>", PagePath: "/docs", DocumentPath: "/openapi.json"},
		"ReDoc":                {Title: "x", PagePath: "/a/docs", DocumentPath: "/b/openapi.json", ReDoc: true},
		"odd values":           {PagePath: "/docs", DocumentPath: "/o.json", AppName: "$SPEC$ </script> \u2028", ClientID: "$PARAMETERS$", Parameters: map[string]any{"filter": "$OAUTH$<!--"}},
		"a redirect elsewhere": {PagePath: "/docs", DocumentPath: "/o.json", RedirectPath: "/x/y"},
	} {
		page, err := docspage.New(config)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		page.ServePage(w, nil)
		scripts := inline.FindAllStringSubmatch(w.Body.String(), -1)
		if len(scripts) != 1 {
			t.Fatalf("%s: %d inline scripts, want 1:\n%s", name, len(scripts), w.Body)
		}
		sum := sha256.Sum256([]byte(scripts[0][1]))
		if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(w.Header().Get("Content-Security-Policy"), hash) {
			t.Errorf("%s: policy %s, want %s", name, w.Header().Get("Content-Security-Policy"), hash)
		}
		if strings.Contains(scripts[0][1], "$SPEC$,") || strings.Contains(scripts[0][1], "...$") {
			t.Errorf("%s: a place was left:\n%s", name, scripts[0][1])
		}
	}
}

// A page serves what it is made of, and nothing of the other viewer.
func TestAPageServesItsOwnAssets(t *testing.T) {
	t.Parallel()
	for _, redoc := range []bool{false, true} {
		page, err := docspage.New(docspage.Config{PagePath: "/docs", DocumentPath: "/o.json", ReDoc: redoc})
		if err != nil {
			t.Fatal(err)
		}
		for name, swagger := range map[string]bool{"swagger-ui.css": true, "swagger-ui-bundle.js": true, "oauth2-redirect.js": true, "oauth2-redirect": true, "redoc.standalone.js": false} {
			w := httptest.NewRecorder()
			if found := page.ServeAsset(w, httptest.NewRequest("GET", "/", nil), name); found != (swagger != redoc) || found && w.Body.Len() == 0 {
				t.Errorf("ReDoc %v: %s is found: %v, with %d bytes", redoc, name, found, w.Body.Len())
			}
		}
		if page.ServeAsset(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), "LICENSE") {
			t.Error("an unknown asset is served")
		}
	}
}
