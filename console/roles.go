package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/access"
)

// mostCounted is how many holders of a role are counted.
const mostCounted = 10_000

// holders is how many users have a role.
type holders int

// String says it for people.
func (n holders) String() string {
	switch {
	case n == 0:
		return "nobody"
	case n == 1:
		return "1 person"
	case n >= mostCounted:
		return "10,000 people or more"
	}
	return many(int(n), "user")
}

func (c *console) holders(ctx context.Context, role string) (holders, error) {
	n, err := c.accounts.CountHolders(ctx, role, mostCounted)
	return holders(n), err
}

// roleRow is a role in the list.
type roleRow struct {
	account.Role
	Holders holders
	Opens   int // routes
}

func (c *console) roles(r *http.Request, _ caller) (page, error) {
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	list, err := c.accounts.Roles(r.Context())
	if err != nil {
		return page{}, err
	}
	rows := make([]roleRow, len(list))
	for i, role := range list {
		rows[i] = roleRow{Role: role, Opens: len(opens(d, d.Holder(role.Name)))}
		if rows[i].Holders, err = c.holders(r.Context(), role.Name); err != nil {
			return page{}, err
		}
	}
	return page{"roles", "Roles", rows}, nil
}

// roleOf is a role.
type roleOf struct {
	account.Role
	New     bool
	Holders holders
	Some    []account.User // of the holders
	Opens   []access.Route
	Scopes  []choice
}

func (c *console) findRole(ctx context.Context, name string) (account.Role, error) {
	list, err := c.accounts.Roles(ctx)
	if err != nil {
		return account.Role{}, err
	}
	i := slices.IndexFunc(list, func(r account.Role) bool { return r.Name == name })
	if i < 0 {
		return account.Role{}, account.ErrNoRole
	}
	return list[i], nil
}

func (c *console) role(r *http.Request, _ caller) (page, error) {
	role, err := c.findRole(r.Context(), r.PathValue("name"))
	if err != nil {
		return page{}, err
	}
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	out := roleOf{Role: role, Opens: opens(d, d.Holder(role.Name)), Scopes: c.scopeChoices(d, role.Scopes)}
	if out.Holders, err = c.holders(r.Context(), role.Name); err != nil {
		return page{}, err
	}
	out.Some, err = c.accounts.SearchUsers(r.Context(), account.UserQuery{Role: role.Name}, 20)
	return page{"role", "Role " + role.Name, out}, err
}

func (c *console) scopeChoices(d access.Document, ticked []string) (out []choice) {
	for _, scope := range c.scopeNames(d) {
		out = append(out, choice{scope, c.meaning(scope), slices.Contains(ticked, scope)})
	}
	return out
}

// newRole is the form for a role, as it was sent.
func (c *console) newRole(r *http.Request, _ caller) (page, error) {
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	role := sentRole(r)
	return page{"newrole", "New role", roleOf{Role: role, New: true, Scopes: c.scopeChoices(d, role.Scopes)}}, nil
}

// sentRole is the role that a form says.
func sentRole(r *http.Request) account.Role {
	form := r.PostForm
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	return account.Role{Name: strings.TrimSpace(form.Get("name")), Description: form.Get("description"), Scopes: form["scopes"]}
}

// previewOf is what a change of a role does.
type previewOf struct {
	Role      account.Role
	Holders   holders
	Won, Lost []string
	Deciders  bool // functions decide at some of the routes as well
}

// previewRole says what changes for those who have a role, by the formula of
// `holdfast access diff`.
func (c *console) previewRole(r *http.Request, _ caller) (page, error) {
	role := sentRole(r)
	before, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	after := withRole(before, role)
	p := previewOf{Role: role}
	then, today := before.OpenTo(before.Holder(role.Name)), after.OpenTo(after.Holder(role.Name))
	p.Won, p.Lost = without(names(today), names(then)), without(names(then), names(today))
	p.Deciders = slices.ContainsFunc(today.Routes, func(r access.Route) bool { return len(r.Deciders) > 0 })
	p.Holders, err = c.holders(r.Context(), role.Name)
	return page{"preview", "What changes with " + role.Name, p}, err
}

func (c *console) putRole(r *http.Request, _ caller) (done, error) {
	role, err := c.accounts.PutRole(r.Context(), sentRole(r))
	return done{to: "roles/" + url.PathEscape(role.Name) + "?done=role"}, err
}

func (c *console) removeRole(r *http.Request, _ caller) (done, error) {
	name := r.PathValue("name")
	err := errDiffer
	if r.PostForm.Get("name") == name {
		err = c.accounts.RemoveRole(r.Context(), name)
	}
	return done{to: "roles?done=removed"}, err
}

func compare(a, b string) int { return strings.Compare(a, b) }
