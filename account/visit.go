package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SessionGrant is what a sign-in gives that needs no tokens: one secret, which
// is presented with every request, as a browser does with a cookie.
type SessionGrant struct {
	User      User
	SessionID string
	Secret    Secret    // letters, digits and _ . -, 74 of them; good until the session ends
	Expires   time.Time // when it ends by itself
	Device    Secret    // for the device to keep: see WithKnownDevice
}

// LoginSession is [Service.Login] for a session that is presented itself: the
// same work, counted together, with the same errors. The session ends when and
// as those with tokens do. What its caller may do is all that the user's roles
// grant, at every moment.
func (s *Service) LoginSession(ctx context.Context, name, password string) (SessionGrant, error) {
	var grant SessionGrant
	device, err := s.enter(ctx, name, password, entry{offer: true, begin: func(w Writer, userID string) error {
		session, user, err := s.newSession(ctx, w, userID)
		if err != nil {
			return err
		}
		secret, err := s.newSecret()
		if err != nil {
			return err
		}
		session.Handle = secretPrefix + session.Handle
		session.TokenHash = hashOf(secret)
		grant = SessionGrant{User: user, SessionID: session.ID, Secret: Secret(session.Handle + "." + secret), Expires: session.Expires}
		return w.PutSession(session)
	}})
	if err != nil {
		return SessionGrant{}, err
	}
	grant.Device = device
	return grant, nil
}

// SessionCaller returns who presents the secret of a session. A secret that is
// none, a wrong one, and one of a session that has ended are one error,
// ErrNoCaller with ErrNoSession. Nothing that is presented here ends a session.
// That it was used is remembered, and written down now and then by [Service.Run].
// As with [Service.Caller], the answer is the store's of this
// moment.
func (s *Service) SessionCaller(ctx context.Context, secret Secret) (Caller, error) {
	refused := fmt.Errorf("%w: %w", ErrNoCaller, ErrNoSession)
	handle, rest, ok := splitSecret(string(secret))
	if !ok {
		return Caller{}, refused
	}
	found, err := s.standing(ctx, callerKey{handle: handle})
	switch {
	case errors.Is(err, ErrNoCaller):
		return Caller{}, refused // disabled or removed: their sessions have ended
	case err != nil:
		return Caller{}, err
	case !sameSecret(rest, found.secret):
		return Caller{}, refused
	}
	s.used(found)
	caller := s.callerOf(found, found.sessionID)
	caller.unbounded = true
	return caller, nil
}

// used remembers that a session was presented, once a minute.
func (s *Service) used(found *standing) {
	now := s.config.Now()
	if last, minute := found.used.Load(), minuteOf(now); minute > last && found.used.CompareAndSwap(last, minute) {
		s.uses.Note(found.sessionID, now)
	}
}

// secretPrefix begins the handle of a session that is presented itself, and so
// its secret. Handles of sessions with refresh tokens are upper case: what is
// good for one kind cannot be tried at the other. It lets those who search for
// leaked secrets find it, too.
const secretPrefix = "hfs_"

// ofSecret reports whether a handle is that of a session that is presented
// itself.
func ofSecret(handle string) bool { return strings.HasPrefix(handle, secretPrefix) }

// The lengths of what splitSecret takes apart.
const (
	handleLen = len(secretPrefix) + 26 // 128 bits in base32
	secretLen = 43                     // 256 bits in base64
)

// splitSecret looks at no more than the length of what may be anything, before
// it is looked up and hashed.
func splitSecret(text string) (handle, secret string, ok bool) {
	if len(text) != handleLen+1+secretLen || !ofSecret(text) || text[handleLen] != '.' {
		return "", "", false
	}
	return text[:handleLen], text[handleLen+1:], true
}
