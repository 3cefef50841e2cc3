package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func cloneAPIKey(k account.APIKey) account.APIKey {
	k.Scopes = slices.Clone(k.Scopes)
	return k
}

func (s *state) APIKey(id string) (account.APIKey, error) {
	key, ok := s.apiKeys[id]
	if !ok {
		return account.APIKey{}, account.ErrNoAPIKey
	}
	return cloneAPIKey(key), nil
}

func (s *state) APIKeyByHash(hash [32]byte) (account.APIKey, error) {
	return s.APIKey(s.keyHashes[hash])
}

func (s *state) APIKeysOf(owner account.APIKeyOwner) (out []account.APIKey, err error) {
	for _, key := range s.apiKeys {
		if key.Owner() == owner {
			out = append(out, cloneAPIKey(key))
		}
	}
	slices.SortFunc(out, func(a, b account.APIKey) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *state) PutAPIKey(key account.APIKey) error {
	if _, ok := s.users[key.UserID]; !ok && key.ClientID == "" {
		return account.ErrNoUser
	}
	s.apiKeys[key.ID], s.keyHashes[key.Hash] = cloneAPIKey(key), key.ID
	return nil
}

func (s *state) ReplaceAPIKey(id string, ends time.Time, next account.APIKey) (won bool, err error) {
	key, ok := s.apiKeys[id]
	if !ok || key.Replaced != "" {
		return false, nil
	}
	key.Replaced = next.ID
	if ends.Before(key.Expires) {
		key.Expires = ends
	}
	s.apiKeys[id] = key
	s.log.tell(account.APIKeyChanged, id)
	return true, s.PutAPIKey(next)
}

func (s *state) RemoveAPIKey(id string) error {
	if _, ok := s.apiKeys[id]; ok {
		s.log.tell(account.APIKeyChanged, id)
	}
	s.removeAPIKeys(func(key account.APIKey) bool { return key.ID == id })
	return nil
}

func (s *state) RemoveAPIKeysBefore(owner account.APIKeyOwner, expiry time.Time) error {
	s.removeAPIKeys(func(key account.APIKey) bool { return key.Owner() == owner && !key.Expires.After(expiry) })
	return nil
}

func (s *state) removeAPIKeys(gone func(account.APIKey) bool) {
	for id, key := range s.apiKeys {
		if gone(key) {
			delete(s.keyHashes, key.Hash)
			delete(s.apiKeys, id)
		}
	}
}

func (s *state) UseAPIKeys(used map[string]time.Time) error {
	for id, at := range used {
		if key, ok := s.apiKeys[id]; ok && at.After(key.LastUsed) {
			key.LastUsed = at
			s.apiKeys[id] = key
		}
	}
	return nil
}
