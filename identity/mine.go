package identity

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast"
)

// myRoute is a route that the caller may call.
type myRoute struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Policy string `json:"policy" doc:"Who may call, in words"`
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
			if row.Allows(c.HasScope, c.HasRole) {
				out = append(out, myRoute{row.Method, row.Path, row.Policy})
			}
		}
		return out, nil
	}
	holdfast.Get(on, "/me/routes", holdfast.Security(caller), mine, holdfast.Tags("access"),
		holdfast.OperationID("my_routes"), holdfast.Summary("What this caller may call"))
}
