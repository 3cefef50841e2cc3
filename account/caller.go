package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Caller is who makes a request, and what they may do now.
type Caller struct {
	User      User
	SessionID string

	scopes []string        // the token's
	grants map[string]bool // what the user's roles grant now; shared, never changed
}

// HasScope reports whether both the token carries the scope and the user's
// roles grant it now.
func (c Caller) HasScope(scope string) bool {
	return c.grants[scope] && slices.Contains(c.scopes, scope)
}

// HasRole reports whether the user has the role now.
func (c Caller) HasRole(role string) bool { return slices.Contains(c.User.Roles, role) }

// callerKey is a session as a token names it.
type callerKey struct{ userID, sessionID string }

// standing is what the store said of a session at one generation.
type standing struct {
	generation uint64
	user       User
	grants     map[string]bool
	expires    time.Time
}

// Caller returns who a token stands for: its user and session, bounded by its
// scopes. ErrNoCaller says that there is no caller; with it, ErrNoSession that the
// session has ended, ErrDisabled and ErrNoUser that the user is disabled or
// gone.
//
// The answer is the store's of this moment. It is kept in memory only as long
// as the store's generation does not change.
func (s *Service) Caller(ctx context.Context, userID, sessionID string, scopes []string) (Caller, error) {
	key := callerKey{userID, sessionID}
	found, ok := s.callers.GetIfPresent(key)
	if !ok || found.generation != s.config.Store.Generation() {
		var err error
		if found, err = s.load(ctx, key); err != nil {
			return Caller{}, err
		}
		s.callers.Set(key, found)
	}
	if !s.config.Now().Before(found.expires) {
		return Caller{}, fmt.Errorf("%w: %w", ErrNoCaller, ErrNoSession)
	}
	return Caller{User: found.user, SessionID: sessionID, scopes: scopes, grants: found.grants}, nil
}

func (s *Service) load(ctx context.Context, key callerKey) (*standing, error) {
	// Before reading: a change in between makes this standing out of date, not
	// a stale one current.
	found := &standing{generation: s.config.Store.Generation()}
	err := s.config.Store.View(ctx, func(r Reader) error {
		var err error
		if found.user, err = r.User(key.userID); err != nil {
			return err
		}
		if found.user.Disabled {
			return ErrDisabled // before the session, which ended when the user was disabled
		}
		session, err := r.Session(key.sessionID)
		if err != nil {
			return err
		}
		if session.UserID != key.userID {
			return ErrNoSession
		}
		found.expires = session.Expires
		found.grants, err = grantsOf(r, found.user)
		return err
	})
	if errors.Is(err, ErrNoSession) || errors.Is(err, ErrNoUser) || errors.Is(err, ErrDisabled) {
		return nil, fmt.Errorf("%w: %w", ErrNoCaller, err)
	}
	return found, err
}
