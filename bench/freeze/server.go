package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

const secret = "correct horse battery"

// users is one user, whose password is secret.
type users struct {
	passwords *password.Context
	hash      string
	signer    *jwt.Signer
	verifier  *jwt.Verifier
}

func schemeOf(name string) (password.Scheme, error) {
	switch name {
	case "bcrypt":
		return password.Bcrypt(12), nil
	case "argon2id":
		return password.Argon2id(password.Argon2Params{}), nil
	}
	return nil, fmt.Errorf("freeze: no scheme %q: use bcrypt or argon2id", name)
}

func newUsers(ctx context.Context, scheme string, run func(context.Context, func() error) error) (*users, error) {
	s, err := schemeOf(scheme)
	if err != nil {
		return nil, err
	}
	u := &users{}
	if u.passwords, err = password.NewContext(password.Config{Schemes: []password.Scheme{s}, Run: run}); err != nil {
		return nil, err
	}
	if u.hash, err = u.passwords.Hash(ctx, secret); err != nil {
		return nil, err
	}
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		return nil, err
	}
	const name = "http://bench"
	if u.signer, err = jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: name, Audience: []string{name}, TTL: time.Hour}); err != nil {
		return nil, err
	}
	u.verifier, err = jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: name, Audience: name,
	})
	return u, err
}

type token struct {
	AccessToken string `json:"access_token"`
}

func (u *users) login(ctx context.Context, _ holdfast.Anyone, form holdfast.OAuth2PasswordRequestForm) (token, error) {
	ok, err := u.passwords.Verify(ctx, form.Password, u.hash)
	switch {
	case err != nil:
		return token{}, err // a full lane is a 503
	case !ok:
		return token{}, holdfast.Errorf(http.StatusUnauthorized, "Incorrect username or password")
	}
	text, err := u.signer.Sign(jwt.Claims{Subject: form.Username, Scope: strings.Join(form.Scopes(), " ")})
	return token{text}, err
}

type item struct {
	Name string `json:"name"`
}

func (u *users) app() *holdfast.App {
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "Read items")
	app := holdfast.New("Freeze", "1")
	holdfast.Post(app, "/token", holdfast.Public(), u.login)
	holdfast.Get(app, "/items/", holdfast.Security(holdfast.Verify(oauth, u.verifier.Verify), items),
		func(context.Context, jwt.Claims, holdfast.NoInput) ([]item, error) { return []item{{"Sword"}}, nil })
	return app
}

// serve is the server's process. It says where it listens, and ends with its
// standard input's reader: the process that started it.
func serve(ctx context.Context, mode, scheme string, out io.Writer) error {
	var run func(context.Context, func() error) error
	switch mode {
	case "bare":
		return bare(ctx, scheme, out)
	case "unbounded":
	case "bound":
		run = work.NewLane(work.Config{}).Do
	case "lanes":
		headroom := work.NewHeadroom()
		defer headroom.Close()
		lane := work.NewLane(work.Config{Headroom: headroom})
		defer lane.Close()
		run = lane.Do
	default:
		return fmt.Errorf("freeze: no mode %q: use unbounded, bound or lanes", mode)
	}
	u, err := newUsers(ctx, scheme, run)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := holdfast.NewServer("", u.app())
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	fmt.Fprintf(out, "http://%v\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bare hashes on every processor for a few seconds and prints how many a
// second that were: what the machine can do when it does nothing else.
func bare(ctx context.Context, scheme string, out io.Writer) error {
	u, err := newUsers(ctx, scheme, nil)
	if err != nil {
		return err
	}
	var n atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	until := began.Add(6 * time.Second)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for time.Now().Before(until) {
				if ok, err := u.passwords.Verify(ctx, secret, u.hash); ok && err == nil {
					n.Add(1)
				}
			}
		})
	}
	all.Wait()
	fmt.Fprintf(out, "%f\n", float64(n.Load())/time.Since(began).Seconds())
	return nil
}
