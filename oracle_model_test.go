package holdfast_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// This file has policies and requests as the oracle knows them. It and
// oracle_judge_test.go are written from the doc comments alone and take nothing
// from how the library decides.

// modelScheme is a way to present a credential.
type modelScheme int

const (
	bearerScheme modelScheme = iota // Authorization: Bearer
	keyScheme                       // X-Key
	basicScheme                     // Authorization: Basic
	cookieScheme                    // Cookie: session; it knows no scopes
	noScheme                        // of a scope that NewScope made
)

// schemeNames are the names in the access table.
var schemeNames = [...]string{"OAuth2PasswordBearer", "APIKeyHeader", "HTTPBasic", "APIKeyCookie", ""}

func (s modelScheme) String() string {
	return [...]string{"bearer", "key", "basic", "cookie", "loose"}[s]
}

type schemeSet uint

func setOf(list ...modelScheme) schemeSet {
	var out schemeSet
	for _, one := range list {
		out |= 1 << one
	}
	return out
}

type modelScope struct {
	of   modelScheme
	name string
}

func (s modelScope) String() string { return s.of.String() + "." + s.name }

// modelDep is a dependency that ends in credentials. Its value, the principal,
// is made from the credential of the scheme that it reads first.
type modelDep struct {
	name     string
	reads    []modelScheme
	requires []modelScope // by a Require inside it
	byHand   bool         // takes Credential and SecurityScopes, and its function checks both
	loose    bool         // takes SecurityScopes, and its function checks those without a scheme
	noGuests bool         // verifies by a function that refuses guests
}

type policyKind int

const (
	securityPolicy policyKind = iota // Security, or AnyRole if it has roles
	publicPolicy
	allPolicy
	anyOfPolicy
	asPolicy
	optionalPolicy
	handlerPolicy // a policy, and a dependency of the handler, "which joins the policy"
	groupPolicy   // the last part is the route's own policy, the others are the groups'
)

// modelPolicy is a policy as it was written.
type modelPolicy struct {
	kind     policyKind
	id       int // tells which part of the policy gave the principal
	parts    []*modelPolicy
	dep      *modelDep
	requires []modelScope // dep.Require
	scopes   []modelScope // Security's
	roles    []string     // AnyRole's
}

func (p *modelPolicy) String() string {
	if p.kind == securityPolicy {
		return p.security()
	}
	parts := make([]string, len(p.parts))
	for i, part := range p.parts {
		parts[i] = part.String()
	}
	if last := len(parts) - 1; p.kind == groupPolicy {
		return "Group(" + strings.Join(parts[:last], ", ") + ") around " + parts[last]
	}
	name := map[policyKind]string{
		publicPolicy: "Public", allPolicy: "All", anyOfPolicy: "AnyOf", asPolicy: "As", optionalPolicy: "Optional", handlerPolicy: "To1",
	}[p.kind]
	return name + "(" + strings.Join(parts, ", ") + ")"
}

func (p *modelPolicy) security() string {
	dep := p.dep.name
	if len(p.requires) > 0 {
		dep += fmt.Sprintf(".Require%v", p.requires)
	}
	if len(p.roles) > 0 {
		return fmt.Sprintf("AnyRole(%s, %v)", dep, p.roles)
	}
	return fmt.Sprintf("Security(%s, %v)", dep, p.scopes)
}

// GoString is for rapid, which prints what it draws.
func (p *modelPolicy) GoString() string { return p.String() }

// schemes lists the schemes whose credential the policy reads.
func (p *modelPolicy) schemes() schemeSet {
	var out schemeSet
	if p.dep != nil {
		out = setOf(p.dep.reads...)
	}
	for _, part := range p.parts {
		out |= part.schemes()
	}
	return out
}

// path lists the scopes required on the path to the dependency.
func (p *modelPolicy) path() []modelScope {
	return slices.Concat(p.scopes, p.requires, p.dep.requires)
}

// presence is what a request presents of a scheme.
type presence int

const (
	nothingPresented presence = iota
	unreadable
	badCredential
	goodCredential
)

type modelCredential struct {
	presence presence
	guest    bool
	scopes   []string
	roles    []string
}

// lacks reports whether a good credential does not carry all of the scopes.
func (c modelCredential) lacks(scopes []modelScope) bool {
	return slices.ContainsFunc(scopes, func(s modelScope) bool { return !slices.Contains(c.scopes, s.name) })
}

// modelRequest is what a request presents, by scheme, and how it is sent.
type modelRequest struct {
	of     [noScheme]modelCredential
	header http.Header
}

// presents reports whether anything of one of the schemes is presented.
func (r modelRequest) presents(schemes schemeSet) bool {
	for s, c := range r.of {
		if schemes&setOf(modelScheme(s)) != 0 && c.presence != nothingPresented {
			return true
		}
	}
	return false
}

func (r modelRequest) String() string {
	var lines []string
	for name, values := range r.header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%q", lines)
}
