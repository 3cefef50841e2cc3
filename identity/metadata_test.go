package identity

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// The metadata name the endpoints that an application has, and no others.
func TestMetadataNameWhatIsThere(t *testing.T) {
	t.Parallel()
	for which, there := range map[Endpoints]bool{Tokens: false, Tokens | Authorize: true} {
		id, err := Open(t.Context(), quick(t, Config{}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = id.Close() }()
		app := id.NewAppWith(which, holdfast.Config{Title: "Test"})
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/oauth-authorization-server", nil))
		if got := w.Body.String(); w.Code != http.StatusOK || strings.Contains(got, "/authorize") != there || strings.Contains(got, `"authorization_code"`) != there {
			t.Errorf("with /authorize %v: %d %s", there, w.Code, got)
		}
	}
}
