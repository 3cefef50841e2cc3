package account

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Refresh takes a refresh token, which is good once, for a new one. The scopes
// and the audience asked for may narrow what the new access token gets, and leave
// the session as it is; none asked means all of the sign-in's. To ask for more than
// that is an *InvalidError of the field scope or resource, and uses nothing up. A
// token belongs to the client that it was given to: to another one it is no token,
// and stays what it is.
//
// Who presents the same token again within Config.RefreshOverlap is given the one
// that was issued for it: two tabs refresh at once, and answers get lost. That ends
// when the one that was issued is used.
//
// A token that is used later than that, or after its successor, was copied: it
// cannot be told whose copy is the thief's, so the session ends (RFC 9700 section
// 4.14.2). The error is ErrBadGrant.
func (s *Service) Refresh(ctx context.Context, token string, ask Ask) (Grant, error) {
	handle, secret, ok := splitRefresh(token)
	if !ok || ofSecret(handle) {
		return Grant{}, ErrBadGrant
	}
	one := refreshing{handle, secret, ask}
	// Much can be decided without a transaction that writes: anybody can make up the
	// handle of no session, and a thousand may repeat the token of one.
	found, err := view(ctx, s, func(r Reader) (refreshed, error) { return s.look(r, one) })
	for try := 0; err == nil && (found.as == tokenGood || found.as == tokenUsed); try++ {
		found, err = update(ctx, s, func(w Writer) (refreshed, error) { return s.decide(w, one) })
		if err == nil || !errors.Is(err, errRotated) || try == 3 {
			break
		}
		err, found.as = nil, tokenGood // another was faster: what is there now decides
	}
	switch {
	case err != nil:
		return Grant{}, err
	case found.grant.RefreshToken == "":
		return Grant{}, ErrBadGrant
	case found.as == tokenRepeated:
		s.uses.Note(found.grant.SessionID, s.config.Now())
	}
	return found.grant, nil
}

// errRotated says that the session had another token when it was to be rotated.
var errRotated = errors.New("the refresh token was rotated meanwhile")

// refreshing is a refresh token that is presented, with what is asked for.
type refreshing struct {
	handle, secret string
	ask            Ask
}

// verdict is what a token is to a session.
//
//	token               then
//	unknown, or of a    refused; the session, if there is one, goes on: if it is over
//	session that is     by the clock, Run removes it when that is certain
//	over by the clock
//	good                rotated
//	repeated            given what was issued for it
//	used, or of a user  refused; the session ends
//	or a client that
//	may not go on
type verdict int

const (
	tokenUnknown verdict = iota
	tokenGood
	tokenRepeated
	tokenUsed
)

// refreshed is what came of a token.
type refreshed struct {
	as    verdict
	grant Grant // with a refresh token if there is one
}

// look finds out what a token is, and answers those that are repeated.
func (s *Service) look(r Reader, one refreshing) (refreshed, error) {
	session, as, err := s.sessionFor(r, one)
	if err != nil || as != tokenRepeated {
		return refreshed{as: as}, err
	}
	return s.repeat(r, session, one)
}

// decide is look with its consequences.
func (s *Service) decide(w Writer, one refreshing) (found refreshed, err error) {
	session, as, err := s.sessionFor(w, one)
	if err != nil {
		return refreshed{}, err
	}
	switch as {
	case tokenRepeated:
		found, err = s.repeat(w, session, one)
	case tokenGood:
		found, err = s.rotate(w, session, one)
	default:
		found.as = as
	}
	if err == nil && found.as == tokenUsed {
		err = w.RemoveSession(session.ID)
	}
	return found, err
}

