package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

func init() { features["security"] = security } //nolint:gochecknoinits // each feature in a file of its own

func security(app *holdfast.App) {
	named := holdfast.Named
	key := holdfast.APIKeyHeader("X-Key", named("key_header"))
	credential(app, "/key-header", key, text)
	credential(app, "/key-query", holdfast.APIKeyQuery("key", named("key_query")), text)
	credential(app, "/key-cookie", holdfast.APIKeyCookie("key", named("key_cookie")), text)
	credential(app, "/basic", holdfast.HTTPBasic("", named("basic")), nameAndPassword)
	credential(app, "/realm", holdfast.HTTPBasic("shop", named("realm")), nameAndPassword)
	credential(app, "/bearer", holdfast.HTTPBearer(named("bearer")), text)
	credential(app, "/digest", holdfast.HTTPDigest(named("digest")), parameters)
	credential(app, "/other", holdfast.HTTPScheme("Other", named("other")), parameters)
	credential(app, "/code", holdfast.OAuth2AuthorizationCodeBearer("authorize", "token", named("code")), text)
	credential(app, "/openid", holdfast.OpenIDConnect("/openid", named("openid")), text)
	maybe(app, "/optional", holdfast.OAuth2PasswordBearer("token", named("optional")), text)
	maybe(app, "/optional-key", holdfast.APIKeyHeader("X-Key", named("optional-key")), text)
	maybe(app, "/optional-basic", holdfast.HTTPBasic("", named("optional-basic")), func(c holdfast.BasicCredentials) any { return v[string]{c.Username} })
	password := holdfast.OAuth2PasswordBearer("token", named("password"))
	credential(app, "/password", password, text)
	users(app, password)
	both(app, password, key)
}

func text(token string) any { return v[string]{token} }

func parameters(c holdfast.HTTPCredentials) any { return v[string]{c.Credentials} }

func nameAndPassword(c holdfast.BasicCredentials) any {
	return m{"username": c.Username, "password": c.Password}
}

// credential answers with what a scheme found, unchecked, as the route in
// Python does.
func credential[K any](app *holdfast.App, path string, s *holdfast.Scheme[K], show func(K) any) {
	checked := holdfast.Check(s, func(_ context.Context, found K) (K, error) { return found, nil })
	holdfast.Get(app, path, holdfast.Security(checked), func(_ context.Context, found K, _ holdfast.NoInput) (any, error) {
		return show(found), nil
	})
}

func maybe[K any](app *holdfast.App, path string, s *holdfast.Scheme[K], show func(K) any) {
	checked := holdfast.Check(s, func(_ context.Context, found K) (K, error) { return found, nil })
	holdfast.Get(app, path, holdfast.Optional(holdfast.Security(checked)), func(_ context.Context, who holdfast.Maybe[K], _ holdfast.NoInput) (any, error) {
		if found, ok := who.Get(); ok {
			return show(found), nil
		}
		return v[*string]{}, nil
	})
}

type caller struct {
	name   string
	scopes []string
}

func (c caller) HasScope(name string) bool {
	for _, one := range c.scopes {
		if one == name {
			return true
		}
	}
	return false
}

func (c caller) HasRole(name string) bool { return name == "admin" && c.name == "alice" }

var tokens = map[string][]string{"alice": {"items", "me"}, "bob": {"me"}, "carol": nil}

func users(app *holdfast.App, password *holdfast.Scheme[string]) {
	items := password.Scope("items", "Items")
	password.Scope("me", "Me")
	admin := holdfast.NewRole("admin", "Everything")
	known := holdfast.Verify(password, func(_ context.Context, token string) (caller, error) {
		scopes, ok := tokens[token]
		if !ok {
			return caller{}, errors.New("unknown")
		}
		return caller{token, scopes}, nil
	})
	active := holdfast.Depends1(known, func(_ context.Context, c caller) (caller, error) {
		if c.name == "carol" {
			return caller{}, holdfast.Errorf(http.StatusBadRequest, "Inactive user")
		}
		return c, nil
	})
	name := func(_ context.Context, c caller, _ holdfast.NoInput) (v[string], error) {
		return v[string]{c.name}, nil
	}
	holdfast.Get(app, "/me", holdfast.Security(active), name)
	holdfast.Get(app, "/items", holdfast.Security(active, items), name)
	type id struct {
		ID int `path:"id" json:"id"`
	}
	holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(active, admin), func(_ context.Context, _ caller, in id) (id, error) { return in, nil })
	holdfast.Post(app, "/write", holdfast.Security(active), func(_ context.Context, _ caller, in body[map[string]int]) (map[string]int, error) {
		return in.Body, nil
	})
	holdfast.Get(app, "/teapot", holdfast.Security(active), func(context.Context, caller, holdfast.NoInput) (okay, error) {
		return okay{}, &holdfast.Error{Status: http.StatusTeapot, Detail: m{"reason": "teapot"}, Header: http.Header{"X-Own": {"yes"}}}
	})
}

// both wants two credentials, unchecked.
func both(app *holdfast.App, password, key *holdfast.Scheme[string]) {
	found := holdfast.Depends2(
		holdfast.Check(password, func(_ context.Context, t string) (string, error) { return t, nil }),
		holdfast.Check(key, func(_ context.Context, t string) (string, error) { return t, nil }),
		func(_ context.Context, token, key string) (m, error) { return m{"token": token, "key": key}, nil })
	holdfast.Get(app, "/both", holdfast.Security(found), func(_ context.Context, found m, _ holdfast.NoInput) (m, error) { return found, nil })
}
