package console

import (
	"bytes"
	"context"
	"slices"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/access"
)

// readTable reads the access table of the application.
func (c *console) readTable() (access.Document, error) {
	var text bytes.Buffer
	if err := c.app.WriteAccessJSON(&text); err != nil {
		return access.Document{}, err
	}
	return access.Read(&text)
}

// may reports whether the table lets somebody call a route of the console, but for
// how long ago they have signed in: what it does not is not offered.
func (c *console) may(who caller, method, path string) bool {
	d, err := c.table()
	if err != nil {
		return false
	}
	i := slices.IndexFunc(d.Routes, func(r access.Route) bool { return r.Method == method && r.Path == c.prefix+path })
	if i < 0 {
		return false
	}
	as := access.Caller{Presents: true, Good: true, Scopes: map[string]bool{}, Roles: map[string]bool{}}
	for _, one := range d.Routes[i].Scopes {
		as.Scopes[one] = who.HasScope(one)
	}
	for _, one := range d.Routes[i].Roles {
		as.Roles[one] = who.HasRole(one)
	}
	return d.Routes[i].Decide(as).Allowed
}

// document is the table with the roles as they are now: the store decides what a
// role grants, not the program.
func (c *console) document(ctx context.Context) (access.Document, error) {
	d, err := c.table()
	if err != nil {
		return d, err
	}
	stored, err := c.accounts.Roles(ctx)
	if err != nil {
		return d, err
	}
	d.Roles = make([]access.Role, len(stored))
	for i, role := range stored {
		d.Roles[i] = tableRole(role)
	}
	return d, nil
}

func tableRole(r account.Role) access.Role {
	return access.Role{Name: r.Name, Description: r.Description, Scopes: r.Scopes}
}

// withRole is the table as it would be if a role were another.
func withRole(d access.Document, role account.Role) access.Document {
	d.Roles = slices.DeleteFunc(slices.Clone(d.Roles), func(r access.Role) bool { return r.Name == role.Name })
	d.Roles = append(d.Roles, tableRole(role))
	return d
}

// asUser is a user with every scope that their roles grant.
func (c *console) asUser(ctx context.Context, user account.User) (access.Caller, error) {
	scopes, err := c.accounts.Granted(ctx, user.Roles)
	return access.Caller{Presents: true, Good: !user.Disabled, Scopes: access.Set(scopes), Roles: access.Set(user.Roles)}, err
}

// scopeNames lists every scope that there is: of the scheme, of routes and of roles.
func (c *console) scopeNames(d access.Document) []string {
	out := d.ScopeNames()
	for _, one := range c.id.Scheme().Scheme.Scopes() {
		out = append(out, one.Name())
	}
	for _, role := range d.Roles {
		out = append(out, role.Scopes...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// meaning is what a scope is for, in words; "" if that is not known.
func (c *console) meaning(scope string) string {
	for _, one := range c.id.Scheme().Scheme.Scopes() {
		if one.Name() == scope {
			return one.Description()
		}
	}
	return ""
}

// opens are the routes that somebody may call and a stranger may not.
func opens(d access.Document, who access.Caller) []access.Route {
	return slices.DeleteFunc(d.OpenTo(who).Routes, func(r access.Route) bool { return r.Decide(access.Caller{}).Allowed })
}

func names(d access.Document) []string {
	out := make([]string, len(d.Routes))
	for i, r := range d.Routes {
		out[i] = r.Name()
	}
	return out
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(other, one) })
}
