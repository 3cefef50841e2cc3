// Command holdfast serves the contract with Holdfast.
//
// It follows examples/fastapi-tutorial.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/bench/peers/app"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
)

var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	me    = oauth.Scope("me", "Read information about the current user.")
	items = oauth.Scope("items", "Read items.")
)

var (
	errCredentials = &holdfast.Error{
		Status: http.StatusUnauthorized, Detail: app.BadToken, Header: http.Header{"WWW-Authenticate": {"Bearer"}},
	}
	errLogin = holdfast.Errorf(http.StatusBadRequest, app.BadLogin)
)

func findUser(_ context.Context, claims jwt.Claims) (app.User, error) {
	user, found := app.Users[claims.Subject]
	if !found {
		return app.User{}, errCredentials
	}
	return user, nil
}

func checkActive(_ context.Context, user app.User) (app.User, error) {
	if user.Disabled {
		return app.User{}, holdfast.Errorf(http.StatusBadRequest, app.IsInactive)
	}
	return user, nil
}

func readItems(_ context.Context, user app.User, _ holdfast.NoInput) ([]app.Item, error) {
	return app.Items(user.Name), nil
}

func readStatus(context.Context, app.User, holdfast.NoInput) (app.Status, error) {
	return app.Status{Status: "ok"}, nil
}

func public(context.Context, holdfast.Anyone, holdfast.NoInput) (app.Message, error) {
	return app.Message{Message: "Hello World"}, nil
}

type login struct {
	passwords *password.Context
	signer    *jwt.Signer
}

func (l *login) token(ctx context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (app.Token, error) {
	user, found := app.Users[form.Username]
	if !found {
		return app.Token{}, cmp.Or(l.passwords.DummyVerify(ctx, form.Password), error(errLogin))
	}
	switch good, err := l.passwords.Verify(ctx, form.Password, string(user.Hash)); {
	case err != nil:
		return app.Token{}, err
	case !good:
		return app.Token{}, errLogin
	}
	text, err := l.signer.Sign(jwt.Claims{Subject: user.Name, Scope: strings.Join(form.Scopes(), " ")})
	return app.Token{AccessToken: text, TokenType: "bearer"}, err
}

func newApp() (*holdfast.App, error) {
	passwords, err1 := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(12)}})
	key, err2 := jwt.SecretKey(jwt.HS256, app.Secret)
	signer, err3 := jwt.NewSigner(jwt.SignerConfig{
		Key: key, Type: "JWT", TTL: app.TTL, InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	verifier, err4 := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT", InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	currentUser := holdfast.Depends1(holdfast.Verify(oauth, verifier.Verify), findUser)
	activeUser := holdfast.Depends1(currentUser.Require(me), checkActive)
	a := holdfast.New("Peers", "1.0.0")
	holdfast.Post(a, "/token", holdfast.Public(), (&login{passwords, signer}).token)
	holdfast.Get(a, "/users/me/items/", holdfast.Security(activeUser, items), readItems)
	holdfast.Get(a, "/status/", holdfast.Security(currentUser), readStatus)
	holdfast.Get(a, "/public", holdfast.Public(), public)
	return a, a.Err()
}

func main() {
	addr := app.Start()
	a, err := newApp()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(a.ListenAndServe(context.Background(), addr))
}
