package identity

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/oauth"
)

// ErrNoIssuer says that a store has no issuer yet, which tokens have to name.
var ErrNoIssuer = errors.New("identity: the store has no issuer yet; start the program on it once, or choose one with SetIssuer")

// IssueToken starts a session for a user without a password and returns its
// tokens: for a command beside the running program, by who has the store and, if
// the keys are encrypted, the master key. Issuer and audience are those with which
// the program was last started on the store. The session is one like any other: it
// is listed, lives for Config.RefreshTTL, and can be ended.
//
// Errors: ErrNoIssuer, account.ErrNoUser, account.ErrDisabled, *account.InvalidError
// for a scope that is not granted, and those of the store and its keys.
func IssueToken(ctx context.Context, config Config, name string, ask account.Ask) (_ oauth.TokenResponse, err error) {
	accounts, err := OpenAccounts(ctx, config)
	if err != nil {
		return oauth.TokenResponse{}, err
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	tokens, err := issuing(ctx, config)
	if err != nil {
		return oauth.TokenResponse{}, err
	}
	user, err := accounts.UserByName(ctx, name)
	if err != nil {
		return oauth.TokenResponse{}, err
	}
	grant, err := accounts.StartSession(ctx, user.ID, ask)
	if err != nil {
		return oauth.TokenResponse{}, err
	}
	return tokens.Issue(ctx, grant)
}

// issuing makes access tokens as the program does that runs on the store.
func issuing(ctx context.Context, c Config) (*oauth.Server, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	issuer, err := Issuer(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	if issuer == "" {
		return nil, ErrNoIssuer
	}
	audience, err := Audience(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, keyring.Config{
		Store: c.Store, Master: c.Keys.Master, OldMaster: c.Keys.OldMaster, TokenTTL: c.AccessTTL, Period: c.Keys.Period, Announce: c.Keys.Announce, Log: c.Logger, Now: c.Now,
	})
	if err != nil {
		return nil, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{SigningKey: ring.SigningKey, Issuer: issuer, Audience: audience, TTL: c.AccessTTL, Now: c.Now})
	if err != nil {
		return nil, err
	}
	return oauth.New(oauth.Config{Scheme: c.Scheme.Scheme, Signer: signer, TTL: c.AccessTTL}), nil
}
