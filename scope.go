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
