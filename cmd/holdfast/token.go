package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
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
	Audience string        `help:"Whom the token must be for (aud)."`
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
	config := jwt.VerifierConfig{Issuer: c.Issuer, Audience: c.Audience, Type: c.Typ, Leeway: c.Leeway}
	var found inspected
	switch {
	case c.JWKS != "":
		var set jwt.KeySet
		set, err = jwt.ReadKeySet(c.JWKS)
		config.Keys = jwt.StaticKeys(set.Keys...)
	case c.DB != "":
		found.terms, err = c.withDatabase(ctx, &config)
	}
	if err != nil {
		return err
	}
	found.Report = jwt.Inspect(ctx, text, config)
	if c.JSON {
		err = printJSON(std.out, found.json())
	} else {
		err = found.print(std)
	}
	if err == nil && found.Bad() {
		err = errBadToken
	}
	return err
}

// withDatabase takes from a database what its server would check, and returns
// when its keys do what.
func (c *tokenInspect) withDatabase(ctx context.Context, config *jwt.VerifierConfig) (terms map[string]keyring.Term, err error) {
	terms = map[string]keyring.Term{}
	err = database{c.DB}.withStoreThere(ctx, func(store *sqlite.Store) error {
		if config.Issuer == "" {
			issuer, err := identity.Issuer(ctx, store)
			if err != nil {
				return err
			}
			config.Issuer = issuer
		}
		if config.Audience == "" {
			audience, err := identity.Audience(ctx, store)
			if err != nil {
				return err
			}
			config.Audience = audience
		}
		ring, err := c.openRing(ctx, keyring.Config{Store: store})
		if err != nil {
			return err
		}
		keys, err := ring.Keys(ctx)
		if err != nil {
			return err
		}
		config.Keys, config.Algorithms = jwt.StaticKeys(keys...), []jwt.Algorithm{jwt.EdDSA}
		records, err := keyring.List(ctx, store)
		for _, r := range records {
			terms[r.ID] = r.Term
		}
		return err
	})
	return terms, err
}

// inspected is a report, with what is known of the token's key.
type inspected struct {
	jwt.Report
	terms map[string]keyring.Term
}

// keyNow says what the token's key does now, and nothing if that is not known.
func (i *inspected) keyNow() string {
	term, ok := i.terms[i.KeyID]
	if !ok {
		return ""
	}
	switch stage := term.At(now()); {
	case stage == keyring.Announced:
		leaves := term.Signs
		return "announced; it signs from " + moment(&leaves)
	case term.Retires.IsZero():
		return "signing"
	default:
		leaves := term.Leaves()
		return fmt.Sprintf("%s; it leaves at %s", stage, moment(&leaves))
	}
}

func (i *inspected) print(std streams) error {
	t := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
	for _, f := range i.Findings {
		verdict := f.Verdict.String()
		if f.Verdict == jwt.Wrong {
			verdict = "WRONG"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", verdict, f.Of, f.Text)
	}
	if key := i.keyNow(); key != "" {
		fmt.Fprintf(t, "\tkey\t%s\n", key)
	}
	for _, claim := range i.claims() {
		if claim[1] != "" {
			fmt.Fprintf(t, "\t%s\t%q\n", claim[0], claim[1])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	switch {
	case i.Good():
		fmt.Fprintln(std.out, "\nThe token is good.")
	case !i.Bad():
		fmt.Fprintln(std.out, "\nNothing is wrong with what could be checked; that is not enough to believe the token.")
	}
	return nil
}

// claims are those that are not among the findings.
func (i *inspected) claims() [][2]string {
	return [][2]string{{"subject", i.Claims.Subject}, {"scope", i.Claims.Scope}, {"session", i.Claims.SessionID}, {"id", i.Claims.ID}}
}

type findingJSON struct {
	Of      string `json:"of"`
	Verdict string `json:"verdict"`
	Text    string `json:"text"`
}

func (i *inspected) json() any {
	findings := make([]findingJSON, len(i.Findings))
	for n, f := range i.Findings {
		findings[n] = findingJSON{f.Of, f.Verdict.String(), f.Text}
	}
	return struct {
		Good      bool          `json:"good"`
		Findings  []findingJSON `json:"findings"`
		Algorithm string        `json:"algorithm"`
		Key       string        `json:"key"`
		KeyNow    string        `json:"key_now,omitempty"`
		Type      string        `json:"type"`
		Issuer    string        `json:"issuer"`
		Subject   string        `json:"subject"`
		Audience  []string      `json:"audience"`
		Scopes    []string      `json:"scopes"`
		Session   string        `json:"session,omitempty"`
	}{
		i.Good(), findings, string(i.Algorithm), i.KeyID, i.keyNow(), i.Type, i.Claims.Issuer, i.Claims.Subject,
		append([]string{}, i.Claims.Audience...), append([]string{}, strings.Fields(i.Claims.Scope)...), i.Claims.SessionID,
	}
}
