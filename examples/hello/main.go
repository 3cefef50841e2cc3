// Command hello is the smallest Holdfast program: three routes, and who may
// call each. Tokens are user names here; examples/shop shows real ones.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"

	"github.com/holdfast-go/holdfast"
)

var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	items = oauth.Scope("items", "Read items")
	admin = holdfast.NewRole("admin", "Everything")
)

type user struct {
	Name   string   `json:"name"`
	Scopes []string `json:"-"`
	Roles  []string `json:"-"`
}

func (u user) HasScope(name string) bool { return slices.Contains(u.Scopes, name) }
func (u user) HasRole(name string) bool  { return slices.Contains(u.Roles, name) }

var users = map[string]user{
	"alice": {"alice", []string{"items"}, []string{"admin"}},
	"bob":   {"bob", []string{"items"}, nil},
	"carol": {"carol", nil, nil},
}

func verify(_ context.Context, token string) (user, error) {
	if u, ok := users[token]; ok {
		return u, nil
	}
	return user{}, errors.New("no such user")
}

type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
}

func login(_ context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (token, error) {
	return token{form.Username, "bearer"}, nil
}

func health(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "ok", nil }

func readItems(_ context.Context, u user, _ holdfast.NoInput) ([]string, error) {
	return []string{"sword of " + u.Name}, nil
}

type userID struct {
	ID int `path:"id" minimum:"1"`
}

func deleteUser(_ context.Context, by user, in userID) (string, error) {
	return fmt.Sprintf("%s deleted user %d", by.Name, in.ID), nil
}

func routes() *holdfast.App {
	who := holdfast.Verify(oauth, verify)
	app := holdfast.New("Hello", "1.0.0")
	holdfast.Get(app, "/health", holdfast.Public(), health)
	holdfast.Post(app, "/token", holdfast.Public(), login)
	holdfast.Get(app, "/items/", holdfast.Security(who, items), readItems)
	holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(who, admin), deleteUser)
	return app
}

func main() {
	app := routes()
	if err := app.WriteAccess(os.Stdout); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := app.ListenAndServe(ctx, "127.0.0.1:8000"); err != nil {
		log.Fatal(err)
	}
}
