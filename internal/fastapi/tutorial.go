package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
)

func security001() *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/items/", holdfast.Security(holdfast.OAuth2PasswordBearer("token").Credential()), showToken)
	return app
}

type user struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	FullName string `json:"full_name"`
	Disabled *bool  `json:"disabled"`
}

func showUser(_ context.Context, u user, _ holdfast.NoInput) (user, error) { return u, nil }

func security002() *holdfast.App {
	oauth := holdfast.OAuth2PasswordBearer("token")
	decode := func(_ context.Context, token string) (user, error) {
		return user{Username: token + "fakedecoded", Email: "john@example.com", FullName: "John Doe"}, nil
	}
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(holdfast.Depends1(oauth.Credential(), decode)), showUser)
	return app
}

// stored is a user with what the database knows beside.
type stored struct {
	user
	Hash string `json:"hashed_password"`
}

func isTrue(b *bool) bool { return b != nil && *b }

var (
	errInactive = holdfast.Errorf(http.StatusBadRequest, "Inactive user")
	errLogin    = holdfast.Errorf(http.StatusBadRequest, "Incorrect username or password")
)

type bearer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
}

// people are the tutorial's two users.
func people() map[string]user {
	no, yes := false, true
	return map[string]user{
		"johndoe": {"johndoe", "johndoe@example.com", "John Doe", &no},
		"alice":   {"alice", "alice@example.com", "Alice Wonderson", &yes},
	}
}

func security003() *holdfast.App {
	users := people()
	hashes := map[string]string{"johndoe": "fakehashedsecret", "alice": "fakehashedsecret2"}
	oauth := holdfast.OAuth2PasswordBearer("token")
	current := holdfast.Depends1(oauth.Credential(), func(_ context.Context, token string) (stored, error) {
		found, ok := users[token]
		if !ok {
			return stored{}, &holdfast.Error{Status: http.StatusUnauthorized, Detail: "Not authenticated", Header: challenge("Bearer")}
		}
		return stored{found, hashes[token]}, nil
	})
	active := holdfast.Depends1(current, func(_ context.Context, u stored) (stored, error) {
		if isTrue(u.Disabled) {
			return stored{}, errInactive
		}
		return u, nil
	})
	app := newApp()
	holdfast.Post(app, "/token", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, f holdfast.OAuth2PasswordRequestForm) (bearer, error) {
		if hash, ok := hashes[f.Username]; !ok || hash != "fakehashed"+f.Password {
			return bearer{}, errLogin
		}
		return bearer{f.Username, "bearer"}, nil
	})
	holdfast.Get(app, "/users/me", holdfast.Security(active), func(_ context.Context, u stored, _ holdfast.NoInput) (stored, error) { return u, nil })
	return app
}

func challenge(value string) http.Header { return http.Header{"WWW-Authenticate": {value}} }

func unauthorized(detail, value string) error {
	return &holdfast.Error{Status: http.StatusUnauthorized, Detail: detail, Header: challenge(value)}
}

// secrets are hashed once for all applications, because that takes its time.
var secrets = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name, secret := range map[string]string{"johndoe": "secret", "alice": "secretalice"} {
		hash, err := passwords().Hash(context.Background(), secret)
		if err != nil {
			panic(err)
		}
		out[name] = hash
	}
	return out
})

var passwords = sync.OnceValue(func() *password.Context {
	c, err := password.NewContext(password.Config{})
	if err != nil {
		panic(err)
	}
	return c
})

// tokens are the tutorial's: HS256, thirty minutes, no issuer and no audience.
type tokens struct {
	signer   *jwt.Signer
	verifier *jwt.Verifier
}

func newTokens() tokens {
	key, err := jwt.SecretKey(jwt.HS256, []byte("a secret of the tutorial, at least 32 bytes"))
	if err != nil {
		panic(err)
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Key: key, Type: "JWT", TTL: 30 * time.Minute, InsecureNoIssuer: true, InsecureNoAudience: true})
	if err != nil {
		panic(err)
	}
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT", InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		panic(err)
	}
	return tokens{signer, verifier}
}

