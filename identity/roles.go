package identity

import (
	"slices"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// declaredRoles are the roles that are declared in Go: the application's own,
// and those of the built-in ones that it does not declare itself. The role
// admin is granted every scope that any of them is.
func (c *Config) declaredRoles() []holdfast.Role {
	var out []holdfast.Role
	for _, role := range c.Scheme.Roles() {
		if c.declares(role.Name()) {
			continue
		}
		if role.Name() == account.RoleAdmin {
			role = role.Grants(c.ownScopes(role)...)
		}
		out = append(out, role)
	}
	return append(out, c.Roles...)
}

func (c *Config) declares(name string) bool {
	return slices.ContainsFunc(c.Roles, func(role holdfast.Role) bool { return role.Name() == name })
}

// ownScopes are those that the application's roles grant and another does not.
func (c *Config) ownScopes(other holdfast.Role) (out []holdfast.Scope) {
	known := names(other.Scopes())
	for _, role := range c.Roles {
		for _, scope := range role.Scopes() {
			if !slices.Contains(known, scope.Name()) {
				known, out = append(known, scope.Name()), append(out, scope)
			}
		}
	}
	return out
}

func names(scopes holdfast.Scopes) []string {
	out := make([]string, len(scopes))
	for i, scope := range scopes {
		out[i] = scope.Name()
	}
	return out
}

// storedRoles are roles as the store keeps them.
func storedRoles(declared []holdfast.Role) []account.Role {
	out := make([]account.Role, len(declared))
	for i, role := range declared {
		out[i] = account.Role{Name: role.Name(), Description: role.Description(), Scopes: names(role.Scopes())}
	}
	return out
}

// scopeNames are the scopes that some declared role grants, for the metadata.
func (c *Config) scopeNames() []string {
	var out []string
	for _, role := range c.declaredRoles() {
		out = append(out, names(role.Scopes())...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
