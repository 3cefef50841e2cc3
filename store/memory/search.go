package memory

import (
	"maps"
	"slices"

	"github.com/holdfast-go/holdfast/account"
)

func (s *state) SearchUsers(q account.UserQuery, limit int) (out []account.User, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		if user := s.users[s.names[name]]; len(out) < limit && q.Matches(user) {
			out = append(out, cloneUser(user))
		}
	}
	return out, nil
}

func (s *state) CountHolders(role string, most int) (n int, err error) {
	for _, user := range s.users {
		if n < most && slices.Contains(user.Roles, role) {
			n++
		}
	}
	return n, nil
}
