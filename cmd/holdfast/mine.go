package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// myRoute is a route that the caller may call.
type myRoute struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Policy string `json:"policy" doc:"Who may call, in words"`
}

// registerMine adds GET /me/routes, with which a page hides what its user may
// not do. It says nothing that calling each route would not.
func registerMine(app *holdfast.App, caller holdfast.Dep[account.Caller]) {
	table := sync.OnceValues(app.Access)
	mine := func(_ context.Context, c account.Caller, _ holdfast.NoInput) ([]myRoute, error) {
		rows, err := table()
		if err != nil {
			return nil, err
		}
		out := []myRoute{}
		for _, row := range rows {
			if row.Allows(c.HasScope, c.HasRole) {
				out = append(out, myRoute{row.Method, row.Path, row.Policy})
			}
		}
		return out, nil
	}
	holdfast.Get(app, "/me/routes", holdfast.Security(caller), mine, holdfast.Tags("access"),
		holdfast.OperationID("my_routes"), holdfast.Summary("What this caller may call"))
}

// warnOfRoles logs what roles of the store and routes have nothing to do with
// each other. Roles of the store are changed while the server runs, so this is
// no reason not to start.
func warnOfRoles(ctx context.Context, app *holdfast.App, accounts *account.Service, log *slog.Logger) error {
	roles, err := accounts.Roles(ctx)
	if err != nil {
		return fmt.Errorf("roles: %w", err)
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
				log.LogAttrs(ctx, slog.LevelWarn, "no role grants this scope, so nobody may call the route",
					slog.String("scope", scope), slog.String("route", row.Method+" "+row.Path))
			}
		}
	}
	return nil
}
