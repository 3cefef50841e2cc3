package holdfast

import "github.com/holdfast-go/holdfast/internal/plan"

// Role is a named set of people, such as admin or manager. Roles are values,
// so a misspelt role does not compile. The zero Role is refused when the
// application starts.
type Role struct{ r *plan.Role }

// NewRole declares a role.
func NewRole(name, description string) Role {
	return Role{&plan.Role{Name: name, Text: description, At: plan.Caller()}}
}

// Name returns the name that is asked of a principal's HasRole.
func (r Role) Name() string {
	if r.r == nil {
		return ""
	}
	return r.r.Name
}

// Description returns the sentence that people read beside the role.
func (r Role) Description() string {
	if r.r == nil {
		return ""
	}
	return r.r.Text
}

// String returns the role's name.
func (r Role) String() string { return r.Name() }

// Grants says that the role comes with the scopes, which belongs beside it in
// [Config]'s Roles. It is for the table, its tests and the checks at start:
// what a credential carries is its verifier's to say.
func (r Role) Grants(scopes ...Scope) Role {
	if r.r == nil {
		return r
	}
	more := *r.r
	more.Grants = append(more.Grants[:len(more.Grants):len(more.Grants)], erasedScopes(scopes)...)
	return Role{&more}
}

// Scopes are those that Grants gave the role.
func (r Role) Scopes() Scopes {
	if r.r == nil {
		return nil
	}
	return typedScopes(r.r.Grants)
}

// erasedRoles is the list as plans hold it.
func erasedRoles(first Role, more []Role) []*plan.Role {
	out := []*plan.Role{first.r}
	for _, one := range more {
		out = append(out, one.r)
	}
	return out
}
