package memory

import (
	"maps"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func cloneClient(c account.Client) account.Client {
	c.Redirects, c.Grants = slices.Clone(c.Redirects), slices.Clone(c.Grants)
	c.Scopes, c.Audiences = slices.Clone(c.Scopes), slices.Clone(c.Audiences)
	return c
}

func (s *state) Client(id string) (account.Client, error) {
	c, ok := s.clients[id]
	if !ok {
		return account.Client{}, account.ErrNoClient
	}
	return cloneClient(c), nil
}

func (s *state) Clients(after string, limit int) (out []account.Client, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.clients)) {
		if id > after && len(out) < limit {
			out = append(out, cloneClient(s.clients[id]))
		}
	}
	return out, nil
}

func (s *state) ClientSecrets(id string) ([]account.ClientSecret, error) {
	return slices.Clone(s.secrets[id]), nil
}

func (s *state) PutClient(c account.Client) error {
	if before, ok := s.clients[c.ID]; ok {
		c.Created = before.Created
		s.log.tell(account.ClientChanged, c.ID)
	}
	s.clients[c.ID] = cloneClient(c)
	return nil
}

func (s *state) PutClientSecrets(id string, secrets []account.ClientSecret) error {
	if _, ok := s.clients[id]; !ok {
		return account.ErrNoClient
	}
	for _, one := range s.secrets[id] {
		if !slices.Contains(secrets, one) {
			s.log.tell(account.ClientChanged, id)
			break
		}
	}
	s.secrets[id] = slices.Clone(secrets)
	return nil
}

func (s *state) RemoveClient(id string) error {
	if _, ok := s.clients[id]; !ok {
		return nil
	}
	s.log.tell(account.ClientChanged, id)
	delete(s.clients, id)
	delete(s.secrets, id)
	s.removeAssertions(func(clientID string, _ time.Time) bool { return clientID == id })
	return s.removeSessions(func(one account.Session) bool { return one.ClientID == id })
}

// assertion is one that a client has presented.
type assertion struct {
	clientID string
	sum      [32]byte
}

// sweepAssertions is after how many new ones those that are over are forgotten.
const sweepAssertions = 1024

func (s *state) UseAssertion(clientID string, sum [32]byte, now, expires time.Time) (first bool, err error) {
	if s.used[clientID] >= account.MaxAssertions || len(s.assertions)%sweepAssertions == 0 {
		s.removeAssertions(func(_ string, over time.Time) bool { return !over.After(now) })
	}
	one := assertion{clientID, sum}
	over, there := s.assertions[one]
	if there && over.After(now) || s.used[clientID] >= account.MaxAssertions {
		return false, nil
	}
	if !there {
		s.used[clientID]++
	}
	s.assertions[one] = expires
	return true, nil
}

func (s *state) removeAssertions(gone func(clientID string, over time.Time) bool) {
	for one, over := range s.assertions {
		if gone(one.clientID, over) {
			delete(s.assertions, one)
			if s.used[one.clientID]--; s.used[one.clientID] == 0 {
				delete(s.used, one.clientID)
			}
		}
	}
}
