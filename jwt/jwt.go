// Package jwt makes and verifies signed JSON Web Tokens (RFC 7519), strictly:
// compact serialisation only, one algorithm for each key, an allow-list of
// algorithms for each verifier, and no parser that could read a token in two
// ways. There is no "none", no encryption, and no header member that makes a
// verifier fetch or trust a key.
//
// A [Signer] makes access tokens as RFC 9068 has them (typ at+jwt, iss, aud,
// exp, iat, jti) unless its configuration says otherwise; leaving out issuer
// or audience needs an option with Insecure in its name. [SignJWS] and
// [VerifyJWS] are for tools, which have a key and something signed that need
// not be a token.
//
// Whatever accepts a token returns an error that says why it does not. Nothing
// else is looked at before the signature is known to be good, so that no other
// error hides a bad one.
package jwt

import (
	"errors"
	"strings"
	"time"
)

// Why a token is refused. Each of them is an [ErrInvalid], too. They are for
// logs: a caller learns no more than that the token was not accepted.
var (
	ErrInvalid     = errors.New("jwt: invalid token")
	ErrMalformed   = invalid("malformed")
	ErrAlgorithm   = invalid("algorithm is not allowed")
	ErrUnknownKey  = invalid("unknown key")
	ErrKeyUse      = invalid("the key is not for this")
	ErrSignature   = invalid("bad signature")
	ErrType        = invalid("wrong type")
	ErrExpired     = invalid("expired")
	ErrNotYetValid = invalid("not yet valid")
	ErrIssuer      = invalid("wrong issuer")
	ErrAudience    = invalid("wrong audience")
)

// ErrNoSigningKey says that a signer's SigningKey has failed; its error is
// wrapped beside it. It says nothing about a token.
var ErrNoSigningKey = errors.New("jwt: the signing key cannot be had")

type reason struct{ text string }

func invalid(text string) error        { return &reason{text} }
func (r *reason) Error() string        { return "jwt: " + r.text }
func (r *reason) Is(target error) bool { return target == ErrInvalid }

// Claims are what a token says. Times are whole seconds.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string
	Expiry    time.Time
	NotBefore time.Time
	IssuedAt  time.Time
	ID        string
	SessionID string // sid
	ClientID  string // client_id, who the token was given to (RFC 9068 section 2.2)
	Scope     string // space-separated, as RFC 8693 section 4.2 writes it

	AuthTime time.Time // auth_time, when the subject signed in (RFC 9068 section 2.2.1); zero if it is not said
}

// Expires returns Expiry, and false if the token has none.
func (c Claims) Expires() (at time.Time, ok bool) { return c.Expiry, !c.Expiry.IsZero() }

// Scopes returns the scopes one by one.
func (c Claims) Scopes() []string {
	return strings.FieldsFunc(c.Scope, func(r rune) bool { return r == ' ' })
}

// HasScope reports whether the token carries the scope.
func (c Claims) HasScope(scope string) bool {
	if scope == "" {
		return false
	}
	for rest := c.Scope; rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, " ")
		if one == scope {
			return true
		}
	}
	return false
}
