// Command own-users is a service whose users stay where they are: in a table of
// its own database, with the hashes that Passlib made. The first start makes
// people.db from people.sql, and keys.db for the key that signs tokens, which
// `holdfast key rotate --db keys.db` replaces while the service runs.
//
//	$ go run ./examples/own-users
//	$ curl localhost:8000/token -d username=bob -d password=bob-the-builder-22 -d scope=items:write
//	$ curl -X PUT -H 'Authorization: Bearer eyJ…' --json '{"title":"Drill"}' localhost:8000/items/1
package main

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"hash/maphash"
	"log"
	"net/http"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	_ "modernc.org/sqlite" // the driver

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
	"github.com/holdfast-go/holdfast/work"
)

var (
	auth       = holdfast.OAuth2PasswordBearer("token")
	me         = auth.Scope("me", "Read own data")
	readItems  = auth.Scope("items:read", "Read items")
	writeItems = auth.Scope("items:write", "Change items")

	admin   = holdfast.NewRole("admin", "Everything").Grants(me, readItems, writeItems)
	manager = holdfast.NewRole("manager", "Clears up").Grants(me, readItems, writeItems)
	member  = holdfast.NewRole("user", "Has items").Grants(me, readItems, writeItems)
	roles   = []holdfast.Role{admin, manager, member}
)

// routes is the table of who may do what. Items are everybody's to read, and
// their owner's to change.
func (s *service) routes() *holdfast.App {
	caller := holdfast.Verify(auth, s.caller)
	item := holdfast.Depends2(caller, holdfast.Params[rowID](), s.findItem)
	ownItem := holdfast.Depends2(caller, item, onlyOwn)

	app := holdfast.NewApp(holdfast.Config{Title: "Own users", Version: "1.0.0", Roles: roles})
	holdfast.Post(app, "/token", holdfast.Public(), s.login)
	holdfast.Get(app, "/users/me", holdfast.Security(caller, me), readMe)
	holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(caller, admin), s.remove("DELETE FROM users WHERE id = ?"))
	holdfast.Get(app, "/items/{id}", holdfast.Security(item, readItems), readItem)
	holdfast.Put(app, "/items/{id}", holdfast.Security(ownItem, writeItems), s.changeItem)
	holdfast.Delete(app, "/items/{id}", holdfast.AnyRole(caller.Require(writeItems), admin, manager), s.remove("DELETE FROM items WHERE id = ?"))
	return app
}

const home, lifetime = "http://127.0.0.1:8000", keyring.DefaultTokenTTL

// service is the database as it was, and what Holdfast brings.
type service struct {
	people    *sql.DB
	keys      *sqlite.Store
	lane      *work.Lane
	passwords *password.Context
	signer    *jwt.Signer
	verifier  *jwt.Verifier
}

//go:embed people.sql
var peopleSQL string

