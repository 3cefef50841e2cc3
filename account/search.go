package account

import (
	"context"
	"strings"
)

// Matches reports whether a user is chosen.
func (q UserQuery) Matches(u User) bool {
	if q.State != "" && u.Disabled != (q.State == UserDisabled) {
		return false
	}
	has := q.Role == ""
	for _, role := range u.Roles {
		has = has || role == q.Role
	}
	return has && strings.HasPrefix(u.Name, q.Prefix) && u.Name > q.After
}

// SearchUsers returns at most limit users that a query chooses, by name. The
// query's prefix may be in capitals.
func (s *Service) SearchUsers(ctx context.Context, q UserQuery, limit int) ([]User, error) {
	q.Prefix = strings.ToLower(q.Prefix)
	return view(ctx, s, func(r Reader) ([]User, error) { return r.SearchUsers(q, limit) })
}

// CountHolders says how many users have a role, and most if there are more.
func (s *Service) CountHolders(ctx context.Context, role string, most int) (int, error) {
	return view(ctx, s, func(r Reader) (int, error) { return r.CountHolders(role, most) })
}
