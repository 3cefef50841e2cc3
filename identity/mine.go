package identity

import (
	"context"
	"slices"
	"sync"

	"github.com/holdfast-go/holdfast"
)

// myRoute is a route that the caller may call.
type myRoute struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Policy string `json:"policy" doc:"Who may call, in words"`
}

// mayCall reports whether one of the ways in of a route is the caller's.
func mayCall(row holdfast.Access, c Caller) bool {
	return slices.ContainsFunc(row.Ways, func(way holdfast.Way) bool {
		one, hasRole := holdfast.Access{Ways: []holdfast.Way{way}}, c.HasRole
		if !slices.ContainsFunc(way.Credentials, func(of holdfast.Credential) bool { return len(of.Scopes) > 0 }) {
			hasRole = c.HasRoleAlone
		}
		return one.Allows(c.HasScope, hasRole)
	})
}

// registerMine adds GET /me/routes, with which a page hides what its user may
// not do. It says nothing that calling each route would not.
func registerMine(on holdfast.Routes, app *holdfast.App, caller holdfast.Dep[Caller]) {
	table := sync.OnceValues(app.Access)
	mine := func(_ context.Context, c Caller, _ holdfast.NoInput) ([]myRoute, error) {
		rows, err := table()
		if err != nil {
			return nil, err
		}
		out := []myRoute{}
		for _, row := range rows {
			if mayCall(row, c) {
				out = append(out, myRoute{row.Method, row.Path, row.Policy})
			}
		}
		return out, nil
	}
	holdfast.Get(on, "/me/routes", holdfast.Security(caller), mine, holdfast.Tags("access"),
		holdfast.OperationID("my_routes"), holdfast.Summary("What this caller may call"))
}
