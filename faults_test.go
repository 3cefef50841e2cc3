package holdfast_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

func TestMoreMistakesAreNamedAtStart(t *testing.T) {
	t.Parallel()
	s := newShop()
	type embedded struct{ *paging }
	type host struct {
		H string `header:"Host"`
	}
	type twice struct {
		A int `query:"a"`
		B int `query:"a"`
	}
	type badDefault struct {
		N int `query:"n" default:"0" minimum:"1"`
	}
	type overflow struct {
		N uint8 `query:"n" default:"300"`
	}
	type body struct {
		Body struct {
			N int `json:"n" default:"7" required:"true"`
		}
	}
	tests := map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"a field behind a pointer":  {input[embedded], "embedded pointer"},
		"the header Host":           {input[host], "FromRequest"},
		"two fields of one name":    {input[twice], "another field is the query a"},
		"a default that is refused": {input[badDefault], "the default does not fit"},
		"a default that is none":    {input[overflow], `the default "300" is no uint8`},
		"a default in a body":       {input[body], "it is required, so its default never counts"},
		"optional without a scheme": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Optional(holdfast.Security(counter())), nothing)
		}, "there is no credential whose absence could be seen"},
		"optional without a dependency": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Optional(holdfast.Security(holdfast.Dep[user]{})), nothing)
		}, "a zero Dep"},
		"a role without a name": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.AnyRole(s.user, holdfast.NewRole("", "")), nothing)
		}, "the zero Role"},
		"a mistake in one of several policies": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.AnyOf(holdfast.Security(s.user), holdfast.AnyRole(s.user, holdfast.Role{})), nothing)
		}, "the zero Role"},
		"a nil conversion": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.As[user, string](holdfast.Security(s.user), nil), nothing)
		}, "As with a nil function"},
		"a nil conversion of the zero policy": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.As[user, string](holdfast.Policy[user]{}, nil), nothing)
		}, "the zero Policy"},
		"a nil handler function": {func(a *holdfast.App) {
			a.Protect("GET /", holdfast.Public(), http.HandlerFunc(nil))
		}, "the handler is nil"},
		"a nil option": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Public(), nothing, nil)
		}, "a nil option"},
		"a status that is none": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Public(), nothing, holdfast.Status(99))
		}, "status 99"},
		"a method that is none": {func(a *holdfast.App) {
			a.Handle("GRAB /", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]))
		}, `method "GRAB"`},
		"a path without slash": {func(a *holdfast.App) {
			holdfast.Get(a, "b", holdfast.Public(), nothing)
		}, "begins with a slash"},
		"a scope that Check cannot know": {func(a *holdfast.App) {
			key := holdfast.APIKeyHeader("X-Key")
			holdfast.Get(a, "/", holdfast.Security(holdfast.Check(key, refuse), key.Scope("x", "")), nothing)
		}, "nothing would check it"},
		"a scope of a handler's dependency": {func(a *holdfast.App) {
			a.Handle("GET /", holdfast.To1(holdfast.Public(), s.oauth.Credential().Require(s.me), func(context.Context, holdfast.Anyone, string, holdfast.NoInput) (string, error) {
				return "", nil
			}))
		}, "nothing would check it"},
		"a zero scheme": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.Verify(&holdfast.Scheme[string]{}, verify)), nothing)
		}, "its scheme is nil or the zero Scheme"},
		"a name that OpenAPI cannot hold": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.HTTPBearer(holdfast.Named("my scheme")).Credential()), nothing)
		}, "OpenAPI allows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			test.declare(app)
			if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
		})
	}
}

func TestABodyLimitBelowZeroIsAMistake(t *testing.T) {
	t.Parallel()
	err := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", MaxBody: -1}).Err()
	if err == nil || !strings.Contains(err.Error(), "Config.MaxBody is -1 bytes") {
		t.Errorf("Err() = %v, want that it names Config.MaxBody", err)
	}
}
