package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/oauth"
)

// audience is whom the access tokens are for: this server's own API.
const audience = "holdfast"

// server is the application with the issuer of its tokens.
type server struct {
	app    *holdfast.App
	issuer string
	keys   *keyring.Ring
}

// newServer ties the parts together: store and accounts below, tokens beside
// them, routes on top.
func newServer(ctx context.Context, o *opened, c *serveCmd, fallback string, log *slog.Logger, seen *metrics.Metrics) (*server, error) {
	issuer, err := chooseIssuer(ctx, o, c.URL, fallback)
	if err != nil {
		return nil, err
	}
	keys, err := c.openRing(ctx, keyring.Config{
		Store: o.store, TokenTTL: c.AccessTTL, Period: c.KeyPeriod, Announce: c.KeyAnnounce, Log: log,
	})
	if err != nil {
		return nil, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{SigningKey: keys.SigningKey, Issuer: issuer, Audience: []string{audience}, TTL: c.AccessTTL})
	if err != nil {
		return nil, err
	}
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: keys.Keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: audience,
	})
	if err != nil {
		return nil, err
	}
	app := newRoutes(o, log, seen, oauth.Config{
		Accounts: &counted{o.accounts, seen}, Signer: signer, Verifier: verifier, TTL: c.AccessTTL,
		KeySet: keys.PublicSet, KeySetAge: min(time.Minute, c.KeyAnnounce/2),
	})
	if err := app.Err(); err != nil {
		return nil, err
	}
	return &server{app, issuer, keys}, warnOfRoles(ctx, app, o.accounts, log)
}

// newRoutes makes the application. It asks nothing of what the routes stand
// on, so that they can be described without a store.
func newRoutes(o *opened, log *slog.Logger, seen *metrics.Metrics, config oauth.Config) *holdfast.App {
	config.Scheme = holdfast.OAuth2PasswordBearer("token")
	tokens := oauth.New(config)
	accounts := accountapi.New(accountapi.Config{Accounts: o.accounts, Scheme: config.Scheme, Caller: tokens.Caller()})
	app := holdfast.NewApp(holdfast.Config{
		Title: "Holdfast", Version: "0.1.0", Logger: log, Roles: accounts.Roles(), OnDecision: o.refusals.keep, Observe: seen.Observe,
		Description: "Users, roles and tokens. Press Authorize, sign in, and tick the scopes to ask for.",
	})
	tokens.Register(app)
	accounts.Register(app)
	registerMine(app, tokens.Caller())
	registerWhy(app, accounts.Administrators(), o)
	(&setup{accounts: o.accounts, log: log}).Register(app)
	(&reset{accounts: o.accounts, log: log}).Register(app)
	registerHealth(app, o)
	return app
}

// described is the application for those who only read its table.
func described() *holdfast.App {
	return newRoutes(&opened{}, slog.New(slog.DiscardHandler), metrics.New(), oauth.Config{})
}

// chooseIssuer stores the public URL at the first start and keeps to it.
func chooseIssuer(ctx context.Context, o *opened, chosen, fallback string) (string, error) {
	first := fallback
	if chosen != "" {
		url, err := publicURL(chosen)
		if err != nil {
			return "", err
		}
		first = url
	}
	stored, err := o.store.SetOnce(ctx, "issuer", first)
	if err != nil {
		return "", err
	}
	if chosen != "" && stored != first {
		return "", fmt.Errorf("--url %s: this database belongs to %s, and tokens that were issued name it", chosen, stored)
	}
	return stored, nil
}

// health is the answer of the probes.
type health struct {
	Status string `json:"status"`
}

func registerHealth(app *holdfast.App, o *opened) {
	alive := func(context.Context, holdfast.Anyone, holdfast.NoInput) (health, error) { return health{"ok"}, nil }
	ready := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (health, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := o.store.Ping(ctx); err != nil {
			return health{}, &holdfast.Error{Status: 503, Cause: err}
		}
		return health{"ready"}, nil
	}
	tags := holdfast.Tags("health")
	holdfast.Get(app, "/healthz", holdfast.Public(), alive, tags, holdfast.OperationID("healthz"), holdfast.Summary("The process lives"))
	holdfast.Get(app, "/readyz", holdfast.Public(), ready, tags, holdfast.OperationID("readyz"), holdfast.Summary("The store answers"))
}
