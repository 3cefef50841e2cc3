// Command golangjwt serves the contract with net/http and golang-jwt.
//
// It follows https://golang-jwt.github.io/jwt/usage/parse/.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

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

// protect calls next with the user of a token that has these scopes.
func protect(next http.HandlerFunc, scopes ...string) http.HandlerFunc {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}))
	key := func(*jwt.Token) (any, error) { return app.Secret, nil }
	return func(w http.ResponseWriter, r *http.Request) {
		text, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found {
			unauthorized(w)
			return
		}
		var c claims
		if _, err := parser.ParseWithClaims(text, &c, key); err != nil {
			unauthorized(w)
			return
		}
		user, found := app.Users[c.Subject]
		if !found {
			unauthorized(w)
			return
		}
		granted := strings.Fields(c.Scope)
		for _, scope := range scopes {
			if !slices.Contains(granted, scope) {
				answer(w, http.StatusForbidden, app.Problem{Detail: app.FewScopes})
				return
			}
		}
		next(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
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
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{r.FormValue("scope"), jwt.RegisteredClaims{
		Subject: user.Name, ExpiresAt: jwt.NewNumericDate(time.Now().Add(app.TTL)),
	}})
	text, err := token.SignedString(app.Secret)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, app.Token{AccessToken: text, TokenType: "bearer"})
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", login)
	mux.HandleFunc("GET /users/me/items/{$}", protect(items, "me", "items"))
	mux.HandleFunc("GET /status/{$}", protect(status))
	mux.HandleFunc("GET /public", public)
	log.Fatal(http.ListenAndServe(app.Start(), mux))
}
