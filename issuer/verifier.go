package issuer

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-go/holdfast/jwt"
)

// Verifier verifies tokens of one issuer with the keys that it publishes, which
// it reads again in the background. Its methods are safe for concurrent use.
type Verifier struct {
	config Config
	client *client
	keeper *keeper
	tokens *jwt.Verifier
	dry    jwt.VerifierConfig // the same but for the keys
}

// Discover finds out where an issuer publishes its keys, reads them, and keeps
// them up to date until Close. The issuer is the URL that its tokens have in
// iss, letter for letter, also with or without a slash at the end.
//
// An issuer that is down is no error. Discover waits for the first attempt, for
// HTTP.Timeout and until ctx's deadline at most; later ones are made in the
// background, and ctx does not end them. Until one succeeds, Verify returns an
// *UnavailableError, and Ready says why. Discover's own errors are what waiting
// does not mend: a Config that makes no sense, a document of another issuer
// (ErrOtherIssuer), an address that is not allowed (ErrAddress); and a ctx that
// was cancelled.
func Discover(ctx context.Context, issuer string, config Config) (*Verifier, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	base, rules, err := parseURL(issuer, config.HTTP)
	if err != nil {
		return nil, err
	}
	client := newClient(config.HTTP, rules)
	v := &Verifier{config: config, client: client}
	v.keeper = newKeeper(&source{
		issuer: issuer, base: base, client: client, algorithms: config.Algorithms, timeout: config.HTTP.Timeout, now: config.Now,
		keySet: config.KeySetURL, fixed: config.KeySetURL != "",
	}, config)
	v.dry = config.tokens(issuer)
	full := v.dry
	full.Keys = v.keeper.keys
	if v.tokens, err = jwt.NewVerifier(full); err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	v.keeper.round(ctx)
	if err := v.keeper.err; err != nil && (errors.Is(err, ErrOtherIssuer) || errors.Is(err, ErrAddress) || errors.Is(ctx.Err(), context.Canceled)) {
		client.close()
		return nil, err
	}
	v.keeper.start()
	return v, nil
}

// tokens is the configuration of the package below.
func (c Config) tokens(issuer string) jwt.VerifierConfig {
	first, also := c.Accept.types()
	return jwt.VerifierConfig{
		Issuer: issuer, Audience: c.Audience, InsecureNoAudience: c.InsecureNoAudience, Algorithms: c.Algorithms,
		Type: first, AlsoTypes: also, Leeway: c.Leeway, Now: c.Now,
	}
}

// Close ends the reading of keys, and returns when it has ended. Tokens are
// verified with the keys that are there until those are stale.
func (v *Verifier) Close() error {
	v.keeper.close()
	v.client.close()
	return nil
}

// Ready reports at once whether tokens can be verified: nil, or the
// *UnavailableError that Verify would return. It is for a readiness probe.
func (v *Verifier) Ready(ctx context.Context) error {
	_, err := v.keeper.keys(ctx)
	return err
}

// Verify returns what a token says if every word of it may be believed now. Its
// errors are those of package jwt and ErrKind, which mean that the token is not
// good, and *UnavailableError, or the error of ctx, which mean neither.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	said, err := v.tokens.Verify(ctx, token)
	if err != nil && v.perhapsNew(ctx, token, err) {
		said, err = v.lookAgain(ctx, token)
	}
	if err != nil {
		return Claims{}, err
	}
	return v.read(said, token)
}

// perhapsNew reports whether a refused token could be good with keys that are
// not known yet: its key is unknown, or it names none, and nothing else is
// wrong. What a token says is not believed here, it can only make it worse.
func (v *Verifier) perhapsNew(ctx context.Context, token string, err error) bool {
	if !lacksKey(err) {
		return false
	}
	report := jwt.Inspect(ctx, token, v.dry)
	return !report.Bad() && (errors.Is(err, jwt.ErrUnknownKey) || report.KeyID == "")
}

func lacksKey(err error) bool {
	return errors.Is(err, jwt.ErrUnknownKey) || errors.Is(err, jwt.ErrSignature)
}

// lookAgain verifies a token when the keys have been read again.
func (v *Verifier) lookAgain(ctx context.Context, token string) (jwt.Claims, error) {
	for s := v.keeper.search(); ; {
		said, err := v.tokens.Verify(ctx, token)
		if !lacksKey(err) || s.over {
			return said, err
		}
		if err := s.wait(ctx); err != nil {
			return jwt.Claims{}, err
		}
	}
}

// read reads what a good token says beyond what package jwt reads.
func (v *Verifier) read(said jwt.Claims, token string) (Claims, error) {
	head, rest, _ := strings.Cut(token, ".")
	body, _, _ := strings.Cut(rest, ".")
	text, set, err := decode(body)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", jwt.ErrMalformed, err)
	}
	if err := v.config.Accept.check(set); err != nil && !isTyped(head) {
		return Claims{}, err
	}
	c := Claims{
		Issuer: said.Issuer, Subject: said.Subject, Audience: said.Audience, Expiry: said.Expiry, IssuedAt: said.IssuedAt,
		ID: said.ID, SessionID: said.SessionID,
	}
	if err := c.complete(set, text, v.config.RolesClaim); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", jwt.ErrMalformed, err)
	}
	return c, nil
}

// isTyped reports whether a header that was accepted says that the token is an
// access token.
func isTyped(head string) bool {
	_, set, err := decode(head)
	if err != nil {
		return false
	}
	typ, _ := set.text("typ")
	return strings.EqualFold(typ, typed) || strings.EqualFold(typ, "application/"+typed)
}

// decode decodes a part of a token.
func decode(part string) (string, claimSet, error) {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return "", nil, err
	}
	set, err := readClaimSet(string(data))
	return string(data), set, err
}
