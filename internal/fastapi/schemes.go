package main

import (
	"context"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

type username struct {
	Username string `json:"username"`
}

// whoAmI shows the credential itself as the user.
func whoAmI(scheme *holdfast.Scheme[string]) *holdfast.App {
	user := holdfast.Depends1(scheme.Credential(), func(_ context.Context, credential string) (username, error) { return username{credential}, nil })
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(user), func(_ context.Context, u username, _ holdfast.NoInput) (username, error) { return u, nil })
	return app
}

func apiKeyCookie() *holdfast.App { return whoAmI(holdfast.APIKeyCookie("key")) }
func apiKeyHeader() *holdfast.App { return whoAmI(holdfast.APIKeyHeader("key")) }
func apiKeyQuery() *holdfast.App  { return whoAmI(holdfast.APIKeyQuery("key")) }

type shown struct {
	Scheme      string `json:"scheme"`
	Credentials string `json:"credentials"`
}

func showCredentials(_ context.Context, c holdfast.HTTPCredentials, _ holdfast.NoInput) (shown, error) {
	return shown{c.Scheme, c.Credentials}, nil
}

func httpBase() *holdfast.App {
	app := newApp()
	scheme := holdfast.HTTPScheme("Other", holdfast.Named("HTTPBase"))
	holdfast.Get(app, "/users/me", holdfast.Security(scheme.Credential()), showCredentials)
	return app
}

func httpDigest() *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(holdfast.HTTPDigest().Credential()), showCredentials)
	return app
}

func httpBearer() *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(holdfast.HTTPBearer().Credential()), func(_ context.Context, token string, _ holdfast.NoInput) (shown, error) {
		return shown{"Bearer", token}, nil
	})
	return app
}

type basic struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func httpBasic(realm string) *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(holdfast.HTTPBasic(realm).Credential()), func(_ context.Context, c holdfast.BasicCredentials, _ holdfast.NoInput) (basic, error) {
		return basic{c.Username, c.Password}, nil
	})
	return app
}

func httpBasicRealm() *holdfast.App { return httpBasic("simple") }
func security006() *holdfast.App    { return httpBasic("") }

// wholeHeader is what FastAPI's OAuth2 and OpenIdConnect classes hand over: the
// Authorization header as it is, whatever its scheme. Ours take bearer tokens,
// so these two applications bring a scheme of their own.
func wholeHeader(name string, openapi map[string]any) *holdfast.Scheme[string] {
	return holdfast.NewScheme(name, "Bearer", openapi, func(r *http.Request) (string, bool) {
		header := r.Header.Get("Authorization")
		return header, header != ""
	})
}

// form is a login form as it was understood.
type form struct {
	GrantType    *string  `json:"grant_type"`
	Username     string   `json:"username"`
	Password     string   `json:"password"`
	Scopes       []string `json:"scopes"`
	ClientID     *string  `json:"client_id"`
	ClientSecret *string  `json:"client_secret"`
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func oauth2() *holdfast.App {
	app := whoAmI(wholeHeader("OAuth2", map[string]any{"type": "oauth2", "flows": map[string]any{"password": map[string]any{
		"tokenUrl": "token", "scopes": map[string]string{"read:users": "Read the users", "write:users": "Create users"},
	}}}))
	holdfast.Post(app, "/login", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, f holdfast.OAuth2PasswordRequestFormStrict) (form, error) {
		return form{&f.GrantType, f.Username, f.Password, append([]string{}, f.Scopes()...), orNull(f.ClientID), orNull(f.ClientSecret)}, nil
	})
	return app
}

func openIDConnect() *holdfast.App {
	return whoAmI(wholeHeader("OpenIdConnect", map[string]any{"type": "openIdConnect", "openIdConnectUrl": "/openid"}))
}

type token struct {
	Token string `json:"token"`
}

func showToken(_ context.Context, t string, _ holdfast.NoInput) (token, error) { return token{t}, nil }

func oauth2AuthorizationCodeBearer() *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/items/", holdfast.Security(holdfast.OAuth2AuthorizationCodeBearer("authorize", "token").Credential()), showToken)
	return app
}

func swaggerUIInitOAuth() *holdfast.App {
	app := holdfast.NewApp(holdfast.Config{Title: "FastAPI", Version: "0.1.0", Docs: holdfast.Docs{
		OAuth: holdfast.DocsOAuth{ClientID: "the-foo-clients", AppName: "The Predendapp"},
	}})
	type item struct {
		ID string `json:"id"`
	}
	holdfast.Get(app, "/items/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (item, error) { return item{"foo"}, nil })
	return app
}

type message struct {
	Message string `json:"message"`
}

// topLevelSecurityScheme puts every route under one scheme.
func topLevelSecurityScheme() *holdfast.App {
	app := newApp()
	all := app.Group("", holdfast.Security(holdfast.HTTPBearer().Credential()))
	holdfast.Get(all, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (message, error) {
		return message{"Hello, World!"}, nil
	})
	return app
}

func authenticationErrorStatusCode() *holdfast.App {
	type answer struct {
		Message string `json:"message"`
		Token   string `json:"token"`
	}
	scheme := holdfast.HTTPBearer(holdfast.Named("HTTPBearer403"), holdfast.NotAuthenticated(holdfast.Errorf(http.StatusForbidden, "Not authenticated")))
	app := newApp()
	holdfast.Get(app, "/me", holdfast.Security(scheme.Credential()), func(_ context.Context, t string, _ holdfast.NoInput) (answer, error) {
		return answer{"You are authenticated", t}, nil
	})
	return app
}
