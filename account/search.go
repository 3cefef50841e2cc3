package account

import (
	"context"
	"strings"
)

// UserState is whether a user may sign in at all, for a [UserQuery].
type UserState string

// The states that can be asked for; the zero UserState is any.
const (
	UserEnabled  UserState = "enabled"
	UserDisabled UserState = "disabled"
)

// UserQuery chooses users. What is zero chooses all.
type UserQuery struct {
	Prefix string    // with which their names begin
	Role   string    // that they have
	State  UserState // in which they are
	After  string    // the name after which to go on
}

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

// UserSearcher finds users as people look for them. However many users there are,
// an answer takes no longer than the limit needs.
type UserSearcher interface {
	SearchUsers(q UserQuery, limit int) ([]User, error) // by name

	// CountHolders says how many users have a role, and most if there are more.
	CountHolders(role string, most int) (int, error)
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
