package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// Caller is who makes a request, and what they may do now: a person, or a
// machine that calls for itself.
type Caller struct {
	User      User   // zero for a machine
	SessionID string // "" for a machine
	ClientID  string // who the token was given to, or the machine itself; "" for a session that is presented itself
	KeyID     string // of the API key that was presented; "" for a token and a session

	scopes    []string        // the token's
	unbounded bool            // there is no token that could carry less than is granted
	foreign   bool            // an application of others acts for the user
	grants    map[string]bool // what the user's roles and the client's scopes grant now; shared, never changed
	expires   time.Time       // when the session ends by itself, or what presented it
	changes   func() uint64   // the store's generation
}

// Machine reports whether a client calls for itself (RFC 6749 section 4.4), so
// that there is no user and no role.
func (c Caller) Machine() bool { return c.User.ID == "" && c.ClientID != "" }

// HasScope reports whether both the token, if there is one, carries the scope
// and the user's roles grant it now, to the client that the token was given to.
// A machine is granted the scopes of its client.
func (c Caller) HasScope(scope string) bool {
	return c.grants[scope] && (c.unbounded || slices.Contains(c.scopes, scope))
}

// HasRole reports whether the user has the role now. A machine has none.
func (c Caller) HasRole(role string) bool { return slices.Contains(c.User.Roles, role) }

// HasRoleAlone is HasRole where nothing beside the role asks for a scope. An
// application of others, which is not first-party, then has none: what people allow
// it are scopes.
func (c Caller) HasRoleAlone(role string) bool { return !c.foreign && c.HasRole(role) }

// Foreign reports whether an application of others acts for the user: a client that
// is not first-party.
func (c Caller) Foreign() bool { return c.foreign }

// Expires returns when the caller is none any more even if nothing changes: when
// the session ends, or before that, what [Caller.Until] says. A Caller that was
// made by hand says false.
func (c Caller) Expires() (at time.Time, ok bool) { return c.expires, !c.expires.IsZero() }

// Changes returns the store's generation as a function: while its number is the
// same, so is the caller. It is nil for a Caller that was made by hand.
func (c Caller) Changes() func() uint64 { return c.changes }

// Until returns the caller with an end at a time, unless there is an earlier one:
// that of an access token. A zero time is none.
func (c Caller) Until(at time.Time) Caller {
	if !at.IsZero() && (c.expires.IsZero() || at.Before(c.expires)) {
		c.expires = at
	}
	return c
}

// callerKey is a session as a token names it, by its user and its own id, or as
// its secret does, by its handle, or a machine by its client.
type callerKey struct{ userID, sessionID, handle, clientID string }

// standing is what the store said of a session. Nothing but holds changes.
type standing struct {
	holds     atomic.Uint64 // the version of the changes up to which none concerns it
	user      User
	grants    map[string]bool
	sessionID string
	clientID  string
	foreign   bool // the client is one of others
	apiKeyID  string
	secret    [32]byte // SHA-256
	expires   time.Time
	used      atomic.Int64 // the last use that is known, in minutes since 1970; a session that is used goes on
	machine   machine      // if there is no user
}

// Caller returns who a token stands for: its user and session, bounded by its
// scopes. ErrNoCaller says that there is no caller; with it, ErrNoSession that the
// session has ended, ErrDisabled and ErrNoUser that the user is disabled or
// gone.
//
// The answer is the store's of this moment, as far as this process has made it
// what it is; what another process did holds within a second. It is kept in memory
// until a change concerns the user, one of the user's roles or the session, and
// not used while changes cannot be heard.
func (s *Service) Caller(ctx context.Context, userID, sessionID string, scopes []string) (Caller, error) {
	found, err := s.standing(ctx, callerKey{userID: userID, sessionID: sessionID})
	if err != nil {
		return Caller{}, err
	}
	caller := s.callerOf(found, sessionID)
	caller.scopes = scopes
	return caller, nil
}

// callerOf is who a standing session stands for.
func (s *Service) callerOf(found *standing, sessionID string) Caller {
	return Caller{
		User: found.user, SessionID: sessionID, ClientID: found.clientID,
		foreign: found.foreign, grants: found.grants, expires: found.expires, changes: s.generation,
	}
}

// standing is what the store says of a session now. ErrNoCaller says that it
// does not stand.
func (s *Service) standing(ctx context.Context, key callerKey) (*standing, error) {
	found, now, err := remembered(ctx, s, s.callers, key, (*Service).load)
	if err != nil {
		return nil, err
	}
	if !found.expires.IsZero() && !now.Before(found.expires) || s.idle(found, now) {
		return nil, fmt.Errorf("%w: %w", ErrNoCaller, ErrNoSession)
	}
	return found, nil
}

