// Command bare serves the contract with net/http and a check written by hand.
// Everything else is compared with it.
//
// It follows https://pkg.go.dev/net/http#ServeMux.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/bench/bare"
	"github.com/holdfast-go/holdfast/bench/peers/app"
)

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	answer(w, http.StatusUnauthorized, app.Problem{Detail: app.BadToken})
}

// current returns the user of a token that has these scopes, or answers.
func current(w http.ResponseWriter, r *http.Request, scopes ...string) (app.User, bool) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		unauthorized(w)
		return app.User{}, false
	}
	claims, err := bare.Verify(app.Secret, token)
	if err != nil {
		unauthorized(w)
		return app.User{}, false
	}
	user, found := app.Users[claims.Subject]
	switch {
	case !found:
		unauthorized(w)
		return app.User{}, false
	case !claims.HasScopes(scopes...):
		answer(w, http.StatusForbidden, app.Problem{Detail: app.FewScopes})
		return app.User{}, false
	}
	return user, true
}

func items(w http.ResponseWriter, r *http.Request) {
	user, ok := current(w, r, "me", "items")
	switch {
	case !ok:
	case user.Disabled:
		answer(w, http.StatusBadRequest, app.Problem{Detail: app.IsInactive})
	default:
		answer(w, http.StatusOK, app.Items(user.Name))
	}
}

func status(w http.ResponseWriter, r *http.Request) {
	if _, ok := current(w, r); ok {
		answer(w, http.StatusOK, app.Status{Status: "ok"})
	}
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
	claims := bare.Claims{Subject: user.Name, Scope: r.FormValue("scope"), Expires: time.Now().Add(app.TTL).Unix()}
	token, err := bare.Sign(app.Secret, claims)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, app.Token{AccessToken: token, TokenType: "bearer"})
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", login)
	mux.HandleFunc("GET /users/me/items/{$}", items)
	mux.HandleFunc("GET /status/{$}", status)
	mux.HandleFunc("GET /public", public)
	log.Fatal(http.ListenAndServe(app.Start(), mux))
}
