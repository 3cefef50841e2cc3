package identity

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast"
)

// myRoute is a route, and whether the caller may call it.
type myRoute struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Policy  string `json:"policy" doc:"Who may call, in words"`
	Missing string `json:"missing,omitempty" doc:"What the caller lacks; nothing for what is open to them"`
}

// myRoutes chooses which routes are listed.
type myRoutes struct {
	All bool `query:"all" doc:"Also those that are closed to the caller, with what is missing"`
}

// mayCall reports whether one of the ways in of a route is the caller's.
func mayCall(row holdfast.Access, c Caller) bool {
	return slices.ContainsFunc(row.Ways, func(way holdfast.Way) bool {
		return holdfast.Access{Ways: []holdfast.Way{way}}.Allows(c.HasScope, roleFor(way, c))
	})
}

// roleFor is by what a caller has a role in a way: where that asks for no scope
// beside it, an application of others has none.
func roleFor(way holdfast.Way, c Caller) func(string) bool {
	if slices.ContainsFunc(way.Credentials, func(of holdfast.Credential) bool { return len(of.Scopes) > 0 }) {
		return c.HasRole
	}
	return c.HasRoleAlone
}

// registerMine adds GET /me/routes, with which a page hides what its user may
// not do. It says nothing that calling each route would not.
func registerMine(on holdfast.Routes, app *holdfast.App, caller holdfast.Dep[Caller]) {
	table := sync.OnceValues(app.Access)
	mine := func(_ context.Context, c Caller, in myRoutes) ([]myRoute, error) {
		rows, err := table()
		if err != nil {
			return nil, err
		}
		out := []myRoute{}
		for _, row := range rows {
			one := myRoute{Method: row.Method, Path: row.Path, Policy: row.Policy}
			if !mayCall(row, c) {
				one.Missing = missing(row, c)
			}
			if one.Missing == "" || in.All {
				out = append(out, one)
			}
		}
		return out, nil
	}
	holdfast.Get(on, "/me/routes", holdfast.Security(caller), mine, holdfast.Tags("access"),
		holdfast.OperationID("my_routes"), holdfast.Summary("What this caller may call"))
}

// missing says what a caller lacks for the way in that is nearest.
func missing(row holdfast.Access, c Caller) string {
	var nearest []string
	for _, way := range row.Ways {
		if lacks := lacking(way, c); nearest == nil || len(lacks) < len(nearest) {
			nearest = lacks
		}
	}
	return strings.Join(nearest, ", ")
}

func lacking(way holdfast.Way, c Caller) (out []string) {
	for _, one := range way.Credentials {
		for _, scope := range one.Scopes {
			if text := "scope " + scope; !c.HasScope(scope) && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	for _, roles := range way.Roles {
		if !slices.ContainsFunc(roles, roleFor(way, c)) {
			out = append(out, "role "+strings.Join(roles, " or "))
		}
	}
	if len(out) == 0 {
		out = append(out, "no credential") // which is all that Access.Allows leaves over
	}
	return out
}
