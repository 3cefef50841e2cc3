package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/horizon"
	"github.com/holdfast-go/holdfast/internal/keytext"
)

// APIKeyAsk is what an API key is asked for with.
type APIKeyAsk struct {
	Name   string        // at most 64 characters
	Scopes []string      // what it may do, of what its owner may at each request
	TTL    time.Duration // how long it lives; DefaultAPIKeyTTL if zero
}

// APIKeyGrant is a new API key, with the text that is presented. There is no other
// way to that text.
type APIKeyGrant struct {
	Key    APIKey
	Secret Secret // as docs/howto/api-keys.md says; good until the key ends
}

const (
	// DefaultAPIKeyTTL is how long an API key lives that is asked for without a time.
	DefaultAPIKeyTTL = 90 * 24 * time.Hour

	// MaxAPIKeys is how many a user or a client has at most, with those that are
	// over and not forgotten yet.
	MaxAPIKeys = 100

	// MaxAPIKeyOverlap is for how long a key lives on at most that was rotated.
	MaxAPIKeyOverlap = 30 * 24 * time.Hour

	usualMaxAPIKeyTTL = 366 * 24 * time.Hour
	maxKeyName        = 64
)

// MaxAPIKeyTTL is how long an API key lives at most.
func (s *Service) MaxAPIKeyTTL() time.Duration {
	return cmp.Or(s.config.MaxAPIKeyTTL, usualMaxAPIKeyTTL)
}

// NewAPIKey makes an API key for an owner, who may do what it is asked for:
// scopes that the user's roles or the client do not grant are an *InvalidError, as
// is a name or a time that cannot be. Errors: ErrNoUser, ErrDisabled, ErrNoClient,
// ErrTooManyAPIKeys.
//
// It asks no one whether they may make it: see [Service.NewOwnAPIKey].
func (s *Service) NewAPIKey(ctx context.Context, owner APIKeyOwner, ask APIKeyAsk) (APIKeyGrant, error) {
	ttl := cmp.Or(ask.TTL, min(DefaultAPIKeyTTL, s.MaxAPIKeyTTL()))
	if err := s.checkAsk(ask, ttl); err != nil {
		return APIKeyGrant{}, err
	}
	grant, err := s.mintAPIKey(owner, APIKey{Name: ask.Name, Scopes: sorted(ask.Scopes)}, ttl)
	if err != nil {
		return APIKeyGrant{}, err
	}
	what := did(AuditAPIKeyCreated, ofOwner(owner), describeKey(grant.Key)...)
	err = s.change(ctx, what, func(w Writer) error {
		user, grants, err := s.ownerOf(w, owner)
		if err != nil {
			return err
		}
		what.On.Name = user.Name
		for _, scope := range grant.Key.Scopes {
			if !grants[scope] {
				return &InvalidError{"scopes", "contains " + quote(scope) + ", which its owner is not granted"}
			}
		}
		if err := s.makeRoom(w, owner); err != nil {
			return err
		}
		return w.PutAPIKey(grant.Key)
	})
	if err != nil {
		return APIKeyGrant{}, err
	}
	return grant, nil
}

// describeKey is what is recorded of a key.
func describeKey(k APIKey) []string {
	return []string{"key", k.ID, "name", k.Name, "scopes", strings.Join(k.Scopes, " "), "expires", k.Expires.UTC().Format(time.RFC3339)}
}

func (s *Service) checkAsk(ask APIKeyAsk, ttl time.Duration) error {
	switch {
	case ask.Name == "" || len(ask.Name) > maxKeyName || !printable(ask.Name):
		return &InvalidError{"name", "must be printable and have between 1 and 64 bytes"}
	case len(ask.Scopes) > maxScopes:
		return &InvalidError{"scopes", "contains more than 200 scopes"}
	case ttl < 0 || ttl > s.MaxAPIKeyTTL():
		return &InvalidError{"expires_in", "must be more than nothing and at most " + inDays(s.MaxAPIKeyTTL())}
	}
	return nil
}

// inDays writes a duration as people say it.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.String()
}

// mintAPIKey makes a key that is not kept yet.
func (s *Service) mintAPIKey(owner APIKeyOwner, key APIKey, ttl time.Duration) (grant APIKeyGrant, err error) {
	prefix := keytext.Person
	if owner.ClientID != "" {
		prefix = keytext.Service
	}
	text, err := keytext.New(s.config.Rand, prefix)
	if err != nil {
		return grant, fmt.Errorf("account: %w", err)
	}
	if key.ID, err = s.newID(); err != nil {
		return grant, err
	}
	key.UserID, key.ClientID, key.Hash = owner.UserID, owner.ClientID, hashOf(text)
	key.Created = s.now()
	key.Expires = key.Created.Add(ttl).Truncate(time.Millisecond)
	return APIKeyGrant{key, Secret(text)}, nil
}

