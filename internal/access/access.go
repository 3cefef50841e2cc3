// Package access is who may call a route as a formula, and what can be decided
// about it: who satisfies it, whether one rule lets in more than another, and
// who would break a claim. It reads the table that an application writes of
// itself and knows nothing else of it.
//
// A formula is an OR of ways, a way an AND of what a caller must hold. It is
// monotone but for one kind of condition, that a caller presents no credential
// of a scheme. So the least callers that a way lets in stand for all of them,
// and every decision here is exact, not a sample.
package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Document is what an application says of itself.
type Document struct {
	Routes []Route `json:"routes"`
	Roles  []Role  `json:"roles"`
}

// Route is one route with who may call it.
type Route struct {
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Policy   string   `json:"policy"` // in words
	Scopes   []string `json:"scopes"`
	Roles    []string `json:"roles"`
	Declared string   `json:"declared"`          // file:line
	Guarded  bool     `json:"guarded,omitempty"` // another router serves it
	Deciders []string `json:"deciders"`          // functions of dependencies that decide, too
	Ways     []Way    `json:"ways"`              // any of them lets a caller in
}

// Way is one alternative: everything in it must hold.
type Way struct {
	Credentials []Credential `json:"credentials"`
	Roles       [][]string   `json:"roles"`    // of each list, one
	Absent      []string     `json:"absent"`   // schemes of which nothing may be presented
	Deciders    []string     `json:"deciders"` // functions that must accept, one for each dependency
}

// Credential is a scheme of which a good credential is needed, and the scopes
// that it must carry.
type Credential struct {
	Scheme    string   `json:"scheme"` // "" for scopes of no scheme, which only a dependency can check
	Scopes    []string `json:"scopes"`
	CheckedBy string   `json:"checked_by,omitempty"` // the function that compares the scopes, if the runner does not

	// VerifiedBy are the functions that must accept the credential. A table that
	// has none of a verified credential does not say who verifies.
	VerifiedBy []string `json:"verified_by,omitempty"`

	Unverified bool `json:"unverified,omitempty"` // anything that is presented will do
}

// Role is a role and the scopes that it grants.
type Role struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scopes      []string `json:"scopes"`
}

// anyMethod is the method of a route for all of them.
const anyMethod = "*"

// Name is the route as messages name it.
func (r Route) Name() string { return r.Method + " " + r.Path }

// At is the route with the place of its declaration.
func (r Route) At() string { return fmt.Sprintf("%s (%s)", r.Name(), r.Declared) }

// Read reads a document that an application or the command wrote.
func Read(from io.Reader) (Document, error) {
	dec := json.NewDecoder(io.LimitReader(from, 64<<20))
	var d Document
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("this is no access table in JSON: %w", err)
	}
	if d.Routes == nil {
		return d, errors.New(`this is no access table in JSON: it has no "routes"`)
	}
	seen := map[string]bool{}
	for i := range d.Routes {
		r := &d.Routes[i]
		if r.Method == "" || !strings.HasPrefix(r.Path, "/") || len(r.Ways) == 0 {
			return d, fmt.Errorf("route %d of the access table has no method, path or ways", i+1)
		}
		if seen[r.Name()] {
			return d, fmt.Errorf("the access table has %s twice", r.Name())
		}
		seen[r.Name()] = true
	}
	return d, nil
}

// ReadFile reads a document from a file.
func ReadFile(name string) (Document, error) {
	file, err := os.Open(name) //nolint:gosec // the person who runs the program says which
	if err != nil {
		return Document{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	d, err := Read(file)
	if err != nil {
		return Document{}, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// Role returns the role of a name.
func (d Document) Role(name string) (Role, bool) {
	i := slices.IndexFunc(d.Roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return d.Roles[i], true
}

// RoleNames lists every role that a route asks for or the document declares.
func (d Document) RoleNames() []string {
	var out []string
	for _, r := range d.Routes {
		out = append(out, r.Roles...)
	}
	for _, r := range d.Roles {
		out = append(out, r.Name)
	}
	return sorted(out)
}

// ScopeNames lists every scope that a route asks for.
func (d Document) ScopeNames() []string {
	var out []string
	for _, r := range d.Routes {
		out = append(out, r.Scopes...)
	}
	return sorted(out)
}

// Schemes lists every scheme that a route reads.
func (d Document) Schemes() []string {
	var out []string
	for _, r := range d.Routes {
		for _, w := range r.Ways {
			for _, c := range w.Credentials {
				if c.Scheme != "" {
					out = append(out, c.Scheme)
				}
			}
			out = append(out, w.Absent...)
		}
	}
	return sorted(out)
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
