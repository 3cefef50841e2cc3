package memory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func (s *state) Servers() ([]account.Server, error) {
	return slices.SortedFunc(maps.Values(s.servers), func(a, b account.Server) int { return strings.Compare(a.ID, b.ID) }), nil
}

func (s *state) PutServer(server account.Server, forget time.Time) error {
	s.servers[server.ID] = server
	maps.DeleteFunc(s.servers, func(_ string, one account.Server) bool { return one.Heard.Before(forget) })
	all := slices.SortedFunc(maps.Values(s.servers), func(a, b account.Server) int {
		return cmp.Or(b.Heard.Compare(a.Heard), strings.Compare(b.ID, a.ID))
	})
	for _, one := range all[min(len(all), account.MaxServers):] {
		delete(s.servers, one.ID)
	}
	return nil
}

func (s *state) RemoveServer(id string) error {
	delete(s.servers, id)
	return nil
}
