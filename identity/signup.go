package identity

import (
	"slices"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// SignUp lets everybody make themselves a user, with POST /signup. How many
// can be made is bounded, for an address and for all together. Whoever chooses
// a name that is taken is told so.
type SignUp struct {
	Roles []holdfast.Role // what a new user has; the built-in role user if empty
}

// check says what is wrong with it; nil is nobody.
func (s *SignUp) check() error {
	if s != nil && slices.Contains(s.roles(), account.RoleAdmin) {
		return &ConfigError{"SignUp", "everybody would be an administrator: its Roles have admin"}
	}
	return nil
}

func (s *SignUp) roles() []string {
	if len(s.Roles) == 0 {
		return []string{"user"}
	}
	var out []string
	for _, role := range s.Roles {
		out = append(out, role.Name())
	}
	return out
}
