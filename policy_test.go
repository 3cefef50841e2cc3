package holdfast_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/holdfast-go/holdfast"
)

func refuse[K any](context.Context, K) (string, error) { return "", errors.New("no") }

// Nobody is who presents nothing at all, of any scheme of the policy.
func TestARefusedCredentialIsNeverNobody(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.As(holdfast.Security(holdfast.Check(key, refuse)), func(string) holdfast.Maybe[user] { return holdfast.Maybe[user]{} })
	app := quiet()
	holdfast.Get(app, "/or", holdfast.AnyOf(machine, holdfast.Optional(holdfast.Security(s.user))), nothing)
	group := app.Group("/in", holdfast.Optional(holdfast.Security(s.user)))
	holdfast.Get(group, "/", holdfast.Public(), nothing)
	for _, test := range []struct {
		path, lines string
		want        int
	}{
		{"/or", "", 200},
		{"/or", "X-Key: bad", 401},
		{"/or", "Authorization: Bearer bad", 401},
		{"/or", "Authorization: Bearer amy::", 200},
		{"/in/", "", 200},
		{"/in/", "Authorization: Bearer bad", 401},
	} {
		if w := send(app, test.path, test.lines); w.Code != test.want {
			t.Errorf("GET %s with %q = %d, want %d", test.path, test.lines, w.Code, test.want)
		}
	}
}

// One who is signed in is told what is wrong with the request, not to sign in.
func TestWhoIsKnownIsNotAskedToSignIn(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	own := holdfast.Depends2(s.user, holdfast.Params[positive](), func(_ context.Context, u user, _ positive) (string, error) { return u.Name, nil })
	app := quiet()
	holdfast.Get(app, "/any/{id}", holdfast.AnyOf(holdfast.Security(own), holdfast.Security(key.Credential())), nothing)
	holdfast.Get(app, "/opt/{id}", holdfast.Optional(holdfast.Security(own)), nothing)
	for _, path := range []string{"/any/x", "/opt/x"} {
		if w := ask(t, app, "GET", path, "amy::"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("GET %s = %d %s, want 422", path, w.Code, w.Body)
		}
	}
}

// A scheme's own answer to a caller without a credential says no, whatever its status.
func TestARedirectToTheLoginIsARefusal(t *testing.T) {
	t.Parallel()
	cookie := holdfast.APIKeyCookie("session", holdfast.NotAuthenticated(&holdfast.Error{Status: 303, Header: http.Header{"Location": {"/login"}}}))
	bearer := holdfast.HTTPBearer()
	app := quiet()
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(cookie.Credential())), nothing)
	holdfast.Get(app, "/either", holdfast.AnyOf(holdfast.Security(cookie.Credential()), holdfast.Security(bearer.Credential())), nothing)
	if w := send(app, "/maybe", ""); w.Code != http.StatusOK {
		t.Errorf("GET /maybe = %d, want 200", w.Code)
	}
	if w := send(app, "/either", "Authorization: Bearer t"); w.Code != http.StatusOK {
		t.Errorf("GET /either = %d, want 200", w.Code)
	}
	if w := send(app, "/either", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("GET /either = %d, want 303 to /login", w.Code)
	}
}

// A failure is not a refusal: when the store of one alternative cannot be asked,
// no other is tried.
func TestABrokenWayInStopsTheSearch(t *testing.T) {
	t.Parallel()
	broken := holdfast.Check(holdfast.HTTPBearer(), func(context.Context, string) (string, error) {
		return "", holdfast.Errorf(http.StatusServiceUnavailable, "the store cannot be asked")
	})
	key := holdfast.APIKeyHeader("X-Key")
	app := quiet()
	holdfast.Get(app, "/", holdfast.AnyOf(holdfast.Security(broken), holdfast.Security(key.Credential())), nothing)
	if w := send(app, "/", "Authorization: Bearer t\nX-Key: k"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET / = %d, want 503", w.Code)
	}
}