// ownerOf is the user who owns keys, zero if a client does, and what the owner is
// granted now. Errors: ErrNoUser, ErrDisabled, ErrNoClient.
func (s *Service) ownerOf(r Reader, owner APIKeyOwner) (user User, grants map[string]bool, err error) {
	if owner.ClientID != "" {
		client, err := s.keyClient(r, owner.ClientID)
		return user, scopeSet(client.Scopes), err
	}
	if user, err = r.User(owner.UserID); err != nil {
		return user, nil, err
	}
	if user.Disabled {
		return user, nil, ErrDisabled
	}
	grants, err = grantsOf(r, user)
	return user, grants, err
}

// errNoMachine is about a client that never calls for itself.
var errNoMachine = &InvalidError{"client", "does not call for itself: for that it must not be public, and have the grant client_credentials"}

// keyClient is a client that may have keys: one that may call for itself.
func (s *Service) keyClient(r Reader, id string) (Client, error) {
	client, err := s.clientOf(r, id)
	if err == nil && (client.Public || !client.MayUse(GrantClientCredentials)) {
		err = errNoMachine
	}
	return client, err
}

func scopeSet(scopes []string) map[string]bool {
	set := make(map[string]bool, len(scopes))
	for _, scope := range scopes {
		set[scope] = true
	}
	return set
}

// makeRoom forgets keys that have been over for a day if there are as many as there
// may be: the clock may be wrong now.
func (s *Service) makeRoom(w Writer, owner APIKeyOwner) error {
	keys, err := w.APIKeysOf(owner)
	if err != nil || len(keys) < MaxAPIKeys {
		return err
	}
	now := s.config.Now().Add(-horizon.Grace)
	if !slices.ContainsFunc(keys, func(k APIKey) bool { return !k.Expires.After(now) }) {
		return ErrTooManyAPIKeys
	}
	return w.RemoveAPIKeysBefore(owner, now)
}

// APIKeys returns an owner's keys, the oldest first, with those that are over
// and not forgotten yet.
func (s *Service) APIKeys(ctx context.Context, owner APIKeyOwner) ([]APIKey, error) {
	keys, err := view(ctx, s, func(r Reader) ([]APIKey, error) { return r.APIKeysOf(owner) })
	for i := range keys {
		if at, ok := s.keyUses.Last(keys[i].ID); ok && at.After(keys[i].LastUsed) {
			keys[i].LastUsed = at
		}
	}
	return keys, err
}

// RevokeAPIKey ends a key of an owner at once, in other processes within a
// second. A key that is another's is not there: ErrNoAPIKey.
func (s *Service) RevokeAPIKey(ctx context.Context, owner APIKeyOwner, id string) error {
	what := did(AuditAPIKeyRevoked, ofOwner(owner))
	return s.change(ctx, what, func(w Writer) error {
		key, err := ownKey(w, owner, id)
		if err != nil {
			return err
		}
		what.detail(describeKey(key)...)
		return w.RemoveAPIKey(id)
	})
}

// ownKey is a key of an owner. Error: ErrNoAPIKey.
func ownKey(r Reader, owner APIKeyOwner, id string) (APIKey, error) {
	key, err := r.APIKey(id)
	if err == nil && key.Owner() != owner {
		err = ErrNoAPIKey
	}
	if err != nil {
		return APIKey{}, err
	}
	return key, nil
}

// RotateAPIKey makes a key in place of another one of the owner, with its name,
// its scopes and as long a life. The other one lives on for the overlap, in which
// programs get the new one; with none it ends at once. Of several who rotate one
// key at once one wins, and the others get ErrAPIKeyReplaced. Errors: ErrNoAPIKey,
// *InvalidError for an overlap of less than nothing or more than MaxAPIKeyOverlap,
// and those of [Service.NewAPIKey].
func (s *Service) RotateAPIKey(ctx context.Context, owner APIKeyOwner, id string, overlap time.Duration) (APIKeyGrant, error) {
	if overlap < 0 || overlap > MaxAPIKeyOverlap {
		return APIKeyGrant{}, &InvalidError{"overlap", "must be at most " + inDays(MaxAPIKeyOverlap)}
	}
	before, err := view(ctx, s, func(r Reader) (APIKey, error) { return ownKey(r, owner, id) })
	if err != nil {
		return APIKeyGrant{}, err
	}
	ttl := min(before.Expires.Sub(before.Created), s.MaxAPIKeyTTL())
	grant, err := s.mintAPIKey(owner, APIKey{Name: before.Name, Scopes: before.Scopes}, ttl)
	if err != nil {
		return APIKeyGrant{}, err
	}
	what := did(AuditAPIKeyRotated, ofOwner(owner), append(describeKey(grant.Key), "before", before.ID, "overlap", overlap.String())...)
	err = s.change(ctx, what, func(w Writer) error { return s.replaceAPIKey(w, before, overlap, grant.Key) })
	if err != nil {
		return APIKeyGrant{}, err
	}
	return grant, nil
}

