package identity

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
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

// rights are what somebody may do: a caller, or a user who is looked at.
type rights interface {
	HasScope(name string) bool
	HasRole(name string) bool
	HasRoleAlone(name string) bool
}

// granted are all rights of a user.
type granted struct{ scopes, roles []string }

// HasScope implements rights.
func (g granted) HasScope(name string) bool { return slices.Contains(g.scopes, name) }

// HasRole implements rights.
func (g granted) HasRole(name string) bool { return slices.Contains(g.roles, name) }

// HasRoleAlone implements rights.
func (g granted) HasRoleAlone(name string) bool { return g.HasRole(name) }

// grantedTo are those of a user.
func grantedTo(ctx context.Context, accounts *account.Service, user account.User) (granted, error) {
	scopes, err := accounts.Granted(ctx, user.Roles)
	return granted{scopes, user.Roles}, err
}

// mayCall reports whether one of the ways in of a route is the caller's.
func mayCall(row holdfast.Access, c rights) bool {
	return slices.ContainsFunc(row.Ways, func(way holdfast.Way) bool {
		return holdfast.Access{Ways: []holdfast.Way{way}}.Allows(c.HasScope, roleFor(way, c))
	})
}

// roleFor is by what a caller has a role in a way: where that asks for no scope
// beside it, an application of others has none.
func roleFor(way holdfast.Way, c rights) func(string) bool {
	if slices.ContainsFunc(way.Credentials, func(of holdfast.Credential) bool { return len(of.Scopes) > 0 }) {
		return c.HasRole
	}
	return c.HasRoleAlone
}

// registerMine adds GET /me/routes, with which a page hides what its user may
// not do. It says nothing that calling each route would not. With GET /me/routes/as
// administrators see what another may call, with all that their roles grant.
func (id *Identity) registerMine(on holdfast.Routes, app *holdfast.App) {
	table := sync.OnceValues(app.Access)
	mine := func(_ context.Context, c Caller, in myRoutes) ([]myRoute, error) {
		rows, err := table()
		return listed(rows, c, in.All), err
	}
	holdfast.Get(on, "/me/routes", holdfast.Security(id.Caller()), mine, holdfast.Tags("access"),
		holdfast.OperationID("my_routes"), holdfast.Summary("What this caller may call"))

	as := func(ctx context.Context, _ Caller, in anothersRoutes) ([]myRoute, error) {
		user, err := id.accounts.UserByName(ctx, in.User)
		if errors.Is(err, account.ErrNoUser) {
			return nil, holdfast.Errorf(http.StatusNotFound, "User not found")
		} else if err != nil {
			return nil, unavailable(err)
		}
		has, err := grantedTo(ctx, id.accounts.Service, user)
		if err != nil {
			return nil, unavailable(err)
		}
		if err := id.accounts.RecordRead(ctx, account.AuditSubject{Kind: "user", ID: user.ID}, "routes"); err != nil {
			return nil, unavailable(err)
		}
		rows, err := table()
		return listed(rows, has, true), err
	}
	holdfast.Get(on, "/me/routes/as", id.api.Administrators(), as, holdfast.Tags("access"),
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: http.StatusNotFound, Text: "There is no such user"}}}),
		holdfast.OperationID("routes_as"), holdfast.Summary("What another user may call, and what they lack for the rest"))
}

// anothersRoutes chooses whose they are.
type anothersRoutes struct {
	User string `query:"user" maxLength:"64" doc:"The user's name"`
}

// listed are the routes that somebody may call, or all.
func listed(rows []holdfast.Access, who rights, all bool) []myRoute {
	out := []myRoute{}
	for _, row := range rows {
		one := myRoute{Method: row.Method, Path: row.Path, Policy: row.Policy}
		if !mayCall(row, who) {
			one.Missing = missing(row, who)
		}
		if one.Missing == "" || all {
			out = append(out, one)
		}
	}
	return out
}

// myScopes are those that somebody can be granted at all.
type myScopes struct {
	User   string   `json:"user"` // "" without a sign-in
	Scopes []string `json:"scopes"`
}

// registerMyScopes adds GET /me/scopes, with which the docs page says beforehand what
// a person who has signed in can ask for. As the sign-in page, it is for everybody: who has
// no session is told of no user.
func (id *Identity) registerMyScopes(on holdfast.Routes) {
	show := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		out := myScopes{Scopes: []string{}}
		if presents, ok := findSession(r); ok {
			c, err := id.sessions.verify(r.Context(), presents)
			switch {
			case err == nil:
				has, err := grantedTo(r.Context(), id.accounts.Service, c.User)
				if err != nil {
					return unavailable(err)
				}
				out = myScopes{c.User.Name, append(out.Scopes, has.scopes...)}
			case !errors.Is(err, account.ErrNoCaller) && !errors.Is(err, errRepeated):
				return err
			}
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		return json.NewEncoder(w).Encode(out)
	}
	on.Handle("GET /me/scopes", holdfast.Raw(holdfast.Public(), show), holdfast.Hidden())
}

// missing says what a caller lacks for the way in that is nearest.
func missing(row holdfast.Access, c rights) string {
	var nearest []string
	for _, way := range row.Ways {
		if lacks := lacking(way, c); nearest == nil || len(lacks) < len(nearest) {
			nearest = lacks
		}
	}
	return strings.Join(nearest, ", ")
}

func lacking(way holdfast.Way, c rights) (out []string) {
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
