// Command fastapi-tutorial is the last chapter of FastAPI's security tutorial,
// "OAuth2 scopes", in Holdfast: the same routes, scopes and answers.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
)

// oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token", scopes={...})
var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	me    = oauth.Scope("me", "Read information about the current user.")
	items = oauth.Scope("items", "Read items.")
)

type user struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	FullName string `json:"full_name"`
	Disabled bool   `json:"disabled"`
}

type tutorial struct {
	users     map[string]user   // never changed after start
	hashes    map[string]string // by user name; never changed after start
	passwords *password.Context
	signer    *jwt.Signer
	verifier  *jwt.Verifier
}

// routes has the tutorial's path operations. get_current_user compares the
// scopes of a token by hand there; here Verify does.
func (t *tutorial) routes() *holdfast.App {
	currentUser := holdfast.Depends1(holdfast.Verify(oauth, t.verifier.Verify), t.findUser)
	activeUser := holdfast.Depends1(currentUser.Require(me), checkActive)

	app := holdfast.New("FastAPI's tutorial", "1.0.0")
	holdfast.Post(app, "/token", holdfast.Public(), t.login)
	holdfast.Get(app, "/users/me/", holdfast.Security(activeUser), readMe)
	holdfast.Get(app, "/users/me/items/", holdfast.Security(activeUser, items), readItems)
	holdfast.Get(app, "/status/", holdfast.Security(currentUser), readStatus)
	return app
}

var errCredentials = &holdfast.Error{
	Status: http.StatusUnauthorized, Detail: "Could not validate credentials",
	Header: http.Header{"WWW-Authenticate": {`Bearer error="invalid_token"`}},
}

func (t *tutorial) findUser(_ context.Context, claims jwt.Claims) (user, error) {
	found, ok := t.users[claims.Subject]
	if !ok {
		return user{}, errCredentials
	}
	return found, nil
}

func checkActive(_ context.Context, u user) (user, error) {
	if u.Disabled {
		return user{}, holdfast.Errorf(http.StatusBadRequest, "Inactive user")
	}
	return u, nil
}

type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
}

var errLogin = holdfast.Errorf(http.StatusBadRequest, "Incorrect username or password")

// login grants the scopes that are asked for, as the tutorial does; a real
// server grants those that the user may have: see examples/shop.
func (t *tutorial) login(ctx context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (token, error) {
	hash, ok := t.hashes[form.Username]
	if !ok {
		// What an existing user's password costs, and what can go wrong with it:
		// neither time nor answer tells who has an account.
		return token{}, cmp.Or(t.passwords.DummyVerify(ctx, form.Password), error(errLogin))
	}
	switch good, err := t.passwords.Verify(ctx, form.Password, hash); {
	case err != nil:
		return token{}, err
	case !good:
		return token{}, errLogin
	}
	signed, err := t.signer.Sign(jwt.Claims{Subject: form.Username, Scope: strings.Join(form.Scopes(), " ")})
	return token{signed, "bearer"}, err
}

func readMe(_ context.Context, u user, _ holdfast.NoInput) (user, error) { return u, nil }

type item struct {
	ItemID string `json:"item_id"`
	Owner  string `json:"owner"`
}

func readItems(_ context.Context, u user, _ holdfast.NoInput) ([]item, error) {
	return []item{{"Foo", u.Username}}, nil
}

type status struct {
	Status string `json:"status"`
}

func readStatus(context.Context, user, holdfast.NoInput) (status, error) {
	return status{"ok"}, nil
}

// newTutorial makes the tutorial's two users with these passwords, and a key
// that lives as long as the process.
func newTutorial(ctx context.Context, secrets map[string]string) (*tutorial, error) {
	passwords, err1 := password.NewContext(password.Config{})
	key, err2 := jwt.SecretKey(jwt.HS256, []byte(rand.Text()+rand.Text()))
	signer, err3 := jwt.NewSigner(jwt.SignerConfig{
		Key: key, Type: "JWT", TTL: 30 * time.Minute, InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	verifier, err4 := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT", InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	users := map[string]user{
		"johndoe": {"johndoe", "johndoe@example.com", "John Doe", false},
		"alice":   {"alice", "alicechains@example.com", "Alice Chains", true},
	}
	hashes := map[string]string{}
	for name, secret := range secrets {
		hash, err := passwords.Hash(ctx, secret)
		if err != nil {
			return nil, err
		}
		hashes[name] = hash
	}
	return &tutorial{users, hashes, passwords, signer, verifier}, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	secrets := map[string]string{"johndoe": rand.Text(), "alice": rand.Text()}
	t, err := newTutorial(ctx, secrets)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://127.0.0.1:8000/docs", secrets)
	if err := t.routes().ListenAndServe(ctx, "127.0.0.1:8000"); err != nil {
		log.Print(err)
	}
}
