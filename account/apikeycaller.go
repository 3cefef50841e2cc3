package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/keytext"
)

// errNoKey refuses a text that is none, before anything is looked up.
var errNoKey = fmt.Errorf("%w: %w", ErrNoCaller, ErrNoAPIKey)

// APIKeyCaller returns who presents an API key: its user, or its client as a
// machine, with those of the key's scopes that the user's roles or the client
// grant now. ErrNoCaller says that there is no caller; with it, ErrNoAPIKey that
// there is no such key or that it is over, ErrDisabled that its user is disabled,
// and ErrNoClient that its client is, or may not call for itself any more. The
// one who presents the key must not be told these apart.
//
// As with [Service.Caller], the answer is the store's of this moment, kept in
// memory until a change concerns the key, its owner or one of the user's roles,
// and not used while changes cannot be heard. A text that is not written as a key
// is asks nothing of the store. When the key was used is noted in memory: see
// [Service.FlushAPIKeyUses].
func (s *Service) APIKeyCaller(ctx context.Context, secret Secret) (Caller, error) {
	if _, ok := keytext.Parse(string(secret)); !ok {
		return Caller{}, errNoKey
	}
	// What is compared is a hash of 256 random bits: how long a look-up of it takes
	// says nothing about a key.
	found, now, err := remembered(ctx, s, s.apiKeys, hashOfKey(secret), (*Service).loadAPIKey)
	if err != nil {
		return Caller{}, err
	}
	if !now.Before(found.expires) {
		return Caller{}, errNoKey
	}
	if minute := now.Unix() / 60; found.used.Load() != minute {
		found.used.Store(minute)
		s.keyUses.Note(found.apiKeyID, now)
	}
	caller := s.callerOf(found, "")
	caller.KeyID, caller.unbounded = found.apiKeyID, true
	acts(ctx, caller)
	return caller, nil
}

// hashOfKey is hashOf for a text of a key's length, which is copied to the stack.
func hashOfKey(secret Secret) [32]byte {
	var text [keytext.Len]byte
	copy(text[:], secret)
	return sha256.Sum256(text[:])
}

// loadAPIKey is what the store says of the key with a hash.
func (s *Service) loadAPIKey(ctx context.Context, hash [32]byte) (*standing, error) {
	found := &standing{}
	err := s.config.Store.View(ctx, func(r Reader) error {
		key, err := r.APIKeyByHash(hash)
		if err != nil {
			return err
		}
		user, granted, err := s.ownerOf(r, key.Owner())
		if err != nil {
			return err
		}
		found.user, found.apiKeyID, found.clientID, found.expires = user, key.ID, key.ClientID, key.Expires
		found.grants = make(map[string]bool, len(key.Scopes))
		for _, scope := range key.Scopes {
			if granted[scope] {
				found.grants[scope] = true
			}
		}
		return nil
	})
	if errors.Is(err, errNoMachine) {
		err = ErrNoClient
	}
	for _, reason := range []error{ErrNoAPIKey, ErrNoUser, ErrDisabled, ErrNoClient} {
		if errors.Is(err, reason) {
			return nil, fmt.Errorf("%w: %w", ErrNoCaller, err)
		}
	}
	return found, err
}
