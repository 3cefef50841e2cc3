package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/jwt"
)

// grant is a caller who has what it says.
type grant struct{ has string }

// HasScope reports whether the caller has a scope, HasRole a role.
func (g grant) HasScope(name string) bool { return name == g.has }

// HasRole is HasScope for roles.
func (g grant) HasRole(name string) bool { return name == g.has }

type itemID struct {
	ID int `path:"id"`
}

type item struct {
	ID    int    `json:"id"`
	Owner string `json:"owner"`
}

func readItem(_ context.Context, _ grant, in itemID) (item, error) { return item{in.ID, "alice"}, nil }

// discard is a ResponseWriter that costs next to nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// asking sends a GET again and again.
func asking(app *holdfast.App, path, token string) (side, error) {
	if err := app.Err(); err != nil {
		return nil, err
	}
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	d := &discard{header: http.Header{}}
	return func(n int) error {
		for range n {
			clear(d.header)
			d.status = 0
			if app.ServeHTTP(d, r); d.status != http.StatusOK {
				return fmt.Errorf("growth: GET %s = %d", path, d.status)
			}
		}
		return nil
	}, nil
}

// both makes the two sides of a pair.
func both(name string, small, large int, of func(n int) (side, error)) (pair, error) {
	a, err1 := of(small)
	b, err2 := of(large)
	return pair{name: fmt.Sprintf("%d and %d %s", small, large, name), small: a, large: b}, errors.Join(err1, err2)
}

// routes asks for one in the middle.
func routes(context.Context, options) (pair, error) {
	return both("routes", 10, 10_000, func(n int) (side, error) {
		oauth := holdfast.OAuth2PasswordBearer("token")
		me := oauth.Scope("me", "Read")
		who := holdfast.Verify(oauth, func(context.Context, string) (grant, error) { return grant{"me"}, nil })
		app := holdfast.New("Growth", "1")
		for i := range n {
			holdfast.Get(app, fmt.Sprintf("/things%05d/{id}", i), holdfast.Security(who, me), readItem)
		}
		return asking(app, fmt.Sprintf("/things%05d/7", n/2), "token")
	})
}

// scopes has an application of so many scopes and roles, each with a route.
func scopes(context.Context, options) (pair, error) {
	return both("scopes, and as many roles", 1, 1000, func(n int) (side, error) {
		oauth := holdfast.OAuth2PasswordBearer("token")
		who := holdfast.Verify(oauth, func(context.Context, string) (grant, error) { return grant{"right00000"}, nil })
		app := holdfast.New("Growth", "1")
		for i := range n {
			name := fmt.Sprintf("right%05d", i)
			one, role := oauth.Scope(name, "Read"), holdfast.NewRole(name, "Reads")
			holdfast.Get(app, fmt.Sprintf("/things%05d/{id}", i), holdfast.AnyRole(who.Require(one), role), readItem)
		}
		return asking(app, "/things00000/7", "token")
	})
}

// line writes down what a request costs for each of some numbers, and by how much it
// grows with each one more.
func line(o options, out io.Writer, name string, numbers []int, of func(n int) (side, error)) error {
	fmt.Fprintf(out, "\n| %s | ns a request | for each one more |\n| --- | ---: | ---: |\n", name)
	var first float64
	for i, n := range numbers {
		ask, err := of(n)
		if err != nil {
			return err
		}
		r, err := pair{small: ask, large: ask}.compare(o)
		if err != nil {
			return err
		}
		cost, more := min(r.small, r.large), ""
		if i == 0 {
			first = cost
		} else {
			more = fmt.Sprintf("%.1f", (cost-first)/float64(n-numbers[0]))
		}
		fmt.Fprintf(out, "| %d | %.0f | %s |\n", n, cost, more)
	}
	return nil
}

// depths says what each dependency costs in a tree of such a depth, all of whose
// dependencies ask for a scope.
func depths(o options, out io.Writer) error {
	return line(o, out, "dependencies below the handler", []int{1, 4, 16}, func(depth int) (side, error) {
		oauth := holdfast.OAuth2PasswordBearer("token")
		me := oauth.Scope("me", "Read")
		who := holdfast.Verify(oauth, func(context.Context, string) (grant, error) { return grant{"me"}, nil })
		for range depth {
			who = holdfast.Depends1(who.Require(me), func(_ context.Context, g grant) (grant, error) { return g, nil })
		}
		app := holdfast.New("Growth", "1")
		holdfast.Get(app, "/things/{id}", holdfast.Security(who), readItem)
		return asking(app, "/things/7", "token")
	})
}

// carried says what each scope costs that a token carries, of which the last is the
// one that the route asks for.
func carried(o options, out io.Writer) error {
	return line(o, out, "scopes that the token carries", []int{1, 10, 100}, func(n int) (side, error) {
		signer, verifier, err := tokens()
		if err != nil {
			return nil, err
		}
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("right%02d", n-1-i)
		}
		token, err := signer.Sign(jwt.Claims{Subject: "s", Scope: strings.Join(names, " ")})
		if err != nil {
			return nil, err
		}
		oauth := holdfast.OAuth2PasswordBearer("token")
		who := holdfast.Verify(oauth, verifier.Verify)
		app := holdfast.New("Growth", "1")
		holdfast.Get(app, "/things/{id}", holdfast.Security(who, oauth.Scope("right00", "Read")), func(context.Context, jwt.Claims, itemID) (item, error) { return item{}, nil })
		return asking(app, "/things/7", token)
	})
}

// tokens makes what signs and verifies tokens.
func tokens() (*jwt.Signer, *jwt.Verifier, error) {
	key, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		return nil, nil, err
	}
	signer, err1 := jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: "https://growth.example", Audience: []string{"a"}, TTL: time.Hour})
	verifier, err2 := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "https://growth.example", Audience: "a",
	})
	return signer, verifier, errors.Join(err1, err2)
}

// goroutines verify tokens that were seen before, as many at once as there are.
func goroutines(ctx context.Context, _ options) (pair, error) {
	signer, verifier, err := tokens()
	if err != nil {
		return pair{}, err
	}
	list := make([]string, 64)
	for i := range list {
		if list[i], err = signer.Sign(jwt.Claims{Subject: strings.Repeat("s", i+1), Scope: "me items"}); err != nil {
			return pair{}, err
		}
	}
	verify := func(from, n int) error {
		for i := range n {
			if _, err := verifier.Verify(ctx, list[(from+i)%len(list)]); err != nil {
				return err
			}
		}
		return nil
	}
	return both("goroutines on the cache of tokens", 1, 64, func(count int) (side, error) {
		return func(n int) error {
			var all sync.WaitGroup
			var failed atomic.Pointer[error]
			for g := range count {
				all.Go(func() {
					if err := verify(g, n/count); err != nil {
						failed.Store(&err)
					}
				})
			}
			all.Wait()
			if err := failed.Load(); err != nil {
				return *err
			}
			return nil
		}, verify(0, len(list))
	})
}
