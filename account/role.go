package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// RoleAdmin is the role that can change users and roles, and that somebody
// must always have.
const RoleAdmin = "admin"

// The scopes of the built-in roles.
const (
	scopeMe         = "me"
	scopeUsersRead  = "users:read"
	scopeUsersWrite = "users:write"
	scopeRolesWrite = "roles:write"
	scopeClients    = "clients:write"
	scopeKeys       = "keys:write"
	scopeAudit      = "audit:read"
)

// BuiltInRoles are the roles of a new store.
func BuiltInRoles() []Role {
	return []Role{
		{RoleAdmin, "Everything", []string{scopeAudit, scopeClients, scopeKeys, scopeMe, scopeRolesWrite, scopeUsersRead, scopeUsersWrite}},
		{"auditor", "Reads the audit trail", []string{scopeAudit}},
		{"manager", "Reads users", []string{scopeKeys, scopeMe, scopeUsersRead}},
		{"user", "Reads their own account", []string{scopeKeys, scopeMe}},
	}
}

// checkedRoles is the roles of a configuration as they are kept.
func checkedRoles(roles []Role) ([]Role, error) {
	out := slices.Clone(roles)
	for i := range out {
		out[i].Scopes = sorted(out[i].Scopes)
		if err := checkRole(out[i]); err != nil {
			return nil, fmt.Errorf("account: Config.Roles: role %s: %w", quote(out[i].Name), err)
		}
	}
	return out, nil
}

// addRoles makes the roles that are missing.
func (s *Service) addRoles(ctx context.Context) error {
	missing, err := view(ctx, s, s.missingRoles)
	if err != nil || len(missing) == 0 {
		return err
	}
	what := did(onlyOthers, AuditSubject{})
	return s.change(ctx, what, func(w Writer) error {
		missing, err := s.missingRoles(w) // another process may have been faster
		for _, role := range missing {
			err = errors.Join(err, w.PutRole(role))
			what.also = append(what.also, did(AuditRoleAdded, ofRole(role.Name), describeRole(role)...).AuditEvent)
		}
		return err
	})
}

// missingRoles are those of the configuration, and of a new store the built-in
// ones, that the store does not have. The role admin cannot be removed, so a
// store without it is new.
func (s *Service) missingRoles(r Reader) ([]Role, error) {
	there, err := r.Roles()
	if err != nil {
		return nil, err
	}
	wanted := s.config.Roles
	if !hasRole(there, RoleAdmin) {
		builtIn := slices.DeleteFunc(BuiltInRoles(), func(role Role) bool { return hasRole(wanted, role.Name) })
		wanted = slices.Concat(wanted, builtIn)
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(role Role) bool { return hasRole(there, role.Name) }), nil
}

func hasRole(list []Role, name string) bool {
	return slices.ContainsFunc(list, func(role Role) bool { return role.Name == name })
}

// Roles returns all roles by name.
func (s *Service) Roles(ctx context.Context) ([]Role, error) {
	return view(ctx, s, func(r Reader) ([]Role, error) { return r.Roles() })
}

// Granted returns the scopes that the roles of these names grant together, in
// order and each once: what a user with them may ask for. Error: ErrNoRole, with
// the name.
func (s *Service) Granted(ctx context.Context, roles []string) ([]string, error) {
	return view(ctx, s, func(r Reader) ([]string, error) {
		grants, err := grantsOf(r, User{Roles: roles})
		if err != nil {
			return nil, err
		}
		return slices.Sorted(maps.Keys(grants)), nil
	})
}

// PutRole makes a role, or changes what it grants from everybody's next
// request on, and returns it as it is kept. Error: *InvalidError.
func (s *Service) PutRole(ctx context.Context, role Role) (Role, error) {
	role.Scopes = sorted(role.Scopes)
	if err := checkRole(role); err != nil {
		return Role{}, err
	}
	what := did(AuditRolePut, ofRole(role.Name))
	return role, s.change(ctx, what, func(w Writer) error {
		before, err := w.Role(role.Name)
		if err != nil && !errors.Is(err, ErrNoRole) {
			return err
		}
		now := describeRole(role)
		if before.Name == "" {
			what.detail(append(now, "before", "none")...)
		} else {
			what.detail(append(now, audit.Was(describeRole(before), now)...)...)
		}
		return w.PutRole(role)
	})
}

// describeRole is what is recorded of a role.
func describeRole(r Role) []string {
	return []string{"description", r.Description, "scopes", strings.Join(r.Scopes, " ")}
}

// RemoveRole removes a role that no user has. Errors: ErrNoRole, ErrRoleInUse.
func (s *Service) RemoveRole(ctx context.Context, name string) error {
	what := did(AuditRoleRemoved, ofRole(name))
	return s.change(ctx, what, func(w Writer) error {
		role, err := w.Role(name)
		if err != nil {
			return err
		}
		what.detail(describeRole(role)...)
		if name == RoleAdmin {
			return ErrRoleInUse
		}
		return w.RemoveRole(name)
	})
}

const maxDescription = 200

func checkRole(role Role) error {
	if err := checkName(role.Name); err != nil {
		return err
	}
	if len(role.Description) > maxDescription || !printable(role.Description) {
		return &InvalidError{"description", "must be printable and have at most 200 bytes"}
	}
	if err := checkScopes("scopes", role.Scopes); err != nil {
		return err
	}
	granted := map[string]bool{}
	for _, scope := range role.Scopes {
		granted[scope] = true
	}
	if role.Name == RoleAdmin && !(granted[scopeUsersRead] && granted[scopeUsersWrite] && granted[scopeRolesWrite]) {
		return &InvalidError{"scopes", "must contain users:read, users:write and roles:write for the role admin: no caller could change it back otherwise"}
	}
	return nil
}
