package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-go/holdfast/account"
)

// roleCmd is `holdfast role`.
type roleCmd struct {
	List   roleList   `cmd:"" help:"List the roles and what they grant."`
	Set    roleSet    `cmd:"" help:"Make a role or change what it grants."`
	Remove roleRemove `cmd:"" help:"Remove a role that nobody has."`
}

type roleList struct {
	database
	JSON bool `name:"json" help:"Print JSON."`
}

type roleJSON struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scopes      []string `json:"scopes"`
}

// Run lists the roles.
func (c *roleList) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		roles, err := accounts.Roles(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			out := make([]roleJSON, len(roles))
			for i, r := range roles {
				out[i] = roleJSON{r.Name, r.Description, append([]string{}, r.Scopes...)}
			}
			return printJSON(std.out, map[string]any{"roles": out})
		}
		t := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "ROLE\tGRANTS\tDESCRIPTION")
		for _, r := range roles {
			fmt.Fprintf(t, "%s\t%s\t%s\n", r.Name, strings.Join(r.Scopes, " "), r.Description)
		}
		return t.Flush()
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
	Name string `arg:"" help:"The role's name."`
}

// Run removes the role.
func (c *roleRemove) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		if err := accounts.RemoveRole(ctx, c.Name); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "removed %s\n", c.Name)
		return nil
	})
}
