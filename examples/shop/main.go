// Command shop is five questions that everybody who secures an API asks, as
// one small API: who may do what (36), tokens (37), passwords (38), roles (39)
// and heavy work (40). Its users live in memory.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"math"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// 36: scopes are declared once, with the words that the docs page shows.
var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	me    = oauth.Scope("me", "Read own data")
	items = oauth.Scope("items", "Read items")

	admin   = holdfast.NewRole("admin", "Everything")
	manager = holdfast.NewRole("manager", "The shop")
)

// User is who may sign in.
type User struct {
	ID    int      `json:"id"`
	Name  string   `json:"username"`
	Roles []string `json:"roles"`
	hash  string
}

// HasRole makes a User a principal that AnyRole can ask.
func (u User) HasRole(name string) bool { return slices.Contains(u.Roles, name) }

// Shop is the users, and what hashes their passwords and makes their tokens.
type Shop struct {
	mu        sync.RWMutex
	users     map[string]User
	passwords *password.Context
	signer    *jwt.Signer
	tokens    *jwt.Verifier
	lane      *work.Lane

	wait, work time.Duration // what /async and /sync, and what /heavy take
}

// newShop makes a shop whose tokens are signed with the secret, which must
// have at least 32 bytes. Bcrypt's work doubles with each step of the cost. With
// headroom, heavy work yields to everything else.
func newShop(secret []byte, cost int, headroom *work.Headroom) (*Shop, error) {
	lane := work.NewLane(work.Config{Name: "heavy", Headroom: headroom})
	// 38: bcrypt as Passlib has it; hashing runs in a lane, so that a flood of
	// logins delays no other request.
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(cost)}, Run: lane.Do})
	if err != nil {
		return nil, err
	}
	// 37: HS256, thirty minutes, and nothing but sub, scope and times.
	key, err := jwt.SecretKey(jwt.HS256, secret)
	if err != nil {
		return nil, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Key: key, Type: "JWT", TTL: 30 * time.Minute, InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		return nil, err
	}
	tokens, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Type: "JWT",
		InsecureNoIssuer: true, InsecureNoAudience: true,
	})
	if err != nil {
		return nil, err
	}
	return &Shop{
		users: map[string]User{}, passwords: passwords, signer: signer, tokens: tokens, lane: lane,
		wait: time.Second, work: 10 * time.Second,
	}, nil
}

// routes is the table of who may do what.
func (s *Shop) routes() *holdfast.App {
	user := holdfast.Depends1(holdfast.Verify(oauth, s.tokens.Verify), s.findUser)

	app := holdfast.New("Shop", "1.0.0")
	holdfast.Post(app, "/token", holdfast.Public(), s.login)
	holdfast.Get(app, "/users/me", holdfast.Security(user, me), readMe)
	holdfast.Get(app, "/items/", holdfast.Security(user, items), readItems)                            // 36
	holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(user, admin), s.deleteUser)                   // 39
	holdfast.Get(app, "/reports", holdfast.AnyRole(user, admin, manager), readReports)                 // 39
	holdfast.Get(app, "/async", holdfast.Public(), s.waits("I am fast"))                               // 40
	holdfast.Get(app, "/sync", holdfast.Public(), s.waits("I am compatible"))                          // 40
	holdfast.Get(app, "/heavy", holdfast.AnyRole(user, admin), burns(s.work), holdfast.InLane(s.lane)) // 40
	return app
}

type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
}

var errLogin = &holdfast.Error{
	Status: http.StatusUnauthorized, Detail: "Incorrect username or password",
	Header: http.Header{"WWW-Authenticate": {"Bearer"}},
}

