package identity

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Difference is a role that grants something else in the store than it is
// declared to. The store decides; nothing is changed, so that no user loses what
// an administrator has given them.
type Difference struct {
	Role     string
	Declared []string // scopes that the role is declared to grant, and that the store does not grant
	Stored   []string // scopes that the store grants, and that are not declared
}

// String says what differs, and what to do.
func (d Difference) String() string {
	var parts []string
	if len(d.Declared) > 0 {
		parts = append(parts, "is declared to grant "+strings.Join(d.Declared, " ")+", which the store does not")
	}
	if len(d.Stored) > 0 {
		parts = append(parts, "grants "+strings.Join(d.Stored, " ")+" in the store, which is not declared")
	}
	return fmt.Sprintf("role %s %s; the store decides, and PUT /roles/%s changes it", d.Role, strings.Join(parts, ", and "), d.Role)
}

// Differences are the roles of the configuration that the store has otherwise
// now. An administrator may have changed them, or the program has a new scope
// that a role was not granted yet.
func (id *Identity) Differences(ctx context.Context) ([]Difference, error) {
	return differences(ctx, &id.config, id.accounts)
}

func differences(ctx context.Context, c *Config, accounts *Accounts) ([]Difference, error) {
	stored, err := accounts.Roles(ctx)
	if err != nil {
		return nil, fmt.Errorf("identity: roles: %w", err)
	}
	var out []Difference
	for _, role := range storedRoles(c.declaredRoles()) {
		i := slices.IndexFunc(stored, func(other account.Role) bool { return other.Name == role.Name })
		own := c.declares(role.Name)
		if i < 0 || !own && (role.Name != account.RoleAdmin || len(c.Roles) == 0) {
			continue // it is no concern of the application
		}
		one := Difference{Role: role.Name, Declared: without(role.Scopes, stored[i].Scopes)}
		if own {
			one.Stored = without(stored[i].Scopes, role.Scopes)
		}
		if len(one.Declared)+len(one.Stored) > 0 {
			out = append(out, one)
		}
	}
	return out, nil
}

// without returns the sorted list without what others hold.
func without(list, others []string) []string {
	out := slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(others, one) })
	slices.Sort(out)
	return slices.Compact(out)
}

// logDifferences says at start what differs.
func logDifferences(ctx context.Context, c *Config, accounts *Accounts) error {
	list, err := differences(ctx, c, accounts)
	for _, one := range list {
		c.Logger.LogAttrs(ctx, slog.LevelWarn, "a role differs from its declaration", slog.String("role", one.Role), slog.String("difference", one.String()))
	}
	return err
}

// warnOfRoles logs what roles of the store and routes have nothing to do with
// each other. Roles of the store are changed while the program runs, so this is
// no reason not to start.
func warnOfRoles(ctx context.Context, app *holdfast.App, accounts *account.Service, log *slog.Logger) error {
	roles, err := accounts.Roles(ctx)
	if err != nil {
		return fmt.Errorf("identity: roles: %w", err)
	}
	rows, err := app.Access()
	if err != nil {
		return err
	}
	granted := map[string]bool{}
	for _, role := range roles {
		used := slices.ContainsFunc(rows, func(row holdfast.Access) bool {
			return slices.Contains(row.Roles, role.Name) ||
				slices.ContainsFunc(role.Scopes, func(scope string) bool { return slices.Contains(row.Scopes, scope) })
		})
		if !used {
			log.LogAttrs(ctx, slog.LevelWarn, "no route asks for this role, nor for a scope that it grants", slog.String("role", role.Name))
		}
		for _, scope := range role.Scopes {
			granted[scope] = true
		}
	}
	for _, row := range rows {
		for _, scope := range row.Scopes {
			if !granted[scope] {
				granted[scope] = true // once is enough
				log.LogAttrs(ctx, slog.LevelWarn, "no role grants this scope, so no user may call the route",
					slog.String("scope", scope), slog.String("route", row.Method+" "+row.Path))
			}
		}
	}
	return nil
}
