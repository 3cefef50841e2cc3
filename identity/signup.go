package identity

import (
	"slices"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// SignUp lets everybody make themselves a user, with POST /signup. How many
// can be made is bounded, for an address and for all together. A person who chooses
// a name that is taken is told so.
type SignUp struct {
	Roles []holdfast.Role // what a new user has; the built-in role user if empty
}

// check says what is wrong with it; nil refuses everyone. The roles that there
// are were declared.
func (s *SignUp) check(declared []holdfast.Role) error {
	if s == nil {
		return nil
	}
	for _, name := range s.roles() {
		known := slices.ContainsFunc(declared, func(role holdfast.Role) bool { return role.Name() == name })
		switch {
		case name == account.RoleAdmin:
			return &ConfigError{"SignUp", "everybody would be an administrator: its Roles have admin"}
		case !known:
			return &ConfigError{"SignUp", "its role " + name + " is not among Config.Roles"}
		}
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