// login makes the route for tokens. refused is the answer to a wrong name or
// password.
func (t tokens) login(users map[string]user, refused error) func(context.Context, holdfast.Anyone, holdfast.OAuth2PasswordRequestForm) (bearer, error) {
	return func(ctx context.Context, _ holdfast.Anyone, f holdfast.OAuth2PasswordRequestForm) (bearer, error) {
		if _, ok := users[f.Username]; !ok {
			return bearer{}, cmp.Or(passwords().DummyVerify(ctx, f.Password), refused)
		}
		switch good, err := passwords().Verify(ctx, f.Password, secrets()[f.Username]); {
		case err != nil:
			return bearer{}, err
		case !good:
			return bearer{}, refused
		}
		signed, err := t.signer.Sign(jwt.Claims{Subject: f.Username, Scope: strings.Join(f.Scopes(), " ")})
		return bearer{signed, "bearer"}, err
	}
}

type owned struct {
	ItemID string `json:"item_id"`
	Owner  string `json:"owner"`
}

func showOwned(_ context.Context, u user, _ holdfast.NoInput) ([]owned, error) {
	return []owned{{"Foo", u.Username}}, nil
}

func active(_ context.Context, u user) (user, error) {
	if isTrue(u.Disabled) {
		return user{}, errInactive
	}
	return u, nil
}

func security004() *holdfast.App {
	t, users := newTokens(), people()
	delete(users, "alice")
	oauth := holdfast.OAuth2PasswordBearer("token")
	current := holdfast.Depends1(oauth.Credential(), func(ctx context.Context, token string) (user, error) {
		claims, err := t.verifier.Verify(ctx, token)
		found, ok := users[claims.Subject]
		if err != nil || !ok {
			return user{}, unauthorized("Could not validate credentials", "Bearer")
		}
		return found, nil
	})
	activeUser := holdfast.Depends1(current, active)
	app := newApp()
	holdfast.Post(app, "/token", holdfast.Public(), t.login(users, unauthorized("Incorrect username or password", "Bearer")))
	holdfast.Get(app, "/users/me/", holdfast.Security(activeUser), showUser)
	holdfast.Get(app, "/users/me/items/", holdfast.Security(activeUser), showOwned)
	return app
}

// security005 compares scopes by hand, as FastAPI's tutorial does, and so keeps
// its 401; examples/fastapi-tutorial leaves the comparison to Verify.
func security005() *holdfast.App {
	t, users := newTokens(), people()
	oauth := holdfast.OAuth2PasswordBearer("token")
	me := oauth.Scope("me", "Read information about the current user.")
	items := oauth.Scope("items", "Read items.")
	current := holdfast.Depends2(holdfast.SecurityScopes(), oauth.Credential(), func(ctx context.Context, wanted holdfast.Scopes, token string) (user, error) {
		value := "Bearer"
		if len(wanted) > 0 {
			value = `Bearer scope="` + wanted.String() + `"`
		}
		claims, err := t.verifier.Verify(ctx, token)
		found, ok := users[claims.Subject]
		if err != nil || !ok {
			return user{}, unauthorized("Could not validate credentials", value)
		}
		if slices.ContainsFunc(wanted, func(one holdfast.Scope) bool { return !claims.HasScope(one.Name()) }) {
			return user{}, unauthorized("Not enough permissions", value)
		}
		return found, nil
	})
	activeUser := holdfast.Depends1(current.Require(me), active)
	app := newApp()
	holdfast.Post(app, "/token", holdfast.Public(), t.login(users, errLogin))
	holdfast.Get(app, "/users/me/", holdfast.Security(activeUser), showUser)
	holdfast.Get(app, "/users/me/items/", holdfast.Security(activeUser, items), showOwned)
	holdfast.Get(app, "/status/", holdfast.Security(current), answerOK)
	return app
}

func security007() *holdfast.App {
	same := func(a, b string) int { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) }
	current := holdfast.Depends1(holdfast.HTTPBasic("").Credential(), func(_ context.Context, c holdfast.BasicCredentials) (username, error) {
		if same(c.Username, "stanleyjobson")&same(c.Password, "swordfish") != 1 {
			return username{}, unauthorized("Incorrect username or password", "Basic")
		}
		return username{c.Username}, nil
	})
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(current), func(_ context.Context, u username, _ holdfast.NoInput) (username, error) { return u, nil })
	return app
}
