package holdfast_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

// The docs page asks the route that it was told of, from wherever it stands, and
// an application without that route does not start.
func TestDocsAskWhatIsMine(t *testing.T) {
	t.Parallel()
	mine := func(context.Context, holdfast.Anyone, holdfast.NoInput) ([]string, error) { return nil, nil }
	for name, test := range map[string]struct {
		docs       holdfast.Docs
		asks, says string
	}{
		"a route":                   {holdfast.Docs{Mine: "/me/routes"}, `const mine = "me/routes?all=true"`, ""},
		"a route, from a folder":    {holdfast.Docs{Mine: "/me/routes", Path: "/a/docs"}, `const mine = "../me/routes?all=true"`, ""},
		"none":                      {holdfast.Docs{}, `const mine = "";`, ""},
		"a route that is not there": {holdfast.Docs{Mine: "/you/routes"}, "", "Config.Docs.Mine: there is no route GET /you/routes"},
		"of another method":         {holdfast.Docs{Mine: "/posted"}, "", "Config.Docs.Mine: there is no route GET /posted"},
		"no page that could ask":    {holdfast.Docs{Mine: "/you/routes", NoPage: true}, "", ""},
		"another viewer":            {holdfast.Docs{Mine: "/me/routes", Viewer: apidoc.ReDoc}, "Redoc.init", ""},
	} {
		app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Docs: test.docs})
		holdfast.Get(app, "/me/routes", holdfast.Public(), mine)
		holdfast.Post(app, "/posted", holdfast.Public(), mine)
		if err := app.Err(); test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: Err = %v, want %q", name, err, test.says)
			}
			continue
		} else if err != nil {
			t.Errorf("%s: Err = %v", name, err)
			continue
		}
		path := test.docs.Path
		if path == "" {
			path = "/docs"
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if !strings.Contains(w.Body.String(), test.asks) {
			t.Errorf("%s: the page has no %s", name, test.asks)
		}
	}
}
