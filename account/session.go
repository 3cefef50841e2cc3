package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Grant is what a sign-in or a refresh gives.
type Grant struct {
	User         User
	SessionID    string
	Scopes       []string  // granted, sorted: may be fewer than were asked for
	ClientID     string    // who they are granted to
	Audience     []string  // what tokens are for; the issuer's default if nil
	AuthTime     time.Time // when the user signed in; zero if that is not known
	RefreshToken Secret    // good once; "" if the client may not use one
	Device       Secret    // after a sign-in with a password, for the device to keep: see WithKnownDevice
}

// StrictRefresh as Config.RefreshOverlap ends the session of every refresh token
// that is used twice, a second tab's as well.
const StrictRefresh time.Duration = -1

const (
	usualOverlap = 30 * time.Second
	maxOverlap   = 10 * time.Minute
)

// completeSessions checks what the configuration says of sessions, and fills in
// what is zero.
func (c *Config) completeSessions() error {
	c.RefreshTTL = cmp.Or(c.RefreshTTL, 30*24*time.Hour)
	c.RefreshOverlap = cmp.Or(c.RefreshOverlap, usualOverlap)
	c.MaxSessions = cmp.Or(c.MaxSessions, 100)
	switch {
	case c.RefreshTTL < 0:
		return errors.New("account: Config has a negative RefreshTTL")
	case c.RefreshOverlap > maxOverlap:
		return errors.New("account: Config.RefreshOverlap is more than ten minutes")
	case c.IdleTTL < 0:
		return errors.New("account: Config has a negative IdleTTL")
	case c.MaxSessions < 0:
		return errors.New("account: Config has a negative MaxSessions")
	}
	return nil
}

// trimmed is how many sessions a sign-in ends at most, where a user has too many:
// the rest is swept, see Run.
const trimmed = 10

// newSession makes a session that is not stored yet, and makes room for it among
// the user's. What others have left is swept up by Run, so that no sign-in waits for that.
func (s *Service) newSession(ctx context.Context, w Writer, userID string) (session Session, user User, err error) {
	if user, err = w.User(userID); err != nil {
		return session, user, err
	}
	if err := w.TrimSessions(userID, s.config.MaxSessions-1, trimmed); err != nil {
		return session, user, err
	}
	now := s.now()
	session = Session{
		UserID: userID, Created: now, Expires: now.Add(s.config.RefreshTTL), LastUsed: now,
		Device: deviceOf(ctx), Address: addressOf(ctx),
	}
	if session.ID, err = s.newID(); err != nil {
		return session, user, err
	}
	session.Handle, err = s.newID()
	return session, user, err
}

// slack is what the last use of a session that another process has may be behind:
// a minute that it is rounded by, and a minute until it is written down.
const slack = 2 * time.Minute

// over reports whether a session that was last used at a time has ended by itself.
func (s *Service) over(session Session, now time.Time) bool {
	used := session.LastUsed
	if last, ok := s.uses.Last(session.ID); ok && last.After(used) {
		used = last
	}
	return !now.Before(session.Expires) || s.config.IdleTTL > 0 && !now.Before(used.Add(s.config.IdleTTL+slack))
}

// begin starts a session whose refresh tokens rotate.
func (s *Service) begin(ctx context.Context, w Writer, userID string, ask Ask) (Grant, error) {
	client, err := s.clientOf(w, ask.ClientID)
	if err != nil {
		return Grant{}, err
	}
	session, user, err := s.newSession(ctx, w, userID)
	if err != nil {
		return Grant{}, err
	}
	session.ClientID, session.Audience = client.ID, slices.Clone(ask.Audience)
	if ask.signedIn {
		session.AuthTime = session.Created
	}
	if session.Scopes, err = grantable(w, user, client, ask.Scopes); err != nil {
		return Grant{}, err
	}
	secret, err := s.newSecret()
	if err != nil {
		return Grant{}, err
	}
	session.TokenHash = hashOf(secret)
	return firstGrant(session, user, client, secret), w.PutSession(session)
}

// firstGrant is what a new session gives: a refresh token only to a client that may
// use it.
func firstGrant(session Session, user User, client Client, secret string) Grant {
	grant := grantOf(session, user, session.Scopes, secret)
	if !client.MayUse(GrantRefresh) {
		grant.RefreshToken = ""
	}
	return grant
}

// grantOf is what a session gives with the secret that is good now.
func grantOf(session Session, user User, scopes []string, secret string) Grant {
	return Grant{
		User: user, SessionID: session.ID, Scopes: scopes, ClientID: session.ClientID, Audience: session.Audience, AuthTime: session.AuthTime,
		RefreshToken: session.token(secret),
	}
}

// token is a refresh token of the session's.
func (s Session) token(secret string) Secret { return Secret(refreshPrefix + s.Handle + "." + secret) }

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
