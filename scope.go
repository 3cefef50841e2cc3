package holdfast

import (
	"fmt"
	"strings"
)

// Scope is one permission that a token may carry, as RFC 6749 section 3.3
// names it. It belongs to the [Scheme] that made it, so that a scope of one
// authorization server can never be asked of another. The zero Scope is
// refused when the application starts.
type Scope struct{ s *scope }

type scope struct {
	name   string
	text   string
	scheme *scheme // nil for NewScope
	at     place
}

// NewScope makes a scope without a scheme, for dependencies that check scopes
// for themselves (see [SecurityScopes]).
func NewScope(name, description string) Scope {
	return Scope{&scope{name: name, text: description, at: caller(1)}}
}

// Name returns the scope's name as tokens carry it.
func (s Scope) Name() string {
	if s.s == nil {
		return ""
	}
	return s.s.name
}

// Description returns the sentence that people read in the docs page.
func (s Scope) Description() string {
	if s.s == nil {
		return ""
	}
	return s.s.text
}

// String returns the scope's name.
func (s Scope) String() string { return s.Name() }

// Scopes is a list of scopes in the order in which they were required,
// outermost first.
type Scopes []Scope

// String joins the names with single spaces, as the scope parameter of
// RFC 6749 section 3.3 is written.
func (s Scopes) String() string {
	names := make([]string, len(s))
	for i, one := range s {
		names[i] = one.Name()
	}
	return strings.Join(names, " ")
}

// identity tells the list from every other: two schemes may have scopes of one
// name.
func (s Scopes) identity() string {
	var out strings.Builder
	for _, one := range s {
		fmt.Fprintf(&out, "%p ", one.s)
	}
	return out.String()
}

// with returns s and then those of more that s does not hold yet.
func (s Scopes) with(more Scopes) Scopes {
	if len(more) == 0 {
		return s
	}
	out := append(make(Scopes, 0, len(s)+len(more)), s...)
	for _, one := range more {
		if !out.holds(one) {
			out = append(out, one)
		}
	}
	return out
}

func (s Scopes) holds(one Scope) bool {
	for _, have := range s {
		if have == one {
			return true
		}
	}
	return false
}

// validScopeToken reports whether name is a scope-token of RFC 6749 section
// 3.3: printable ASCII without space, quote and backslash.
func validScopeToken(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// Role is a named set of people, such as admin or manager. Roles are values,
// so a misspelt role does not compile. The zero Role is refused when the
// application starts.
type Role struct{ r *role }

type role struct {
	name   string
	text   string
	grants Scopes // see Grants
	at     place
}

// NewRole declares a role by the name under which principals know it.
func NewRole(name, description string) Role {
	return Role{&role{name: name, text: description, at: caller(1)}}
}

// Name returns the name that is asked of a principal's HasRole.
func (r Role) Name() string {
	if r.r == nil {
		return ""
	}
	return r.r.name
}

// Description returns the sentence that people read beside the role.
func (r Role) Description() string {
	if r.r == nil {
		return ""
	}
	return r.r.text
}

// String returns the role's name.
func (r Role) String() string { return r.Name() }
