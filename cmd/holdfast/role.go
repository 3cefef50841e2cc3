package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// roleCmd is `holdfast role`.
type roleCmd struct {
	List   roleList   `cmd:"" help:"List the roles and what they grant."`
	Set    roleSet    `cmd:"" help:"Make a role or change what it grants."`
	Remove roleRemove `cmd:"" help:"Remove a role that nobody has."`
}

type roleList struct {
	database
	tty.Listing
	Scope string `help:"Those that grant this scope."`
	User  string `help:"Those that this user has." placeholder:"NAME"`
}

var roleTable = tty.Table[account.Role]{
	Name: "roles", Head: "ROLE\tGRANTS\tDESCRIPTION",
	Row: func(r account.Role) string { return row(r.Name, strings.Join(r.Scopes, " "), r.Description) },
	View: func(r account.Role) any {
		return map[string]any{"name": r.Name, "description": r.Description, "scopes": append([]string{}, r.Scopes...)}
	},
}

// Run lists the roles.
func (c *roleList) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) (err error) {
		var user account.User
		if c.User != "" {
			if user, err = userOf(ctx, accounts, c.User); err != nil {
				return err
			}
		}
		list, err := accounts.Roles(ctx)
		return roleTable.Print(std.out, c.Listing, tty.All(list, err), func(r account.Role) bool {
			return (c.Scope == "" || slices.Contains(r.Scopes, c.Scope)) && (c.User == "" || slices.Contains(user.Roles, r.Name))
		})
	})
}

type roleSet struct {
	database
	Name        string   `arg:"" help:"The role's name."`
	Scopes      []string `arg:"" optional:"" help:"The scopes that the role grants."`
	Description *string  `help:"A sentence about the role; it stays as it is if not given."`
}

// Run makes or changes the role.
func (c *roleSet) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(accounts *account.Service) error {
		description, err := c.description(ctx, accounts)
		if err != nil {
			return err
		}
		missing, err := ungranted(ctx, accounts, c.Scopes)
		if err != nil {
			return err
		}
		role, err := accounts.PutRole(ctx, account.Role{Name: c.Name, Description: description, Scopes: c.Scopes})
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s grants %s\n", role.Name, strings.Join(role.Scopes, " "))
		if len(missing) > 0 {
			fmt.Fprintf(std.err, "No role granted %s before: it is to be spelt as the program has it.\n", strings.Join(missing, " "))
		}
		return nil
	})
}

// ungranted are those of the scopes that no role grants. They may be right, since a
// shell does not know what the programs on the database ask for.
func ungranted(ctx context.Context, accounts *account.Service, scopes []string) (missing []string, err error) {
	roles, err := accounts.Roles(ctx)
	for _, scope := range scopes {
		if !slices.ContainsFunc(roles, func(r account.Role) bool { return slices.Contains(r.Scopes, scope) }) {
			missing = append(missing, scope)
		}
	}
	return missing, err
}

// description is what was given, or what the role has.
func (c *roleSet) description(ctx context.Context, accounts *account.Service) (string, error) {
	if c.Description != nil {
		return *c.Description, nil
	}
	roles, err := accounts.Roles(ctx)
	for _, r := range roles {
		if r.Name == c.Name {
			return r.Description, err
		}
	}
	return "", err
}

type roleRemove struct {
	database
	sure
	Name string `arg:"" help:"The role's name."`
}

// Run removes the role.
func (c *roleRemove) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		if err := c.confirm(ctx, std, "Remove the role "+c.Name+"?"); err != nil {
			return err
		}
		if err := accounts.RemoveRole(ctx, c.Name); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "removed %s\n", c.Name)
		return nil
	})
}