func (s *Shop) login(ctx context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (token, error) {
	s.mu.RLock()
	user, ok := s.users[form.Username]
	s.mu.RUnlock()
	if !ok {
		// Hash all the same, so that the time does not tell who has an account.
		return token{}, cmp.Or(s.passwords.DummyVerify(ctx, form.Password), error(errLogin))
	}
	good, newHash, err := s.passwords.VerifyAndUpdate(ctx, form.Password, user.hash)
	switch {
	case err != nil:
		return token{}, err // a full lane is a 503 with Retry-After, not a wrong password
	case !good:
		return token{}, errLogin
	case newHash != "":
		s.put(user, newHash)
	}
	signed, err := s.signer.Sign(jwt.Claims{Subject: user.Name, Scope: strings.Join(granted(form.Scopes()), " ")})
	return token{signed, "bearer"}, err
}

// granted are those of the wanted scopes that every user of the shop may have.
func granted(wanted []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(one string) bool {
		return one != me.Name() && one != items.Name()
	})
}

func (s *Shop) findUser(_ context.Context, claims jwt.Claims) (User, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	user, ok := s.users[claims.Subject]
	if !ok {
		return User{}, &holdfast.Error{
			Status: http.StatusUnauthorized, Detail: "Could not validate credentials",
			Header: http.Header{"WWW-Authenticate": {`Bearer error="invalid_token"`}},
		}
	}
	return user, nil
}

func (s *Shop) put(user User, hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user.hash = hash
	s.users[user.Name] = user
}

func readMe(_ context.Context, user User, _ holdfast.NoInput) (User, error) { return user, nil }

type item struct {
	Item string `json:"item"`
}

func readItems(context.Context, User, holdfast.NoInput) ([]item, error) {
	return []item{{"Sword"}}, nil
}

type message struct {
	Msg string `json:"msg"`
}

type userID struct {
	ID int `path:"id"`
}

func (s *Shop) deleteUser(_ context.Context, _ User, in userID) (message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, user := range s.users {
		if user.ID == in.ID {
			delete(s.users, name)
			return message{"User deleted"}, nil
		}
	}
	return message{}, holdfast.Errorf(http.StatusNotFound, "User not found")
}

func readReports(context.Context, User, holdfast.NoInput) (message, error) {
	return message{"Sold: 1 sword"}, nil
}

// waits makes a handler that waits for a while. Waiting is cheap: every request
// has a goroutine of its own.
func (s *Shop) waits(text string) func(context.Context, holdfast.Anyone, holdfast.NoInput) (message, error) {
	return func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (message, error) {
		select {
		case <-time.After(s.wait):
			return message{text}, nil
		case <-ctx.Done():
			return message{}, ctx.Err()
		}
	}
}

// burns makes a handler that keeps a core busy. The route says that it runs in
// the lane for such work.
func burns(d time.Duration) func(context.Context, User, holdfast.NoInput) (message, error) {
	return func(ctx context.Context, _ User, _ holdfast.NoInput) (message, error) {
		var sum float64
		for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
			for i := range 100_000 {
				sum += math.Sqrt(float64(i))
			}
		}
		return message{fmt.Sprintf("%.0f", sum)}, ctx.Err()
	}
}

func people() []User {
	return []User{{Name: "alice", Roles: []string{"admin"}}, {Name: "mia", Roles: []string{"manager"}}, {Name: "bob", Roles: []string{"user"}}}
}

// open gives everybody a password, which is printed and nowhere else.
func (s *Shop) open(ctx context.Context) error {
	for i, user := range people() {
		secret := rand.Text()
		hash, err := s.passwords.Hash(ctx, secret)
		if err != nil {
			return err
		}
		user.ID = i + 1
		s.put(user, hash)
		fmt.Printf("%s (%s): %s\n", user.Name, user.Roles[0], secret)
	}
	return nil
}

func run(ctx context.Context) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	headroom := work.NewHeadroom()
	defer headroom.Close()
	shop, err := newShop(secret, 12, headroom)
	if err != nil {
		return err
	}
	defer shop.lane.Close()
	if err := shop.open(ctx); err != nil {
		return err
	}
	app := shop.routes()
	if err := app.WriteAccess(os.Stdout); err != nil {
		return err
	}
	fmt.Println("http://127.0.0.1:8000/docs")
	return app.ListenAndServe(ctx, "127.0.0.1:8000")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}
