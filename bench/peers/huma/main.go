// Command huma serves the contract with Huma on net/http, and jwx, which its
// documentation takes for tokens.
//
// It follows https://huma.rocks/how-to/oauth2-jwt/, with a secret where that
// fetches keys, and all scopes required where that wants one of them. Without
// the $schema that Huma adds to each answer, since the contract has none.
package main

import (
	"context"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type userKey struct{}

func unauthorized(api huma.API, ctx huma.Context) {
	ctx.SetHeader("WWW-Authenticate", "Bearer")
	_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, app.BadToken)
}

// newAuthMiddleware authorizes requests by the scopes that their operation
// declares.
func newAuthMiddleware(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var needed []string
		required := false
		for _, scheme := range ctx.Operation().Security {
			if needed, required = scheme["oauth"]; required {
				break
			}
		}
		if !required {
			next(ctx)
			return
		}
		text := strings.TrimPrefix(ctx.Header("Authorization"), "Bearer ")
		if text == "" {
			unauthorized(api, ctx)
			return
		}
		token, err := jwt.ParseString(text, jwt.WithKey(jwa.HS256, app.Secret), jwt.WithValidate(true))
		if err != nil {
			unauthorized(api, ctx)
			return
		}
		user, found := app.Users[token.Subject()]
		if !found {
			unauthorized(api, ctx)
			return
		}
		said, _ := token.Get("scope")
		scopes, _ := said.(string)
		granted := strings.Fields(scopes)
		for _, scope := range needed {
			if !slices.Contains(granted, scope) {
				_ = huma.WriteErr(api, ctx, http.StatusForbidden, app.FewScopes)
				return
			}
		}
		next(huma.WithValue(ctx, userKey{}, user))
	}
}

type output[T any] struct{ Body T }

func items(ctx context.Context, _ *struct{}) (*output[[]app.Item], error) {
	user := ctx.Value(userKey{}).(app.User)
	if user.Disabled {
		return nil, huma.Error400BadRequest(app.IsInactive)
	}
	return &output[[]app.Item]{app.Items(user.Name)}, nil
}

func status(context.Context, *struct{}) (*output[app.Status], error) {
	return &output[app.Status]{app.Status{Status: "ok"}}, nil
}

func public(context.Context, *struct{}) (*output[app.Message], error) {
	return &output[app.Message]{app.Message{Message: "Hello World"}}, nil
}

type loginForm struct {
	RawBody []byte `contentType:"application/x-www-form-urlencoded"`
}

func login(_ context.Context, in *loginForm) (*output[app.Token], error) {
	form, err := url.ParseQuery(string(in.RawBody))
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the form cannot be read")
	}
	user, found := app.Users[form.Get("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(form.Get("password"))) != nil {
		return nil, huma.Error400BadRequest(app.BadLogin)
	}
	token, err := jwt.NewBuilder().Subject(user.Name).Claim("scope", form.Get("scope")).Expiration(time.Now().Add(app.TTL)).Build()
	if err != nil {
		return nil, err
	}
	text, err := jwt.Sign(token, jwt.WithKey(jwa.HS256, app.Secret))
	if err != nil {
		return nil, err
	}
	return &output[app.Token]{app.Token{AccessToken: string(text), TokenType: "bearer"}}, nil
}

// secured declares what a route requires; the middleware enforces it.
func secured(scopes ...string) func(*huma.Operation) {
	return func(op *huma.Operation) { op.Security = []map[string][]string{{"oauth": scopes}} }
}

func main() {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Peers", "1.0.0")
	config.CreateHooks = nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"oauth": {Type: "oauth2", Flows: &huma.OAuthFlows{Password: &huma.OAuthFlow{
			TokenURL: "token", Scopes: map[string]string{"me": "Read information about the current user.", "items": "Read items."},
		}}},
	}
	api := humago.New(mux, config)
	api.UseMiddleware(newAuthMiddleware(api))
	huma.Post(api, "/token", login)
	huma.Get(api, "/users/me/items/", items, secured("me", "items"))
	huma.Get(api, "/status/", status, secured())
	huma.Get(api, "/public", public)
	log.Fatal(http.ListenAndServe(app.Start(), mux))
}