func (s *Service) replaceAPIKey(w Writer, before APIKey, overlap time.Duration, next APIKey) error {
	if _, _, err := s.ownerOf(w, before.Owner()); err != nil {
		return err
	}
	if overlap > 0 { // else there is one as before
		if err := s.makeRoom(w, before.Owner()); err != nil {
			return err
		}
	}
	won, err := w.ReplaceAPIKey(before.ID, s.now().Add(overlap).Truncate(time.Millisecond), next)
	switch {
	case err != nil:
		return err
	case !won:
		if _, err := w.APIKey(before.ID); err != nil {
			return err
		}
		return ErrAPIKeyReplaced
	case overlap == 0:
		return w.RemoveAPIKey(before.ID)
	}
	return nil
}

// NewOwnAPIKey makes a key for the user who calls, which can do no more than the
// call itself could: each scope is one that the caller has. ErrForbidden says that
// the caller is a machine, has presented an API key, or uses an application of
// others, whose keys would outlive the user's consent to it. Other errors are those
// of [Service.NewAPIKey].
func (s *Service) NewOwnAPIKey(ctx context.Context, c Caller, ask APIKeyAsk) (APIKeyGrant, error) {
	if err := s.mayGive(ctx, c, ask.Scopes); err != nil {
		return APIKeyGrant{}, err
	}
	return s.NewAPIKey(ctx, APIKeyOwner{UserID: c.User.ID}, ask)
}

// RotateOwnAPIKey is [Service.RotateAPIKey] for a key of the user who calls, with
// the bounds of [Service.NewOwnAPIKey]: what it gives is a key that was not known.
func (s *Service) RotateOwnAPIKey(ctx context.Context, c Caller, id string, overlap time.Duration) (APIKeyGrant, error) {
	owner := APIKeyOwner{UserID: c.User.ID}
	key, err := view(ctx, s, func(r Reader) (APIKey, error) { return ownKey(r, owner, id) })
	if err != nil {
		return APIKeyGrant{}, err
	}
	if err := s.mayGive(ctx, c, key.Scopes); err != nil {
		return APIKeyGrant{}, err
	}
	return s.RotateAPIKey(ctx, owner, id, overlap)
}

// mayGive says whether a caller may give a key with scopes to their own programs.
func (s *Service) mayGive(ctx context.Context, c Caller, scopes []string) error {
	if c.Machine() || c.User.ID == "" || c.KeyID != "" {
		return fmt.Errorf("%w: only a person who has signed in makes API keys", ErrForbidden)
	}
	if c.ClientID != "" {
		client, err := s.Client(ctx, c.ClientID)
		if errors.Is(err, ErrNoClient) || err == nil && !client.FirstParty {
			return fmt.Errorf("%w: an application of others makes no API keys", ErrForbidden)
		}
		if err != nil {
			return err
		}
	}
	for _, scope := range scopes {
		if !c.HasScope(scope) {
			return &InvalidError{"scopes", "contains " + quote(scope) + ", which the caller does not have"}
		}
	}
	return nil
}

// FlushAPIKeyUses writes down when keys were last used. [Service.APIKeyCaller]
// writes nothing itself.
func (s *Service) FlushAPIKeyUses(ctx context.Context) error {
	const piece = 500 // in between others may write
	return s.keyUses.Flush(func(used map[string]time.Time) error {
		for ids := range slices.Chunk(slices.Collect(maps.Keys(used)), piece) {
			some := make(map[string]time.Time, len(ids))
			for _, id := range ids {
				some[id] = used[id]
			}
			if err := s.upkeep(ctx, func(w Writer) error { return w.UseAPIKeys(some) }); err != nil {
				return err // all of them again, which changes nothing of those that were written
			}
		}
		return nil
	})
}
