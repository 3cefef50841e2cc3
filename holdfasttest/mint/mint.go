// Package mint makes the credentials of test callers: tokens of package jwt,
// and sessions of package account. It stands beside holdfasttest so that who
// tests an application with neither compiles neither.
package mint

import (
	"context"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/jwt"
)

// Tokens says what an application's access tokens look like. Key is required.
type Tokens struct {
	Key      jwt.Key
	Issuer   string           // iss; none if empty
	Audience string           // aud; none if empty
	Type     string           // typ; "at+jwt" if empty
	Now      func() time.Time // time.Now if nil

	// Subject says whose token a caller has, and in which session: a user with
	// the caller's roles, who is disabled for [holdfasttest.DisabledUser] and
	// whose session has ended for [holdfasttest.Revoked]. It may refuse with
	// [holdfasttest.CannotMint]. If it is nil, tokens are the caller's user's, and
	// there are neither roles nor sessions.
	Subject func(ctx context.Context, who holdfasttest.Caller) (subject, session string, err error)
}

// Callers mints bearer tokens. A token with which something is wrong is
// correct but for that one thing.
func (t Tokens) Callers() holdfasttest.Callers {
	return func(ctx context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
		text, err := t.mint(ctx, who)
		if err != nil {
			return holdfasttest.Credential{}, err
		}
		return holdfasttest.Bearer(text), nil
	}
}

func (t Tokens) mint(ctx context.Context, who holdfasttest.Caller) (string, error) {
	config := jwt.SignerConfig{
		Key: t.Key, Issuer: t.Issuer, Type: t.Type, Now: t.Now,
		InsecureNoIssuer: t.Issuer == "", InsecureNoAudience: t.Audience == "",
	}
	if t.Audience != "" {
		config.Audience = []string{t.Audience}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	switch who.Kind {
	case holdfasttest.Garbage:
		return "garbage", nil
	case holdfasttest.Expired:
		now := config.Now
		config.TTL, config.Now = time.Minute, func() time.Time { return now().Add(-time.Hour) }
	case holdfasttest.WrongAudience:
		if t.Audience == "" {
			return "", holdfasttest.CannotMint("the tokens name no audience")
		}
		config.Audience = []string{"another"}
	case holdfasttest.WrongIssuer:
		if t.Issuer == "" {
			return "", holdfasttest.CannotMint("the tokens name no issuer")
		}
		config.Issuer = "https://another.example"
	case holdfasttest.WrongType:
		config.Type = "logout+jwt"
	}
	return t.sign(ctx, who, config)
}

func (t Tokens) sign(ctx context.Context, who holdfasttest.Caller, config jwt.SignerConfig) (string, error) {
	claims := jwt.Claims{Subject: who.User, Scope: strings.Join(who.Scopes, " ")}
	subject := t.Subject
	if subject == nil {
		subject = noSubject
	}
	var err error
	if claims.Subject, claims.SessionID, err = subject(ctx, who); err != nil {
		return "", err
	}
	if who.Machine {
		claims.ClientID = claims.Subject
	}
	signer, err := jwt.NewSigner(config)
	if err != nil {
		return "", err
	}
	return signer.Sign(claims)
}

func noSubject(_ context.Context, who holdfasttest.Caller) (subject, session string, err error) {
	if who.User == "" && who.Machine {
		who.User = "machine"
	}
	switch who.Kind {
	case holdfasttest.Revoked:
		return "", "", holdfasttest.CannotMint("the tokens belong to no session")
	case holdfasttest.DisabledUser:
		return "", "", holdfasttest.CannotMint("the tokens belong to no user who could be disabled")
	}
	return who.User, "", nil
}