// remembered is what is known under a key, from a cache while it holds and else
// from the store, and the time at which that was so.
func remembered[K comparable](
	ctx context.Context, s *Service, cache *otter.Cache[K, *standing], key K, load func(*Service, context.Context, K) (*standing, error),
) (*standing, time.Time, error) {
	now := s.config.Now()
	version, hears := s.changes.Current(ctx, now)
	found, ok := cache.GetIfPresent(key)
	if !ok || !hears || !s.holds(found, version) || s.idle(found, now) {
		var err error
		if found, err = load(s, ctx, key); err != nil {
			return nil, now, err
		}
		now = s.config.Now()
		if hears {
			// The version is from before it was loaded: a change in between makes
			// this standing out of date, not a stale one current.
			found.holds.Store(version)
			cache.Set(key, found)
		}
	}
	return found, now, nil
}

// idle reports whether a session was not used for too long. Of what is remembered
// that says no more than that the store has to be asked: another process may have
// seen a use, and a refresh tells no one.
func (s *Service) idle(found *standing, now time.Time) bool {
	if s.config.IdleTTL == 0 || found.sessionID == "" {
		return false
	}
	return !now.Before(time.Unix(found.used.Load()*60, 0).Add(s.config.IdleTTL + slack))
}

// minuteOf is a time in minutes since 1970.
func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

// holds reports whether nothing that a standing was made of has changed up to a
// version.
func (s *Service) holds(found *standing, version uint64) bool {
	since := found.holds.Load()
	if since == version {
		return true
	}
	touched := s.changes.Touched(since, changes.User, found.user.ID) || s.changes.Touched(since, changes.Session, found.sessionID) ||
		s.changes.Touched(since, changes.Client, found.clientID) || s.changes.Touched(since, changes.APIKey, found.apiKeyID)
	for _, role := range found.user.Roles {
		touched = touched || s.changes.Touched(since, changes.Role, role)
	}
	if !touched {
		found.holds.Store(version)
	}
	return !touched
}

func (s *Service) load(ctx context.Context, key callerKey) (*standing, error) {
	found := &standing{}
	if key.clientID != "" {
		return found, s.loadMachine(ctx, key.clientID, found)
	}
	err := s.config.Store.View(ctx, func(r Reader) error {
		session, err := sessionOf(r, key, found)
		if err != nil {
			return err
		}
		found.sessionID, found.secret, found.expires = session.ID, session.TokenHash, session.Expires
		found.used.Store(minuteOf(session.LastUsed))
		if last, ok := s.uses.Last(session.ID); ok && last.After(session.LastUsed) {
			found.used.Store(minuteOf(last))
		}
		if found.grants, err = grantsOf(r, found.user); err != nil || session.ClientID == "" {
			return err
		}
		found.clientID = session.ClientID
		client, err := s.clientOf(r, session.ClientID)
		if errors.Is(err, ErrNoClient) {
			return ErrNoSession // which has ended with it
		}
		client.bound(found.grants)
		found.foreign = !client.FirstParty
		return err
	})
	if errors.Is(err, ErrNoSession) || errors.Is(err, ErrNoUser) || errors.Is(err, ErrDisabled) {
		return nil, fmt.Errorf("%w: %w", ErrNoCaller, err)
	}
	return found, err
}

// sessionOf finds the session of a key and puts down whose it is.
func sessionOf(r Reader, key callerKey, found *standing) (session Session, err error) {
	if key.handle != "" {
		if session, err = r.SessionByHandle(key.handle); err != nil {
			return session, err
		}
		key.userID = session.UserID
	}
	if found.user, err = r.User(key.userID); err != nil {
		return session, err
	}
	if found.user.Disabled {
		return session, ErrDisabled // before the session, which ended when the user was disabled
	}
	if key.handle == "" {
		session, err = r.Session(key.sessionID)
	}
	if err == nil && session.UserID != key.userID {
		err = ErrNoSession
	}
	return session, err
}

// loadMachine puts down what the store says of a client.
func (s *Service) loadMachine(ctx context.Context, id string, found *standing) error {
	err := s.config.Store.View(ctx, func(r Reader) error {
		client, err := s.clientOf(r, id)
		if err != nil {
			return err
		}
		if client.Public {
			return ErrNoClient
		}
		found.clientID, found.machine.client, found.grants = client.ID, client, map[string]bool{}
		for _, scope := range client.Scopes {
			found.grants[scope] = true
		}
		if found.machine.keys, err = keysOf(client); err != nil || len(found.machine.keys) > 0 {
			return err // who has keys has no secrets
		}
		found.machine.secrets, err = r.ClientSecrets(client.ID)
		return err
	})
	if errors.Is(err, ErrNoClient) {
		return fmt.Errorf("%w: %w", ErrNoCaller, err)
	}
	return err
}
