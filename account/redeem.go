package account

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// codePrefix lets those who search for leaked secrets find codes.
const codePrefix = "hfa_"

// NewCode makes the code with which a client begins a session of a caller's user,
// once, within CodeTTL (RFC 6749 section 4.1.2). It is bound to the client, the
// redirect URI and the challenge, and ends with the caller's session, which is one of
// a browser's own: to what came with a token the answer is ErrNoCaller.
//
// ErrNoConsent says that the user has not allowed the client what it asks for,
// which first-party clients need not be. Other errors: ErrNoCaller, ErrNoClient,
// *InvalidError.
func (s *Service) NewCode(ctx context.Context, c Caller, ask CodeAsk) (Secret, error) {
	if !IsChallenge(ask.Challenge) {
		return "", &InvalidError{"code_challenge", "must be a challenge of S256"}
	}
	secret, err := s.newSecret()
	if err != nil {
		return "", err
	}
	secret = codePrefix + secret
	return Secret(secret), s.config.Store.Update(ctx, func(w Writer) error {
		if err := w.RemoveCodesBefore(s.config.Now()); err != nil {
			return err
		}
		code, err := s.allowed(w, c, ask)
		if err != nil {
			return err
		}
		code.Hash = hashOf(secret)
		return w.PutCode(code)
	})
}

// allowed is the code of what a user has allowed, without its secret.
func (s *Service) allowed(r Reader, c Caller, ask CodeAsk) (Code, error) {
	session, user, err := s.standingOf(r, c.SessionID)
	if err == nil && session.ClientID != "" {
		err = ErrNoCaller // tokens beget no tokens for others
	}
	if err != nil {
		return Code{}, err
	}
	client, err := s.clientOf(r, ask.ClientID)
	if err != nil {
		return Code{}, err
	}
	scopes, err := grantable(r, user, client, ask.Scopes)
	if err != nil {
		return Code{}, err
	}
	if !client.FirstParty {
		ask.Scopes = scopes
		given, err := r.Consent(user.ID, client.ID)
		if err == nil && !given.Covers(ask) {
			err = ErrNoConsent
		}
		if err != nil {
			return Code{}, err
		}
	}
	return Code{
		ClientID: client.ID, UserID: user.ID, Redirect: ask.Redirect, Challenge: ask.Challenge, Scopes: scopes, Audience: slices.Clone(ask.Audience),
		AskedBy: session.ID, AuthTime: session.Created, Expires: s.now().Add(CodeTTL),
	}, nil
}

// standingOf is a session that stands, and its user, within a transaction. Error:
// ErrNoCaller.
func (s *Service) standingOf(r Reader, id string) (session Session, user User, err error) {
	if session, err = r.Session(id); err == nil {
		user, err = r.User(session.UserID)
	}
	switch {
	case errors.Is(err, ErrNoSession), errors.Is(err, ErrNoUser):
		return session, user, ErrNoCaller
	case err == nil && (user.Disabled || s.over(session, s.config.Now())):
		return session, user, ErrNoCaller
	}
	return session, user, err
}

// RedeemCode begins a session for a client with a code of NewCode, where the code
// was sent, and the verifier of its challenge (RFC 7636 section 4.6). There is a
// refresh token if the client may use one. The client has been authenticated.
//
// A code is good for one attempt: with whatever is wrong, it is gone. A code that
// was used is in two hands: what the first use gave ends (RFC 6749 section 4.1.2).
// The error is ErrBadGrant.
func (s *Service) RedeemCode(ctx context.Context, clientID, code, redirect, verifier string) (Grant, error) {
	const longest = 128 // of ours, which are shorter
	if len(code) > longest || !strings.HasPrefix(code, codePrefix) {
		return Grant{}, ErrBadGrant
	}
	use := redemption{hash: hashOf(code), clientID: clientID, redirect: redirect, verifier: verifier}
	// Without a transaction that writes: everybody can make codes up.
	err := s.config.Store.View(ctx, func(r Reader) error {
		_, err := r.Code(use.hash)
		return err
	})
	if errors.Is(err, ErrNoCode) {
		return Grant{}, ErrBadGrant
	}
	if err != nil {
		return Grant{}, err
	}
	var refused error // outside of the transaction's error: what a refusal ends must be kept
	grant, err := update(ctx, s, func(w Writer) (Grant, error) {
		refused = nil
		grant, err := s.redeem(ctx, w, use)
		if errors.Is(err, ErrBadGrant) {
			refused, err = err, nil
		}
		return grant, err
	})
	if err == nil {
		err = refused
	}
	return grant, err
}

// redemption is one use of a code.
type redemption struct {
	hash                         [32]byte
	clientID, redirect, verifier string
}

// fits reports whether it is the use that the code is for.
func (u redemption) fits(code Code) bool {
	return u.clientID == code.ClientID && u.redirect == code.Redirect && verifies(u.verifier, code.Challenge)
}

func (s *Service) redeem(ctx context.Context, w Writer, use redemption) (Grant, error) {
	code, err := w.Code(use.hash)
	if errors.Is(err, ErrNoCode) {
		return Grant{}, ErrBadGrant
	}
	if err != nil {
		return Grant{}, err
	}
	if code.SessionID != "" {
		return Grant{}, refuseAndEnd(w, code.SessionID)
	}
	if !good(s.config.Now(), code.Expires, CodeTTL) {
		return Grant{}, ErrBadGrant // by the clock, which may be wrong: NewCode removes it
	}
	if !use.fits(code) {
		return Grant{}, spoilCode(w, use.hash)
	}
	client, err := s.clientOf(w, code.ClientID)
	if errors.Is(err, ErrNoClient) {
		return Grant{}, spoilCode(w, use.hash)
	}
	if err != nil {
		return Grant{}, err
	}
	_, _, err = s.standingOf(w, code.AskedBy)
	if errors.Is(err, ErrNoCaller) {
		return Grant{}, spoilCode(w, use.hash)
	}
	if err != nil {
		return Grant{}, err
	}
	return s.beginWith(ctx, w, code, client)
}

// beginWith begins the session of a code, if this use is the one that may.
func (s *Service) beginWith(ctx context.Context, w Writer, code Code, client Client) (Grant, error) {
	session, user, err := s.newSession(ctx, w, code.UserID)
	if err != nil {
		return Grant{}, err
	}
	used, won, err := w.UseCode(code.Hash, session.ID)
	switch {
	case errors.Is(err, ErrNoCode):
		return Grant{}, ErrBadGrant
	case err != nil:
		return Grant{}, err
	case !won:
		return Grant{}, refuseAndEnd(w, used.SessionID)
	}
	session.ClientID, session.Audience, session.AuthTime = client.ID, code.Audience, code.AuthTime
	if session.Scopes, err = grantable(w, user, client, code.Scopes); err != nil {
		return Grant{}, err
	}
	secret, err := s.newSecret()
	if err != nil {
		return Grant{}, err
	}
	session.TokenHash = hashOf(secret)
	return firstGrant(session, user, client, secret), w.PutSession(session)
}

// refuseAndEnd ends what the first use of a code gave, at its second.
func refuseAndEnd(w Writer, sessionID string) error {
	if err := w.RemoveSession(sessionID); err != nil {
		return err
	}
	return ErrBadGrant
}

// spoilCode makes an unused code good for nothing.
func spoilCode(w Writer, hash [32]byte) error {
	if err := w.RemoveCode(hash); err != nil {
		return err
	}
	return ErrBadGrant
}
