package account

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Revoke ends the session of a refresh token that a client presents (RFC 7009).
// A token of another client, of no session, or that is none has no effect and is
// no error. One that was used before ends its session, too: a client
// that presents it does not have the one that is good now, and wants none to be.
//
// When Revoke has returned without an error, neither the session's refresh tokens
// nor its access tokens are good for anything, whatever was under way meanwhile.
func (s *Service) Revoke(ctx context.Context, token, clientID string) error {
	handle, _, ok := splitRefresh(token)
	if !ok || ofSecret(handle) {
		return nil
	}
	switch err := s.knownHandle(ctx, handle); {
	case errors.Is(err, ErrBadGrant):
		return nil
	case err != nil:
		return err
	}
	return s.config.Store.Update(ctx, func(w Writer) error {
		session, err := w.SessionByHandle(handle)
		if errors.Is(err, ErrNoSession) || err == nil && session.ClientID != clientID {
			return nil
		}
		if err != nil {
			return err
		}
		return w.RemoveSession(session.ID)
	})
}

// RefreshInfo is what a refresh token is good for.
type RefreshInfo struct {
	User    User
	Scopes  []string // that a refresh would give now
	Created time.Time
	Expires time.Time
}

// InspectRefresh says what a refresh token is good for that was given to a client
// (RFC 7662). It uses nothing up. The error is ErrBadGrant where a refresh with it
// would not succeed now, and of a token of another client.
func (s *Service) InspectRefresh(ctx context.Context, token, clientID string) (RefreshInfo, error) {
	handle, secret, ok := splitRefresh(token)
	if !ok || ofSecret(handle) {
		return RefreshInfo{}, ErrBadGrant
	}
	info, err := view(ctx, s, func(r Reader) (RefreshInfo, error) { return s.inspectRefresh(r, handle, secret, clientID) })
	if errors.Is(err, ErrNoSession) || errors.Is(err, ErrNoUser) || errors.Is(err, ErrNoClient) {
		return RefreshInfo{}, ErrBadGrant
	}
	return info, err
}

func (s *Service) inspectRefresh(r Reader, handle, secret, clientID string) (RefreshInfo, error) {
	session, err := r.SessionByHandle(handle)
	if err != nil {
		return RefreshInfo{}, err
	}
	if session.ClientID != clientID || !sameSecret(secret, session.TokenHash) || s.over(session, s.config.Now()) {
		return RefreshInfo{}, ErrBadGrant
	}
	user, err := r.User(session.UserID)
	if err != nil {
		return RefreshInfo{}, err
	}
	client, err := s.clientOf(r, clientID)
	if err != nil {
		return RefreshInfo{}, err
	}
	if user.Disabled {
		return RefreshInfo{}, ErrBadGrant
	}
	scopes, err := grantable(r, user, client, session.Scopes)
	return RefreshInfo{User: user, Scopes: scopes, Created: session.Created, Expires: session.Expires}, err
}

// within is what a refresh asks for of a session, or all that there is if it asks
// for nothing. What was not granted at the sign-in is an *InvalidError: a refresh
// never widens (RFC 6749 section 6, RFC 8707 section 2.2).
func (a Ask) within(session Session) (scopes, audience []string, err error) {
	scopes, audience = session.Scopes, session.Audience
	if len(a.Scopes) > 0 {
		scopes, err = a.Scopes, notIn("scope", a.Scopes, session.Scopes)
	}
	if len(a.Audience) > 0 && err == nil {
		granted := session.Audience
		if granted == nil {
			granted = a.DefaultAudience
		}
		audience, err = a.Audience, notIn("resource", a.Audience, granted)
	}
	return scopes, audience, err
}

// still is that part of a session's audience that the client may ask for to this day.
// Where nothing is left, or not all that was asked for, it is an *InvalidError: none
// would mean the default.
func (a Ask) still(client Client, audience []string) ([]string, error) {
	if len(audience) == 0 {
		return nil, nil
	}
	kept := slices.DeleteFunc(slices.Clone(audience), func(one string) bool {
		return !slices.Contains(client.Audiences, one) && !slices.Contains(a.DefaultAudience, one)
	})
	if len(kept) == 0 || len(a.Audience) > 0 && len(kept) < len(audience) {
		return nil, &InvalidError{"resource", "is nothing that the client may ask for any more"}
	}
	return kept, nil
}

func notIn(field string, asked, granted []string) error {
	for _, one := range asked {
		if !slices.Contains(granted, one) {
			return &InvalidError{field, "contains " + quote(one) + ", which was not granted at the sign-in"}
		}
	}
	return nil
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
