package memory

import (
	"maps"
	"slices"

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
	s.removeAPIKeys(func(key account.APIKey) bool { return key.ClientID == id })
	return s.removeSessions(func(one account.Session) bool { return one.ClientID == id })
}
