package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
)

// InspectToken says in words what is right and wrong with an access token, as a
// program on the configuration's store takes it: for a command beside the
// running program. It needs the store, and the master key if the keys are
// encrypted; nothing else of the configuration has to be there, and the store
// need not have been opened.
//
// What want leaves empty is the program's: its keys, its issuer, and as the
// audience the first of Config.Audience, or else of [Audience]. The report says
// of an audience that want does not name where it is from, and when the token's
// key does what. The clock is Config.Now. Error: of the store or its keys, keyring.ErrSealed among them.
func InspectToken(ctx context.Context, config Config, token string, want jwt.VerifierConfig) (jwt.Report, error) {
	if config.Store == nil {
		return jwt.Report{}, &ConfigError{"Store", "it is nil"}
	}
	ring, err := keyring.Open(ctx, keyring.Config{Store: config.Store, Master: config.Keys.Master, OldMaster: config.Keys.OldMaster, Now: config.Now})
	if err != nil {
		return jwt.Report{}, err
	}
	if want.Keys == nil {
		want.Keys, want.Algorithms = ring.Keys, []jwt.Algorithm{jwt.EdDSA}
	}
	if want.Now = config.Now; want.Now == nil {
		want.Now = time.Now
	}
	source, err := addressed(ctx, &config, &want)
	if err != nil {
		return jwt.Report{}, err
	}
	report := jwt.Inspect(ctx, token, want)
	for i, f := range report.Findings {
		if f.Of == "audience" {
			report.Findings[i].Text += source
		}
	}
	report.KeyNow, err = keyNow(ctx, config.Store, report.KeyID, want)
	return report, err
}

// addressed fills in which issuer and audience are wanted, and returns where the
// audience is from.
func addressed(ctx context.Context, c *Config, want *jwt.VerifierConfig) (source string, err error) {
	if want.Issuer == "" {
		if want.Issuer, err = Issuer(ctx, c.Store); err != nil {
			return "", err
		}
	}
	if want.Audience != "" {
		return "", nil
	}
	audience := c.Audience
	if len(audience) == 0 {
		if audience, err = servedAudience(ctx, c.Store); err != nil {
			return "", err
		}
		source = " (with which the server was last started)"
	}
	if len(audience) == 0 {
		if want.Audience, err = ownAudience(ctx, c.Store); want.Audience == "" {
			return "", err
		}
		return " (the store's own)", err
	}
	if want.Audience = audience[0]; len(audience) > 1 {
		source = fmt.Sprintf(", the first of %s%s", strings.Trim(fmt.Sprintf("%q", audience), "[]"), source)
	}
	return source, nil
}

// keyNow says what a key of the store does now, and nothing of any other.
func keyNow(ctx context.Context, store keyring.Store, id string, want jwt.VerifierConfig) (string, error) {
	records, err := keyring.List(ctx, store)
	for _, r := range records {
		if r.ID == id {
			return r.Term.Describe(want.Now()), nil
		}
	}
	return "", err
}
