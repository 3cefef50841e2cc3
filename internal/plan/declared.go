package plan

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Scheme is a way in which callers present a credential.
type Scheme struct {
	Name       string
	Text       string            // for people
	Challenge  string            // the value of WWW-Authenticate
	Bearer     bool              // RFC 6750: the challenge carries error and scope
	Realm      string            // what follows the challenge where it would carry neither
	Hide       func(http.Header) // takes the credential out of a request; nil if it may stay
	Own        bool              // a function of the application finds the credential
	Tokens     func(string) bool // which bearer tokens are of this scheme: another one is none; all if nil
	OpenAPI    map[string]any
	Missing    error // the answer to callers without a credential; nil for the usual one
	Scopes     Scopes
	ScopesOf   *Scheme // whose scopes its credentials carry beside its own; nil for none
	Credential *Node   // finds the credential in a request
	At         Place
	Faults     []error
	Frozen     atomic.Bool // set when the first application that reaches it starts
}

// OnlyTokens is an option of bearer schemes: of says which tokens are of the
// scheme. To it a request with another one presents nothing.
func OnlyTokens(of func(token string) bool) func(*Scheme) {
	return func(s *Scheme) { s.Tokens = of }
}

// Scope is one permission that a credential of a scheme may carry.
type Scope struct {
	Name   string
	Text   string  // for people
	Scheme *Scheme // nil for a scope that a dependency checks for itself
	At     Place
}

// Role is a named set of people.
type Role struct {
	Name   string
	Text   string // for people
	Grants Scopes
	At     Place
}

// Scopes is a list of scopes in the order in which they were required,
// outermost first. A nil element is a zero Scope: an error at start.
type Scopes []*Scope

// Names lists the scopes' names; the list is never nil.
func (s Scopes) Names() []string {
	out := make([]string, len(s))
	for i, one := range s {
		if one != nil {
			out[i] = one.Name
		}
	}
	return out
}

// String joins the names with single spaces, as the scope parameter of
// RFC 6749 section 3.3 is written.
func (s Scopes) String() string { return strings.Join(s.Names(), " ") }

// With returns s and then those of more that s does not hold yet.
func (s Scopes) With(more Scopes) Scopes {
	if len(more) == 0 {
		return s
	}
	return union(s, more)
}

// Without returns those of s that are not in other.
func (s Scopes) Without(other Scopes) Scopes {
	var out Scopes
	for _, one := range s {
		if !slices.Contains(other, one) {
			out = append(out, one)
		}
	}
	return out
}

// Carries reports whether credentials of the scheme carry a scope: one of its
// own, or one of the scheme whose scopes it shares. The nil scheme carries those
// that have none.
func (s *Scheme) Carries(one *Scope) bool {
	if s == nil {
		return one.Scheme == nil
	}
	return one.Scheme == s || s.ScopesOf != nil && one.Scheme == s.ScopesOf
}

// Of returns the scopes that a scheme's credentials carry; those of no scheme
// if it is nil.
func (s Scopes) Of(scheme *Scheme) Scopes {
	var out Scopes
	for _, one := range s {
		if one != nil && scheme.Carries(one) {
			out = append(out, one)
		}
	}
	return out
}

// key tells the list from every other: two schemes may have scopes of one
// name.
func (s Scopes) key() string {
	var out strings.Builder
	for _, one := range s {
		fmt.Fprintf(&out, "%p ", one)
	}
	return out.String()
}

// RoleNames lists the names of roles; the list is never nil.
func RoleNames(roles []*Role) []string {
	out := make([]string, len(roles))
	for i, one := range roles {
		out[i] = one.Name
	}
	return out
}

// union is a and then those of b that a does not hold. It never writes into
// a's array.
func union[E comparable](a, b []E) []E {
	out := a[:len(a):len(a)]
	for _, one := range b {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// ScopeToken reports whether a name is a scope-token of RFC 6749 section
// 3.3: printable ASCII without space, quote and backslash.
func ScopeToken(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}
