package holdfast

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Access is one row of the table of who may do what.
type Access struct {
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Policy   string   `json:"policy"`   // in words
	Scopes   []string `json:"scopes"`   // every scope that some way in needs
	Roles    []string `json:"roles"`    // every role that some way in accepts
	Declared string   `json:"declared"` // file:line
}

// Access lists the application's routes with who may call each, in the order
// of their registration, from the same structure that the runner enforces.
func (a *App) Access() ([]Access, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	routes := a.original().routes
	out := make([]Access, len(routes))
	for i, rt := range routes {
		out[i] = rt.access()
	}
	return out, nil
}

// WriteAccess writes the table of [App.Access] for people.
func (a *App) WriteAccess(w io.Writer) error {
	rows, err := a.Access()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "METHOD\tPATH\tWHO MAY CALL\tDECLARED")
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", row.Method, row.Path, row.Policy, row.Declared)
	}
	return t.Flush()
}

func (rt *route) access() Access {
	out := Access{Method: rt.method, Path: rt.path, Scopes: []string{}, Roles: []string{}, Declared: rt.at.String()}
	var words []string
	for i := range rt.plan.branches {
		b := &rt.plan.branches[i]
		words = addOnce(words, b.words())
		for _, one := range b.schemes {
			for _, scope := range one.scopes {
				out.Scopes = addOnce(out.Scopes, scope.Name())
			}
		}
		for _, roles := range b.roles {
			for _, role := range roles {
				out.Roles = addOnce(out.Roles, role.Name())
			}
		}
	}
	out.Policy = strings.Join(words, ", or ")
	return out
}

func addOnce(list []string, one string) []string {
	for _, have := range list {
		if have == one {
			return list
		}
	}
	return append(list, one)
}

// words says one alternative: "role admin, scopes items me".
func (b *branch) words() string {
	var parts []string
	for _, roles := range b.roles {
		parts = addOnce(parts, "role "+roleNames(roles))
	}
	for _, one := range b.schemes {
		if len(one.scopes) == 1 {
			parts = append(parts, "scope "+one.scopes.String())
		} else if len(one.scopes) > 1 {
			parts = append(parts, "scopes "+one.scopes.String())
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case b.absent:
		return "anyone without a credential"
	case len(b.schemes) > 0:
		return "signed in"
	case len(b.steps) > 1:
		return "whom the dependencies accept"
	}
	return "anyone"
}
