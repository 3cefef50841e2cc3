package main

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// tokenCmd is `holdfast token`.
type tokenCmd struct {
	Inspect tokenInspect `cmd:"" help:"Say what is right and wrong with the token on standard input. Exits with 1 if something is wrong."`
}

type tokenInspect struct {
	masterKey
	DB       string        `name:"db" help:"Check the token with the keys, the issuer and the audience of this database." placeholder:"FILE"`
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
	text, err := readToken(std.in)
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
	err = database{c.DB}.withStoreThere(ctx, func(store *sqlite.Store) (err error) {
		config := config(store)
		if config.Keys.Master, config.Keys.OldMaster, err = c.readBoth(); err != nil {
			return err
		}
		report, err = identity.InspectToken(ctx, config, text, want)
		return withKeyHint(err)
	})
	return report, err
}
