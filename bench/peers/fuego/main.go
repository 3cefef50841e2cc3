// Command fuego serves the contract with Fuego, and golang-jwt in a middleware:
// what Fuego has itself signs with ES256, which costs far more than the
// contract's HS256.
//
// It follows https://go-fuego.dev/docs/guides/middlewares,
// https://go-fuego.dev/docs/guides/errors and
// https://golang-jwt.github.io/jwt/usage/parse/. Without its logger: no peer
// logs requests.
package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-fuego/fuego"
	"github.com/go-fuego/fuego/option"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

type userKey struct{}

func unauthorized(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	fuego.SendJSONError(w, r, fuego.HTTPError{Status: http.StatusUnauthorized, Detail: app.BadToken})
}

// protect calls next with the user of a token that has these scopes.
func protect(scopes ...string) func(http.Handler) http.Handler {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	key := func(*jwt.Token) (any, error) { return app.Secret, nil }
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var said claims
			if _, err := parser.ParseWithClaims(fuego.TokenFromHeader(r), &said, key); err != nil {
				unauthorized(w, r)
				return
			}
			user, found := app.Users[said.Subject]
			if !found {
				unauthorized(w, r)
				return
			}
			granted := strings.Fields(said.Scope)
			for _, scope := range scopes {
				if !slices.Contains(granted, scope) {
					fuego.SendJSONError(w, r, fuego.HTTPError{Status: http.StatusForbidden, Detail: app.FewScopes})
					return
				}
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
		})
	}
}

func items(c fuego.ContextNoBody) ([]app.Item, error) {
	user := c.Value(userKey{}).(app.User)
	if user.Disabled {
		return nil, fuego.BadRequestError{Detail: app.IsInactive}
	}
	return app.Items(user.Name), nil
}

func status(fuego.ContextNoBody) (app.Status, error) { return app.Status{Status: "ok"}, nil }

func public(fuego.ContextNoBody) (app.Message, error) {
	return app.Message{Message: "Hello World"}, nil
}

// login reads the form itself: a body that Fuego reads may have no field that
// its type lacks, and OAuth's form has some that the contract does not use.
func login(c fuego.ContextNoBody) (app.Token, error) {
	r := c.Request()
	user, found := app.Users[r.FormValue("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(r.FormValue("password"))) != nil {
		return app.Token{}, fuego.BadRequestError{Detail: app.BadLogin}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{r.FormValue("scope"), jwt.RegisteredClaims{
		Subject: user.Name, ExpiresAt: jwt.NewNumericDate(time.Now().Add(app.TTL)),
	}})
	text, err := token.SignedString(app.Secret)
	return app.Token{AccessToken: text, TokenType: "bearer"}, err
}

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	s := fuego.NewServer(
		fuego.WithAddr(app.Start()),
		fuego.WithLoggingMiddleware(fuego.LoggingConfig{DisableRequest: true, DisableResponse: true}),
		fuego.WithEngineOptions(fuego.WithOpenAPIConfig(fuego.OpenAPIConfig{DisableLocalSave: true})),
	)
	fuego.Post(s, "/token", login)
	fuego.Get(s, "/users/me/items/{$}", items, option.Middleware(protect("me", "items")))
	fuego.Get(s, "/status/{$}", status, option.Middleware(protect()))
	fuego.Get(s, "/public", public)
	log.Fatal(s.Run())
}
