package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// agent acts for an administrator, within a scope.
type agent struct{ scope string }

func (a agent) HasScope(scope string) bool { return a.scope == scope }
func (agent) HasRole(role string) bool     { return role == "admin" }
func (agent) HasRoleAlone(string) bool     { return false }

// A principal says whether its roles count where no scope is asked for beside them.
func TestRolesByThemselves(t *testing.T) {
	t.Parallel()
	scheme := holdfast.HTTPBearer()
	items, admin := scheme.Scope("items", ""), holdfast.NewRole("admin", "")
	who := holdfast.Verify(scheme, func(_ context.Context, token string) (agent, error) { return agent{token}, nil })
	handle := func(context.Context, agent, holdfast.NoInput) (string, error) { return "", nil }
	app := holdfast.New("Test", "1")
	holdfast.Get(app, "/role", holdfast.AnyRole(who, admin), handle)
	holdfast.Get(app, "/both", holdfast.AnyRole(who.Require(items), admin), handle)
	holdfast.Get(app, "/either", holdfast.AnyOf(holdfast.AnyRole(who, admin), holdfast.AnyRole(who.Require(items), admin)), handle)
	holdfast.Get(app, "/all", holdfast.All(holdfast.AnyRole(who, admin), holdfast.Security(who, items)), handle)
	group := app.Group("/group", holdfast.AnyRole(who, admin))
	holdfast.Get(group, "/scope", holdfast.Security(who, items), handle)
	holdfast.Get(group, "/none", holdfast.Security(who), handle)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{ // with the scope, without
		"/role": {403, 403}, "/both": {200, 403}, "/either": {200, 403}, "/all": {200, 403}, "/group/scope": {200, 403}, "/group/none": {403, 403},
	} {
		for i, token := range []string{"items", "none"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if w.Code != want[i] {
				t.Errorf("GET %s with %s = %d %s, want %d", path, token, w.Code, w.Body, want[i])
			}
		}
	}
}
