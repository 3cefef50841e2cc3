package holdfast

import "github.com/holdfast-go/holdfast/internal/plan"

// Scope is one permission that a token may carry, as RFC 6749 section 3.3
// names it. It belongs to the [Scheme] that made it, so that a scope of one
// authorization server can never be asked of another. The zero Scope is
// refused when the application starts.
type Scope struct{ s *plan.Scope }

// NewScope makes a scope without a scheme, for dependencies that check scopes
// for themselves (see [SecurityScopes]).
func NewScope(name, description string) Scope {
	return Scope{&plan.Scope{Name: name, Text: description, At: plan.Caller()}}
}

// Name returns the scope's name as tokens carry it.
func (s Scope) Name() string {
	if s.s == nil {
		return ""
	}
	return s.s.Name
}

// Description returns the sentence that people read in the docs page.
func (s Scope) Description() string {
	if s.s == nil {
		return ""
	}
	return s.s.Text
}

// String returns the scope's name.
func (s Scope) String() string { return s.Name() }

// Scopes is a list of scopes in the order in which they were required,
// outermost first.
type Scopes []Scope

// String joins the names with single spaces, as the scope parameter of
// RFC 6749 section 3.3 is written.
func (s Scopes) String() string { return erasedScopes(s).String() }

// erasedScopes is the list as plans hold it.
func erasedScopes(list []Scope) plan.Scopes {
	out := make(plan.Scopes, len(list))
	for i, one := range list {
		out[i] = one.s
	}
	return out
}

// typedScopes is a plan's list as dependencies see it.
func typedScopes(list plan.Scopes) Scopes {
	out := make(Scopes, len(list))
	for i, one := range list {
		out[i] = Scope{one}
	}
	return out
}

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
