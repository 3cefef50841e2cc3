package holdfast_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// The id that a policy checks is the one that another router found.
func TestAProtectedHandlerInAnotherRouter(t *testing.T) {
	t.Parallel()
	app := quiet()
	owner := holdfast.Depends1(holdfast.Params[struct {
		ID string `path:"id"`
	}](), func(_ context.Context, in struct {
		ID string `path:"id"`
	},
	) (string, error) {
		if in.ID != "mine" {
			return "", holdfast.Errorf(http.StatusForbidden, "not yours")
		}
		return in.ID, nil
	})
	h := app.Protect("GET /items/{id}", holdfast.Security(owner), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("id"))
	}))
	mux := http.NewServeMux()
	mux.Handle("GET /{id}/details", h)
	for path, want := range map[string]int{"/mine/details": 200, "/bobs/details": 403, "/bobs/mine": 404} {
		if w := send(mux, path, ""); w.Code != want || want == 200 && w.Body.String() != "mine" {
			t.Errorf("GET %s = %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}
