// Command resource is a service whose users sign in elsewhere: at a
// `holdfast serve`, or at any other issuer of tokens. It verifies their tokens
// with the keys that the issuer publishes, and says at its routes which scopes
// they need. In one shell, the issuer:
//
//	$ holdfast role set clerk stock:read stock:write
//	$ echo 'correct horse battery' | holdfast user add ann --role clerk --password-stdin --own-password
//	$ holdfast serve --audience auth --audience stock
//
// In another, this service, and in a third a caller:
//
//	$ go run ./examples/resource -audience stock
//	$ curl localhost:8000/token -d username=ann -d 'password=correct horse battery' -d 'scope=stock:read stock:write'
//	$ curl -X PUT -H 'Authorization: Bearer eyJ…' --json '{"amount":3}' localhost:8001/stock/hammers
package main

import (
	"cmp"
	"context"
	"flag"
	"log"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/issuer"
)

var (
	bearer     = holdfast.HTTPBearer()
	readStock  = bearer.Scope("stock:read", "Read what there is")
	writeStock = bearer.Scope("stock:write", "Change what there is")
)

// routes is the table of who may do what.
func routes(tokens *issuer.Verifier) *holdfast.App {
	caller := holdfast.Verify(bearer, tokens.Verify)
	s := &stock{shelf: map[string]entry{}}

	app := holdfast.New("Stock", "1.0.0")
	holdfast.Get(app, "/readyz", holdfast.Public(), readiness(tokens))
	holdfast.Get(app, "/stock", holdfast.Security(caller, readStock), s.list)
	holdfast.Put(app, "/stock/{name}", holdfast.Security(caller, writeStock), s.set)
	return app
}

// readiness is a 503 until the issuer's keys are there. The service starts
// without them, and so before the issuer if need be.
func readiness(tokens *issuer.Verifier) func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
	return func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		return "ready", tokens.Ready(ctx)
	}
}

// entry is how much there is of something, and who said so last.
type entry struct {
	Amount int    `json:"amount"`
	By     string `json:"by" doc:"The issuer's id of the user"`
}

// stock is the service's own data.
type stock struct {
	mu    sync.Mutex
	shelf map[string]entry
}

func (s *stock) list(context.Context, issuer.Claims, holdfast.NoInput) (map[string]entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.shelf), nil
}

type change struct {
	Name string `path:"name" maxLength:"50"`
	Body struct {
		Amount int `json:"amount" minimum:"0"`
	}
}

func (s *stock) set(_ context.Context, caller issuer.Claims, in change) (entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf[in.Name] = entry{in.Body.Amount, caller.Subject}
	return s.shelf[in.Name], nil
}

// discover takes access tokens alone that are for this service.
func discover(ctx context.Context, url, audience string) (*issuer.Verifier, error) {
	return issuer.Discover(ctx, url, issuer.Config{
		Audience: audience, Accept: issuer.TypedAccessTokens, Log: slog.Default(),
	})
}

func serve(ctx context.Context) error {
	url := flag.String("issuer", cmp.Or(os.Getenv("ISSUER"), "http://127.0.0.1:8000"), "the issuer's URL, letter for letter as in its tokens ($ISSUER)")
	audience := flag.String("audience", os.Getenv("AUDIENCE"), "the audience of the tokens, which is this service; the issuer if empty ($AUDIENCE)")
	addr := flag.String("addr", "127.0.0.1:8001", "where to listen")
	flag.Parse()
	tokens, err := discover(ctx, *url, cmp.Or(*audience, *url))
	if err != nil {
		return err
	}
	defer tokens.Close() //nolint:errcheck // nothing is left to do
	app := routes(tokens)
	if err := app.WriteAccess(os.Stdout); err != nil {
		return err
	}
	return app.ListenAndServe(ctx, *addr)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Fatal(err)
	}
}
