package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// Two schemes may have scopes of one name; each is asked of its own credential.
func TestScopesOfOneNameAreNotOne(t *testing.T) {
	t.Parallel()
	a := holdfast.HTTPBearer(holdfast.Named("A"))
	b := holdfast.NewScheme("B", "B", map[string]any{"type": "apiKey", "in": "header", "name": "X-B"}, func(r *http.Request) (string, bool) {
		return r.Header.Get("X-B"), r.Header.Get("X-B") != ""
	})
	aItems, bItems := a.Scope("items", ""), b.Scope("items", "")
	both := holdfast.Depends2(holdfast.Verify(a, verify), holdfast.Verify(b, verify), func(_ context.Context, x, y holder) (user, error) { return x.user, nil })
	app := quiet()
	group := app.Group("/g", holdfast.Security(both, aItems))
	holdfast.Get(group, "/", holdfast.Security(both, bItems), nothing)
	for lines, want := range map[string]int{
		"Authorization: Bearer amy:items:\nX-B: amy:items:": 200,
		"Authorization: Bearer amy:items:\nX-B: amy::":      403,
		"Authorization: Bearer amy::\nX-B: amy:items:":      403,
	} {
		if w := send(app, "/g/", lines); w.Code != want {
			t.Errorf("GET /g/ with %q = %d, want %d", lines, w.Code, want)
		}
	}
	if got := fmt.Sprint(documentOf(t, app).Paths["/g/"]["get"].Security); got != "[map[A:[items] B:[items]]]" {
		t.Errorf("security = %s, want both scopes", got)
	}
}

// The slice of a variadic call is the caller's to change.
func TestScopesAreCopied(t *testing.T) {
	t.Parallel()
	s := newShop()
	need := []holdfast.Scope{s.items}
	app := quiet()
	holdfast.Get(app, "/items", holdfast.Security(s.user, need...), nothing)
	need[0] = s.me
	if w := ask(t, app, "GET", "/items", "amy:me:"); w.Code != http.StatusForbidden {
		t.Errorf("GET /items with scope me = %d, want 403", w.Code)
	}
}
