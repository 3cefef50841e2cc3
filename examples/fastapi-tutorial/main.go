// Command fastapi-tutorial is the last chapter of FastAPI's security tutorial,
// "OAuth2 scopes", in Holdfast: the same routes, scopes and answers.
package main

import (
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
	"github.com/holdfast-go/holdfast/work"
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

func (t *tutorial) findUser(_ context.Context, claims jwt.Claims) (user, error) {
	found, ok := t.users[claims.Subject]
	if !ok {
		return user{}, &holdfast.Error{
			Status: http.StatusUnauthorized, Detail: "Could not validate credentials",
			Header: http.Header{"WWW-Authenticate": {`Bearer error="invalid_token"`}},
		}
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
		return token{}, errors.Join(errLogin, t.passwords.DummyVerify(ctx, form.Password))
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

// newTutorial makes the tutorial's two users with these passwords.
func newTutorial(ctx context.Context, passwords map[string]string) (*tutorial, error) {
	t := &tutorial{
		users: map[string]user{
			"johndoe": {"johndoe", "johndoe@example.com", "John Doe", false},
			"alice":   {"alice", "alicechains@example.com", "Alice Chains", true},
		},
		hashes: map[string]string{},
	}
	lane := work.NewLane(work.Config{Name: "passwords"})
	var err error
	if t.passwords, err = password.NewContext(password.Config{Run: lane.Do}); err != nil {
		return nil, err
	}
	for name, secret := range passwords {
		if t.hashes[name], err = t.passwords.Hash(ctx, secret); err != nil {
			return nil, err
		}
	}
	return t, t.makeTokens()
}

func (t *tutorial) makeTokens() error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	key, err := jwt.SecretKey(jwt.HS256, secret)
	if err != nil {
		return err
	}
	t.signer, err = jwt.NewSigner(jwt.SignerConfig{
		Key: key, Type: "JWT", TTL: 30 * time.Minute, InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		return err
	}
	t.verifier, err = jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT",
		InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	return err
}

func run(ctx context.Context) error {
	passwords := map[string]string{"johndoe": rand.Text(), "alice": rand.Text()}
	t, err := newTutorial(ctx, passwords)
	if err != nil {
		return err
	}
	for name, secret := range passwords {
		fmt.Printf("%s: %s\n", name, secret)
	}
	fmt.Println("http://127.0.0.1:8000/docs")
	app := t.routes()
	if err := app.WriteAccess(os.Stdout); err != nil {
		return err
	}
	return app.ListenAndServe(ctx, "127.0.0.1:8000")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}
