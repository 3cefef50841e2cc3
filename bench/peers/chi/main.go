// Command chi serves the contract with chi, and with jwtauth, the package for
// tokens of chi's authors.
//
// It follows https://go-chi.io/#/pages/routing and the README of
// https://github.com/go-chi/jwtauth, whose Authenticator "is just fine until you
// decide to write something similar and customize your client response". Without
// the logger of its examples: no peer logs requests.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

var tokenAuth = jwtauth.New("HS256", app.Secret, nil)

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	answer(w, http.StatusUnauthorized, app.Problem{Detail: app.BadToken})
}

type userKey struct{}

// authenticator finds the user of the token that Verifier has checked.
func authenticator(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _, err := jwtauth.FromContext(r.Context())
		if err != nil || token == nil {
			unauthorized(w)
			return
		}
		user, found := app.Users[token.Subject()]
		if !found {
			unauthorized(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
	})
}

func requireScopes(scopes ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, claims, _ := jwtauth.FromContext(r.Context())
			text, _ := claims["scope"].(string)
			granted := strings.Fields(text)
			for _, scope := range scopes {
				if !slices.Contains(granted, scope) {
					answer(w, http.StatusForbidden, app.Problem{Detail: app.FewScopes})
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func items(w http.ResponseWriter, r *http.Request) {
	user := r.Context().Value(userKey{}).(app.User)
	if user.Disabled {
		answer(w, http.StatusBadRequest, app.Problem{Detail: app.IsInactive})
		return
	}
	answer(w, http.StatusOK, app.Items(user.Name))
}

func status(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, app.Status{Status: "ok"})
}

func public(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, app.Message{Message: "Hello World"})
}

func login(w http.ResponseWriter, r *http.Request) {
	user, found := app.Users[r.FormValue("username")]
	if !found || bcrypt.CompareHashAndPassword(user.Hash, []byte(r.FormValue("password"))) != nil {
		answer(w, http.StatusBadRequest, app.Problem{Detail: app.BadLogin})
		return
	}
	claims := map[string]any{"sub": user.Name, "scope": r.FormValue("scope")}
	jwtauth.SetExpiry(claims, time.Now().Add(app.TTL))
	_, text, err := tokenAuth.Encode(claims)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, app.Token{AccessToken: text, TokenType: "bearer"})
}

func main() {
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(jwtauth.Verifier(tokenAuth), authenticator)
		r.With(requireScopes("me", "items")).Get("/users/me/items/", items)
		r.Get("/status/", status)
	})
	r.Get("/public", public)
	r.Post("/token", login)
	log.Fatal(http.ListenAndServe(app.Start(), r))
}