// open opens both files and makes what they do not have yet.
func open(ctx context.Context, dir string, headroom *work.Headroom) (*service, error) {
	people, err1 := sql.Open("sqlite", "file:"+filepath.Join(dir, "people.db")+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(ON)")
	keys, err2 := sqlite.Open(ctx, filepath.Join(dir, "keys.db"))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	lane := work.NewLane(work.Config{Name: "passwords", Headroom: headroom})
	passwords, err1 := password.NewContext(password.Config{Run: lane.Do})
	ring, err2 := keyring.Open(ctx, keyring.Config{Store: keys})
	signer, err3 := jwt.NewSigner(jwt.SignerConfig{SigningKey: ring.SigningKey, Issuer: home, Audience: []string{home}, TTL: lifetime})
	verifier, err4 := jwt.NewVerifier(jwt.VerifierConfig{Keys: ring.Keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: home, Audience: home})
	_, err5 := people.ExecContext(ctx, peopleSQL)
	s := &service{people, keys, lane, passwords, signer, verifier}
	return s, errors.Join(err1, err2, err3, err4, err5)
}

func (s *service) close() {
	s.lane.Close()
	_ = errors.Join(s.keys.Close(), s.people.Close()) // everything is written already
}

// User is a row of the table users.
type User struct {
	ID    int64    `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
	hash  string
}

// HasRole makes a User a principal that AnyRole can ask.
func (u User) HasRole(name string) bool { return slices.Contains(u.Roles, name) }

// may says whether one of the user's roles grants a scope.
func (u User) may(scope string) bool {
	named := func(s holdfast.Scope) bool { return s.Name() == scope }
	return slices.ContainsFunc(roles, func(r holdfast.Role) bool { return u.HasRole(r.Name()) && slices.ContainsFunc(r.Scopes(), named) })
}

const (
	active = "SELECT id, name, roles, hash FROM users WHERE NOT disabled "
	byID   = active + "AND id = ?"
	byName = active + "AND name = ?"
	anyOne = active + "ORDER BY id LIMIT 1 OFFSET ? % (SELECT max(1, count(*)) FROM users WHERE NOT disabled)"
)

// user is who a query finds, or the zero User, who has no password.
func (s *service) user(ctx context.Context, query string, by any) (u User, err error) {
	var roles string
	if err = s.people.QueryRowContext(ctx, query, by).Scan(&u.ID, &u.Name, &roles, &u.hash); errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	u.Roles = strings.Fields(roles)
	return u, err
}

// login grants those of the wanted scopes that the user's roles grant.
func (s *service) login(ctx context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (oauth.TokenResponse, error) {
	user, err := s.authenticate(ctx, form.Username, form.Password)
	if err != nil {
		return oauth.TokenResponse{}, err
	}
	granted := strings.Join(slices.DeleteFunc(form.Scopes(), func(one string) bool { return !user.may(one) }), " ")
	signed, err := s.signer.SignContext(ctx, jwt.Claims{Subject: strconv.FormatInt(user.ID, 10), Scope: granted})
	holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
	return oauth.TokenResponse{AccessToken: signed, TokenType: "bearer", ExpiresIn: int(lifetime.Seconds()), Scope: granted}, err
}

var errLogin = holdfast.Errorf(http.StatusBadRequest, "Incorrect username or password")

var seed = maphash.MakeSeed()

// authenticate does the same for every name, so that neither answer nor time
// tells who has an account: it asks twice, and verifies one hash. For a name that
// nobody has, that is one like somebody's, and always like the same one's.
func (s *service) authenticate(ctx context.Context, name, secret string) (User, error) {
	like, err1 := s.user(ctx, anyOne, maphash.String(seed, name)>>1)
	user, err2 := s.user(ctx, byName, name)
	if err := errors.Join(err1, err2); err != nil {
		return User{}, err
	}
	if s.passwords.Check(user.hash) != nil {
		return User{}, cmp.Or(s.passwords.DummyVerifyLike(ctx, secret, like.hash), error(errLogin))
	}
	good, newHash, err := s.passwords.VerifyAndUpdate(ctx, secret, user.hash)
	if err == nil && !good {
		err = errLogin
	} else if newHash != "" { // argon2id in place of bcrypt
		_, err = s.people.ExecContext(ctx, "UPDATE users SET hash = ? WHERE id = ? AND hash = ?", newHash, user.ID, user.hash)
	}
	return user, err
}

// Caller is a user, and the token that bounds what they may do.
type Caller struct {
	User
	token jwt.Claims
}

// HasScope asks the token and, for every request, the user's roles of now.
func (c Caller) HasScope(scope string) bool { return c.token.HasScope(scope) && c.may(scope) }

// caller is 401 for a bad token and for one whose user is gone, and 503 while
// that cannot be found out.
func (s *service) caller(ctx context.Context, text string) (c Caller, err error) {
	if c.token, err = s.verifier.Verify(ctx, text); err == nil {
		c.User, err = s.user(ctx, byID, c.token.Subject)
	}
	if err == nil && c.ID == 0 {
		err = jwt.ErrInvalid
	}
	if err != nil && !errors.Is(err, jwt.ErrInvalid) {
		err = &holdfast.Error{Status: http.StatusServiceUnavailable, Cause: err}
	}
	return c, err
}

func readMe(_ context.Context, c Caller, _ holdfast.NoInput) (User, error) { return c.User, nil }

// Item is a row of the table items.
type Item struct {
	ID    int64  `json:"id"`
	Owner int64  `json:"owner"`
	Title string `json:"title"`
}

type rowID struct {
	ID int64 `path:"id"`
}

func (s *service) findItem(ctx context.Context, _ Caller, in rowID) (i Item, err error) {
	if err = s.people.QueryRowContext(ctx, "SELECT id, owner, title FROM items WHERE id = ?", in.ID).Scan(&i.ID, &i.Owner, &i.Title); errors.Is(err, sql.ErrNoRows) {
		err = holdfast.Errorf(http.StatusNotFound, "Item not found")
	}
	return i, err
}

// onlyOwn is a 403 and no 404, since everybody may know that the item is there.
func onlyOwn(_ context.Context, c Caller, i Item) (Item, error) {
	if i.Owner != c.ID {
		return Item{}, holdfast.Errorf(http.StatusForbidden, "Not your item")
	}
	return i, nil
}

func readItem(_ context.Context, i Item, _ holdfast.NoInput) (Item, error) { return i, nil }

type change struct {
	Body struct {
		Title string `json:"title" minLength:"1" maxLength:"200"`
	}
}

func (s *service) changeItem(ctx context.Context, i Item, in change) (Item, error) {
	i.Title = in.Body.Title
	_, err := s.people.ExecContext(ctx, "UPDATE items SET title = ? WHERE id = ?", i.Title, i.ID)
	return i, err
}

// remove makes the handler that deletes the row with an id.
func (s *service) remove(query string) func(context.Context, Caller, rowID) (holdfast.NoContent, error) {
	return func(ctx context.Context, _ Caller, in rowID) (holdfast.NoContent, error) {
		_, err := s.people.ExecContext(ctx, query, in.ID)
		return holdfast.NoContent{}, err
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	headroom := work.NewHeadroom() // passwords yield to everything else
	defer headroom.Close()
	s, err := open(ctx, ".", headroom)
	if err == nil {
		defer s.close()
		err = s.routes().ListenAndServe(ctx, "127.0.0.1:8000")
	}
	if err != nil {
		log.Print(err)
	}
}