// sessionFor finds the session of a token, and what the token is to it.
func (s *Service) sessionFor(r Reader, one refreshing) (Session, verdict, error) {
	session, err := r.SessionByHandle(one.handle)
	switch {
	case errors.Is(err, ErrNoSession):
		return session, tokenUnknown, nil
	case err != nil:
		return session, tokenUnknown, err
	case session.ClientID != cmp.Or(one.ask.ClientID, BuiltInClient):
		return session, tokenUnknown, nil
	case sameSecret(one.secret, session.TokenHash):
		return session, tokenGood, nil
	case !sameSecret(one.secret, session.Previous):
	case s.overlaps(session.Rotated):
		return session, tokenRepeated, nil
	case s.config.Now().Before(session.Rotated):
		return session, tokenUnknown, nil // nobody knows when it was used: the clock has been put back
	}
	return session, tokenUsed, nil
}

// overlaps reports whether a token that was used at a time may be repeated. A clock
// that was put back since then by no more than that does no harm to a second tab,
// and by more does not open again what was closed.
func (s *Service) overlaps(rotated time.Time) bool {
	return s.config.Now().Sub(rotated).Abs() < s.config.RefreshOverlap
}

// repeat answers a token that was used a moment ago. The store
// alone is not enough for that: what was issued opens with that token only.
func (s *Service) repeat(r Reader, session Session, one refreshing) (refreshed, error) {
	may, err := s.grantable(r, session, one.ask)
	successor, ok := unseal(one.secret, session.ID, session.Successor)
	switch {
	case errors.Is(err, errOver):
		return refreshed{as: tokenUnknown}, nil
	case errors.Is(err, errEnded), err == nil && !ok:
		return refreshed{as: tokenUsed}, nil
	}
	if err != nil {
		return refreshed{}, err
	}
	return refreshed{tokenRepeated, may.grant(session, successor)}, nil
}

// rotate gives the session another refresh token, with which the one before is
// used up.
func (s *Service) rotate(w Writer, session Session, one refreshing) (refreshed, error) {
	may, err := s.grantable(w, session, one.ask)
	switch {
	case errors.Is(err, errOver):
		return refreshed{as: tokenUnknown}, nil
	case errors.Is(err, errEnded):
		return refreshed{as: tokenUsed}, nil
	}
	if err != nil {
		return refreshed{}, err
	}
	secret, err := s.newSecret()
	if err != nil {
		return refreshed{}, err
	}
	from := session.TokenHash
	session.TokenHash, session.Previous, session.Successor = hashOf(secret), from, nil
	session.Rotated, session.LastUsed = s.now(), s.now()
	if s.config.RefreshOverlap > 0 {
		if session.Successor, err = seal(s.config.Rand, one.secret, session.ID, secret); err != nil {
			return refreshed{}, err
		}
	}
	won, err := w.RotateSession(session.ID, from, session)
	if err == nil && !won {
		err = errRotated
	}
	return refreshed{tokenGood, may.grant(session, secret)}, err
}

// errEnded says that a session whose token is presented has no right to go on, errOver
// that it is over by the clock.
var (
	errEnded = errors.New("the session has ended")
	errOver  = errors.New("the session is over")
)

// grantableNow is what a refresh may grant.
type grantableNow struct {
	user             User
	scopes, audience []string
}

func (g grantableNow) grant(session Session, secret string) Grant {
	grant := grantOf(session, g.user, g.scopes, secret)
	grant.Audience = g.audience
	return grant
}

// grantable returns what a refresh grants. Error: errEnded, errOver, *InvalidError.
func (s *Service) grantable(r Reader, session Session, ask Ask) (may grantableNow, err error) {
	if may.user, err = r.User(session.UserID); err != nil {
		return may, err
	}
	switch {
	case may.user.Disabled:
		return may, errEnded
	case s.over(session, s.config.Now()):
		return may, errOver
	}
	client, err := s.clientOf(r, session.ClientID)
	if errors.Is(err, ErrNoClient) {
		err = errEnded
	}
	if err != nil {
		return may, err
	}
	wanted, audience, err := ask.within(session)
	if err == nil {
		may.audience, err = ask.still(client, audience)
	}
	if err != nil {
		return may, err
	}
	may.scopes, err = grantable(r, may.user, client, wanted)
	return may, err
}
