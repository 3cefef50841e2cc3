package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Grant is what a sign-in or a refresh gives.
type Grant struct {
	User         User
	SessionID    string
	Scopes       []string // granted, sorted: may be fewer than were asked for
	ClientID     string   // who they are granted to
	Audience     []string // what tokens are for; the issuer's default if nil
	RefreshToken Secret   // good once
}

// newSession makes a session that is not stored yet, and makes room by dropping
// those that are over.
func (s *Service) newSession(w Writer, userID string) (session Session, user User, err error) {
	if err := w.RemoveSessionsBefore(s.config.Now()); err != nil {
		return session, user, err
	}
	session = Session{UserID: userID, Created: s.now(), Expires: s.now().Add(s.config.RefreshTTL)}
	if session.ID, err = s.newID(); err != nil {
		return session, user, err
	}
	if session.Handle, err = s.newID(); err != nil {
		return session, user, err
	}
	user, err = w.User(userID)
	return session, user, err
}

// begin starts a session whose refresh tokens rotate.
func (s *Service) begin(w Writer, userID string, ask Ask) (Grant, error) {
	client, err := s.clientOf(w, ask.ClientID)
	if err != nil {
		return Grant{}, err
	}
	session, user, err := s.newSession(w, userID)
	if err != nil {
		return Grant{}, err
	}
	session.ClientID, session.Audience = client.ID, slices.Clone(ask.Audience)
	if session.Scopes, err = grantable(w, user, client, ask.Scopes); err != nil {
		return Grant{}, err
	}
	return s.rotate(w, session, user, session.Scopes)
}

// rotate gives the session another refresh token, with which the one before is
// used up.
func (s *Service) rotate(w Writer, session Session, user User, scopes []string) (Grant, error) {
	secret, err := s.newSecret()
	if err != nil {
		return Grant{}, err
	}
	session.TokenHash = hashOf(secret)
	return Grant{
		User: user, SessionID: session.ID, Scopes: scopes, ClientID: session.ClientID, Audience: session.Audience,
		RefreshToken: Secret(refreshPrefix + session.Handle + "." + secret),
	}, w.PutSession(session)
}

// grantable returns those of the wanted scopes that the user's roles grant and
// that the client may ask for.
func grantable(r Reader, user User, client Client, wanted []string) ([]string, error) {
	grants, err := grantsOf(r, user)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(sorted(wanted), func(scope string) bool { return !grants[scope] || !client.MayAsk(scope) }), nil
}

// grantsOf returns all that the user's roles grant.
func grantsOf(r Reader, user User) (map[string]bool, error) {
	grants := map[string]bool{}
	for _, name := range user.Roles {
		role, err := r.Role(name)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", name, err)
		}
		for _, scope := range role.Scopes {
			grants[scope] = true
		}
	}
	return grants, nil
}

// Refresh takes a refresh token, which is good once, for a new one. The scopes
// asked for may narrow what the new access token gets, never widen it beyond the
// sign-in; none asked means all of the sign-in's. A token belongs to the client
// that it was given to: to another one it is no token, and stays what it is.
//
// A token that was used before was copied: it cannot be told whose copy is the
// thief's, so the session ends (RFC 9700 section 4.14.2). The error is
// ErrBadGrant.
func (s *Service) Refresh(ctx context.Context, token string, ask Ask) (Grant, error) {
	handle, secret, ok := splitRefresh(token)
	if !ok || ofSecret(handle) {
		return Grant{}, ErrBadGrant
	}
	if err := s.knownHandle(ctx, handle); err != nil {
		return Grant{}, err
	}
	var refused error // outside of the transaction's error: ending the session must be kept
	grant, err := update(ctx, s, func(w Writer) (Grant, error) {
		refused = nil
		grant, err := s.refresh(w, handle, secret, ask)
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

// knownHandle refuses handles of no session without a transaction that writes:
// anybody can make them up, and each of those waits for a disk.
func (s *Service) knownHandle(ctx context.Context, handle string) error {
	err := s.config.Store.View(ctx, func(r Reader) error {
		_, err := r.SessionByHandle(handle)
		return err
	})
	if errors.Is(err, ErrNoSession) {
		return ErrBadGrant
	}
	return err
}

func (s *Service) refresh(w Writer, handle, secret string, ask Ask) (Grant, error) {
	session, err := w.SessionByHandle(handle)
	if errors.Is(err, ErrNoSession) {
		return Grant{}, ErrBadGrant
	}
	if err != nil {
		return Grant{}, err
	}
	if session.ClientID != cmp.Or(ask.ClientID, BuiltInClient) {
		return Grant{}, ErrBadGrant
	}
	if !sameSecret(secret, session.TokenHash) {
		return Grant{}, endSession(w, session.ID)
	}
	user, err := w.User(session.UserID)
	if err != nil {
		return Grant{}, err
	}
	if user.Disabled || !s.config.Now().Before(session.Expires) {
		return Grant{}, endSession(w, session.ID)
	}
	client, err := s.clientOf(w, session.ClientID)
	if errors.Is(err, ErrNoClient) {
		return Grant{}, endSession(w, session.ID)
	}
	if err != nil {
		return Grant{}, err
	}
	wanted := session.Scopes
	if len(ask.Scopes) > 0 {
		wanted = slices.DeleteFunc(slices.Clone(ask.Scopes), func(one string) bool { return !slices.Contains(session.Scopes, one) })
	}
	granted, err := grantable(w, user, client, wanted)
	if err != nil {
		return Grant{}, err
	}
	return s.rotate(w, session, user, granted)
}

// endSession ends the session of a token that is refused.
func endSession(w Writer, id string) error {
	if err := w.RemoveSession(id); err != nil {
		return err
	}
	return ErrBadGrant
}

// Logout ends a session. One that has ended already is no error.
func (s *Service) Logout(ctx context.Context, sessionID string) error {
	return s.config.Store.Update(ctx, func(w Writer) error { return w.RemoveSession(sessionID) })
}

// declared returns a client that is not the store's.
func (s *Service) declared(id string) (Client, bool) {
	if id == "" {
		id = BuiltInClient
	}
	for _, c := range s.config.Clients {
		if c.ID == id {
			return c.clone(), true
		}
	}
	if id == BuiltInClient {
		return Client{ID: BuiltInClient, Name: BuiltInClient, FirstParty: true, Public: true, Grants: []string{GrantPassword, GrantCode, GrantRefresh}}, true
	}
	return Client{}, false
}

// clientOf is Client within a transaction. One that is disabled is not there.
func (s *Service) clientOf(r Reader, id string) (c Client, err error) {
	c, ok := s.declared(id)
	if !ok {
		c, err = r.Client(id)
	}
	if err == nil && c.Disabled {
		err = ErrNoClient
	}
	return c, err
}
