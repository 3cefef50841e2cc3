package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/jwt"
)

// tokenCmd is `holdfast token`.
type tokenCmd struct {
	Create  tokenCreate  `cmd:"" help:"Print an access token of a user, for who has the database; also while the server runs. It begins a session, which is listed and can be ended."`
	Inspect tokenInspect `cmd:"" help:"Say what is right and wrong with the token on standard input. Exits with 1 if something is wrong."`
}

type tokenCreate struct {
	database
	masterKey
	User  string   `arg:"" help:"The user's name."`
	Scope []string `help:"A scope that the token carries; may be repeated. It must be granted to the user." placeholder:"SCOPE"`
	JSON  bool     `name:"json" help:"Print what POST /token answers, with the refresh token: the session then lives as long as others. Without, it ends with the token."`
}

// Run makes the token.
func (c *tokenCreate) Run(ctx context.Context, std streams) error {
	return c.withStoreThere(ctx, func(store store) (err error) {
		config := config(store)
		if config.Keys.Master, config.Keys.OldMaster, err = c.readBoth(); err != nil {
			return err
		}
		if config.AccessTTL = 15 * time.Minute; !c.JSON { // there is no way to prolong it
			config.RefreshTTL = config.AccessTTL
		}
		answer, err := identity.IssueToken(ctx, config, c.User, account.Ask{Scopes: c.Scope})
		switch {
		case errors.Is(err, account.ErrNoUser), errors.Is(err, account.ErrDisabled):
			return fmt.Errorf("user %s: %w", c.User, err)
		case errors.Is(err, identity.ErrNoIssuer):
			return errors.New("the database has no issuer yet, which tokens name; start 'holdfast serve' once, or choose one with 'holdfast issuer set'")
		case err != nil:
			return withKeyHint(err)
		}
		return printTokens(std, c.JSON, answer.AccessToken, answer)
	})
}

type tokenInspect struct {
	masterKey
	DB       string        `name:"db" help:"Check the token with the keys, the issuer and the audience of this database." placeholder:"FILE|URL"`
	JWKS     string        `name:"jwks" help:"Check the signature with the keys of this JWK set, in place of a database's." placeholder:"FILE"`
	Issuer   string        `help:"The issuer that the token must name (iss)."`
	Audience []string      `help:"Whom the token must be for (aud); with --db, what its server was last started with. Of several the first counts, as it does for 'holdfast serve'." placeholder:"NAME"`
	Typ      string        `help:"What the token must be (typ)." default:"at+jwt"`
	Leeway   time.Duration `help:"How far clocks may differ, at most a minute." default:"0s"`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// errBadToken is said after the report, which has the details.
var errBadToken = errors.New("the token is not good")

// Run inspects the token.
func (c *tokenInspect) Run(ctx context.Context, std streams) error {
	if c.Leeway < 0 || c.Leeway > time.Minute {
		return errors.New("--leeway is not between nothing and a minute")
	}
	text, err := tty.ReadToken(std.in)
	if err != nil {
		return err
	}
	report, err := c.report(ctx, text)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, report)
	} else {
		err = report.WriteText(std.out)
	}
	if err == nil && report.Bad() {
		err = errBadToken
	}
	return err
}

// report inspects the token with what the flags say: a set of keys, or a
// database, or neither.
func (c *tokenInspect) report(ctx context.Context, text string) (report jwt.Report, err error) {
	want := jwt.VerifierConfig{Issuer: c.Issuer, Type: c.Typ, Leeway: c.Leeway}
	if len(c.Audience) > 0 {
		want.Audience = c.Audience[0]
	}
	if c.JWKS != "" {
		set, err := jwt.ReadKeySet(c.JWKS)
		if err != nil {
			return report, err
		}
		want.Keys = jwt.StaticKeys(set.Keys...)
	}
	if c.JWKS != "" || c.DB == "" {
		return jwt.Inspect(ctx, text, want), nil
	}
	err = database{c.DB}.withStoreThere(ctx, func(store store) (err error) {
		config := config(store)
		if config.Keys.Master, config.Keys.OldMaster, err = c.readBoth(); err != nil {
			return err
		}
		report, err = identity.InspectToken(ctx, config, text, want)
		return withKeyHint(err)
	})
	return report, err
}
