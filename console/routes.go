package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/access"
)

// routesOf is the access table, as somebody sees it.
type routesOf struct {
	Role, Scope, As, Find string
	Who                   string // as whom it is seen, in words; "" for nobody in particular
	Unknown               bool   // there is no user of the name As
	Roles, Scopes         []string
	Rows                  []routeRow
	Open                  int
	Total                 int
}

// routeRow is a route, and what somebody may do there.
type routeRow struct {
	access.Route
	May bool
	Why string
}

func (c *console) routes(r *http.Request, _ caller) (page, error) {
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	q := r.URL.Query()
	t := routesOf{
		Role: q.Get("role"), Scope: q.Get("scope"), As: strings.ToLower(strings.TrimSpace(q.Get("as"))), Find: strings.TrimSpace(q.Get("find")),
		Roles: d.RoleNames(), Scopes: d.ScopeNames(), Total: len(d.Routes),
	}
	as, err := c.seenAs(r, d, &t)
	if err != nil {
		return page{}, err
	}
	for _, route := range d.Routes {
		if t.Scope != "" && !slices.Contains(route.Scopes, t.Scope) || !strings.Contains(strings.ToLower(route.Name()), strings.ToLower(t.Find)) {
			continue
		}
		answer := route.Decide(as)
		if answer.Allowed {
			t.Open++
		}
		t.Rows = append(t.Rows, routeRow{route, answer.Allowed, answer.Words()})
	}
	return page{"routes", "Who may call what", t}, nil
}

// seenAs is who sees the table: a user, a holder of a role, or nobody in particular.
func (c *console) seenAs(r *http.Request, d access.Document, t *routesOf) (access.Caller, error) {
	switch {
	case t.As != "":
		user, err := c.accounts.UserByName(r.Context(), t.As)
		if errors.Is(err, account.ErrNoUser) {
			t.Unknown = true
			return access.Caller{}, nil
		} else if err != nil {
			return access.Caller{}, err
		}
		t.Who = user.Name
		return c.asUser(r.Context(), user)
	case slices.Contains(t.Roles, t.Role):
		t.Who = "a holder of the role " + t.Role
		return d.Holder(t.Role), nil
	}
	return access.Caller{}, nil
}

// ruleOf is one route: its rule and what that rests on.
type ruleOf struct {
	access.Route
	Holders []routeHolder
}

// routeHolder says what a role may do at a route.
type routeHolder struct {
	Role string
	May  bool
	Why  string
}

func (c *console) rule(r *http.Request, _ caller) (page, error) {
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	name := r.URL.Query().Get("route")
	i := slices.IndexFunc(d.Routes, func(one access.Route) bool { return one.Name() == name })
	if i < 0 {
		return page{}, errNoRoute
	}
	out := ruleOf{Route: d.Routes[i]}
	for _, column := range columns(d) {
		answer := out.Decide(column.as)
		out.Holders = append(out.Holders, routeHolder{column.Name, answer.Allowed, answer.Words()})
	}
	return page{"rule", name, out}, nil
}

// column is a kind of caller of the matrix.
type column struct {
	Name string
	as   access.Caller
}

// columns are a caller without a credential, one with nothing else, and a holder of
// each role.
func columns(d access.Document) []column {
	out := []column{{"anyone", access.Caller{}}, {"signed in", access.Caller{Presents: true, Good: true}}}
	for _, role := range d.RoleNames() {
		out = append(out, column{role, d.Holder(role)})
	}
	return out
}
