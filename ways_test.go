package holdfast_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// TestAWayWithoutACredential is refused with 401 where another way asks for one,
// whatever does not fit: who signs in may pass there.
func TestAWayWithoutACredential(t *testing.T) {
	t.Parallel()
	s := newShop()
	open := holdfast.Depends1(holdfast.Params[aParam](), func(_ context.Context, in aParam) (user, error) {
		if in.A != 7 {
			return user{}, holdfast.Errorf(http.StatusNotFound, "not here")
		}
		return user{Name: "anybody"}, nil
	})
	app := quiet()
	app.Handle("GET /", holdfast.To(holdfast.AnyOf(holdfast.Security(open), holdfast.Security(s.user)), shown[user]))
	app.Handle("GET /alone", holdfast.To(holdfast.Security(open), shown[user]))
	for _, test := range []struct{ path, lines, want string }{
		{"/", "?a=7", "200"},
		{"/", "?a=0", "401"},
		{"/", "?a=0\nAuthorization: Bearer amy::", "200"},
		{"/", "?a=0\nAuthorization: Bearer bad", "401"},
		{"/", "?a=1", "404"},
		{"/alone", "?a=0", "422 query a"},
	} {
		if got := violations(t, send(app, test.path, test.lines)); got != test.want {
			t.Errorf("GET %s with %q = %s, want %s", test.path, test.lines, got, test.want)
		}
	}
}

// TestACallerLearnsEveryWayIn is about those who present nothing: each challenge
// once, in the order of the ways.
func TestACallerLearnsEveryWayIn(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	basic := holdfast.HTTPBasic("shop")
	login := holdfast.APIKeyCookie("session", holdfast.NotAuthenticated(&holdfast.Error{Status: http.StatusSeeOther, Header: http.Header{"Location": {"/login"}}}))
	machine := holdfast.Security(holdfast.Check(key, func(context.Context, string) (user, error) { return user{}, errors.New("no") }))
	person := holdfast.Security(holdfast.Check(basic, func(context.Context, holdfast.BasicCredentials) (user, error) { return user{}, errors.New("no") }))
	browser := holdfast.Security(holdfast.Check(login, func(context.Context, string) (user, error) { return user{}, errors.New("no") }))
	app := quiet()
	holdfast.Get(app, "/one", holdfast.Security(s.user), nothing)
	holdfast.Get(app, "/all", holdfast.AnyOf(holdfast.Security(s.user), machine, holdfast.Security(s.user, s.items), person), nothing)
	holdfast.Get(app, "/and", holdfast.AnyOf(holdfast.Security(s.user), holdfast.All(machine, person)), nothing)
	holdfast.Get(app, "/browser", holdfast.AnyOf(browser, machine), nothing)
	for _, test := range []struct {
		path, lines string
		status      int
		want        []string
	}{
		{"/one", "", 401, []string{`Bearer realm="OAuth2PasswordBearer"`}},
		{"/all", "", 401, []string{`Bearer realm="OAuth2PasswordBearer"`, "APIKey", `Basic realm="shop"`}},
		{"/and", "", 401, []string{`Bearer realm="OAuth2PasswordBearer"`, "APIKey", `Basic realm="shop"`}},
		{"/all", "X-Key: bad", 401, []string{"APIKey"}},
		{"/all", "Authorization: Bearer bad", 401, []string{`Bearer error="invalid_token"`}},
		{"/browser", "", 303, nil},
	} {
		w := send(app, test.path, test.lines)
		if got := w.Header().Values("WWW-Authenticate"); w.Code != test.status || !slices.Equal(got, test.want) {
			t.Errorf("GET %s with %q = %d, challenges %q, want %d, %q", test.path, test.lines, w.Code, got, test.status, test.want)
		}
	}
}
