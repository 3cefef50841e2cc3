package holdfast

import (
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/access"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// Access is one row of the table of who may do what.
type Access struct {
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Policy   string   `json:"policy"`            // in words
	Scopes   []string `json:"scopes"`            // every scope that some way in needs
	Roles    []string `json:"roles"`             // every role that some way in accepts
	Declared string   `json:"declared"`          // file:line
	Guarded  bool     `json:"guarded,omitempty"` // another router serves it: see App.Guard
	Deciders []string `json:"deciders"`          // functions of dependencies that may refuse, too; see [Way]
	Ways     []Way    `json:"ways"`              // any of them lets a caller in
}

// Way is one way in: everything in it must hold.
//
// Functions are known by their declaration, "example.org/shop.(*Shop).verify",
// or function literals, which have no name, by their place, "func literal at
// shop/main.go:41".
type Way struct {
	Credentials []Credential `json:"credentials"` // a good one of each is needed
	Roles       [][]string   `json:"roles"`       // of each list, one role is needed
	Absent      []string     `json:"absent"`      // schemes of which no credential may be presented
	Deciders    []string     `json:"deciders"`    // functions that must accept, one for each dependency
}

// Credential is the scheme of a credential that a way needs, and all the
// scopes that it must carry.
type Credential struct {
	Scheme string   `json:"scheme"`
	Scopes []string `json:"scopes"`

	// CheckedBy is the function that compares the scopes, because it asks
	// for [SecurityScopes] in place of [Verify]; "" if the runner compares them.
	CheckedBy string `json:"checked_by,omitempty"`

	// VerifiedBy are the functions that must accept the credential: those given
	// to [Verify] or [Check] or, without one, those of dependencies that take the
	// credential for themselves.
	VerifiedBy []string `json:"verified_by,omitempty"`

	// Unverified says that nothing checks the credential: anything that is
	// presented will do.
	Unverified bool `json:"unverified,omitempty"`
}

// Allows reports whether somebody with a good credential of every scheme, and
// with these scopes and roles, may call, provided that the row's Deciders
// accept. It is what a page of one's own permissions is made of.
func (a Access) Allows(hasScope, hasRole func(name string) bool) bool {
	return slices.ContainsFunc(a.Ways, func(w Way) bool { return w.allows(hasScope, hasRole) })
}

func (w Way) allows(hasScope, hasRole func(string) bool) bool {
	for _, c := range w.Credentials {
		if slices.ContainsFunc(c.Scopes, func(s string) bool { return !hasScope(s) }) {
			return false
		}
	}
	for _, roles := range w.Roles {
		if !slices.ContainsFunc(roles, hasRole) {
			return false
		}
	}
	return len(w.Absent) == 0
}

// accessDocument is what the table says, and the roles beside it.
func accessDocument(routes []*route, roles []Role) access.Document {
	d := access.Document{Routes: []access.Route{}, Roles: []access.Role{}}
	for _, rt := range routes {
		d.Routes = append(d.Routes, rt.access())
	}
	for _, one := range roles {
		out := access.Role{Name: one.Name(), Description: one.Description(), Scopes: []string{}}
		if one.r != nil {
			out.Scopes = one.r.Grants.Names()
		}
		d.Roles = append(d.Roles, out)
	}
	return d
}

// row is the route's row as users of the library see it.
func (rt *route) row() Access {
	r := rt.access()
	out := Access{Method: r.Method, Path: r.Path, Policy: r.Policy, Scopes: r.Scopes, Roles: r.Roles, Declared: r.Declared, Guarded: r.Guarded, Deciders: r.Deciders}
	for _, w := range r.Ways {
		way := Way{Roles: w.Roles, Absent: w.Absent, Deciders: w.Deciders, Credentials: []Credential{}}
		for _, c := range w.Credentials {
			way.Credentials = append(way.Credentials, Credential(c))
		}
		out.Ways = append(out.Ways, way)
	}
	return out
}

// access is the route's row, from its plan.
func (rt *route) access() access.Route {
	out := access.Route{
		Method: rt.method, Path: rt.pattern.Path, Declared: rt.at.String(), Guarded: rt.guard,
		Scopes: []string{}, Roles: []string{}, Deciders: []string{},
	}
	var words []string
	by := map[string][]string{} // what is presented, of ways that read the same
	for i := range rt.compiled.plan.Ways {
		r := wayReader{&rt.compiled.plan.Ways[i]}
		w := r.way()
		text := r.words(w)
		words, by[text] = addOnce(words, text), addOnce(by[text], r.schemes())
		out.Ways = append(out.Ways, w)
		out.Deciders = addOnce(out.Deciders, w.Deciders...)
		out.Roles = addOnce(out.Roles, slices.Concat(w.Roles...)...)
		for _, c := range w.Credentials {
			out.Scopes = addOnce(out.Scopes, c.Scopes...)
		}
	}
	for i, text := range words {
		if len(by[text]) > 1 {
			words[i] += ", by " + strings.Join(by[text], " or ")
		}
	}
	out.Policy = strings.Join(words, ", or ")
	return out
}

func addOnce(list []string, more ...string) []string {
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// wayReader reads one planned way.
type wayReader struct{ *plan.PlannedWay }

// way is the planned way as data.
func (r wayReader) way() access.Way {
	out := access.Way{Credentials: []access.Credential{}, Roles: [][]string{}, Absent: []string{}, Deciders: functions(r.deciders())}
	for _, one := range r.Schemes {
		out.Credentials = append(out.Credentials, r.credentials(one)...)
	}
	if loose := r.schemeless(); len(loose) > 0 {
		out.Credentials = append(out.Credentials, access.Credential{Scopes: loose, CheckedBy: strings.Join(functions(r.askers()), " and ")})
	}
	for i := range r.Steps {
		switch s := &r.Steps[i]; s.Kind {
		case plan.AskRoles:
			out.Roles = append(out.Roles, plan.RoleNames(s.Roles))
		case plan.WantAbsent:
			out.Absent = addOnce(out.Absent, s.Node.Scheme.Name)
		}
	}
	return out
}

// credentials is the credential of a scheme, with the scopes that the runner
// compares; and once more with those that dependencies check for themselves.
func (r wayReader) credentials(one plan.SchemeScopes) []access.Credential {
	verifiers := r.Verifiers(one.Scheme)
	credential := func(scopes plan.Scopes) access.Credential {
		return access.Credential{
			Scheme: one.Scheme.Name, Scopes: scopes.Names(),
			VerifiedBy: addOnce(nil, functions(verifiers)...), Unverified: len(verifiers) == 0,
		}
	}
	compared := r.Compared(one.Scheme)
	trusted := one.Scopes.Without(compared)
	var out []access.Credential
	if len(compared) > 0 || len(trusted) == 0 {
		out = append(out, credential(compared))
	}
	if len(trusted) > 0 {
		checked := credential(trusted)
		checked.CheckedBy = strings.Join(functions(r.askers()), " and ")
		out = append(out, checked)
	}
	return out
}

// schemes names what the way wants presented.
func (r wayReader) schemes() string {
	var names []string
	for _, one := range r.Schemes {
		names = addOnce(names, one.Scheme.Name)
	}
	return strings.Join(names, " and ")
}

// deciders lists the dependencies whose function may refuse, each once.
func (r wayReader) deciders() []*plan.Node {
	return r.nodes(func(s *plan.Step) bool { return s.Decides() })
}

// askers lists the dependencies that ask for SecurityScopes.
func (r wayReader) askers() []*plan.Node {
	return r.nodes(func(s *plan.Step) bool { return s.Node.AsksItself() })
}

// nodes lists the dependencies of some steps, each once.
func (r wayReader) nodes(of func(*plan.Step) bool) []*plan.Node {
	var out []*plan.Node
	for i := range r.Steps {
		if s := &r.Steps[i]; of(s) && !slices.Contains(out, s.Node) {
			out = append(out, s.Node)
		}
	}
	return out
}

// functions says which functions dependencies are made of; the list is never
// nil.
func functions(nodes []*plan.Node) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n.Func
	}
	return out
}

// schemeless lists the scopes of no scheme that a dependency is given.
func (r wayReader) schemeless() []string {
	var out []string
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Node.Kind == plan.ScopeList {
			out = addOnce(out, s.Scopes.Of(nil).Names()...)
		}
	}
	return out
}

// anyone is the word for a policy that refuses no one.
const anyone = "anyone"

// words says one way: "role admin, scopes items me".
func (r wayReader) words(w access.Way) string {
	var parts []string
	for _, roles := range w.Roles {
		parts = addOnce(parts, "role "+strings.Join(roles, " or "))
	}
	for _, c := range w.Credentials {
		if len(c.Scopes) > 0 {
			parts = append(parts, r.scopeWords(c))
		}
	}
	parts = append(parts, r.credentialWords(len(parts) > 0)...)
	switch {
	case len(parts) > 0 && len(r.Absent) > 0:
		return strings.Join(parts, ", ") + ", and no " + strings.Join(w.Absent, " or ")
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case len(r.Absent) > 0:
		return "anyone without a credential"
	case len(w.Deciders) > 0:
		return "callers that the dependencies accept"
	}
	return anyone
}

func (r wayReader) scopeWords(c access.Credential) string {
	text := "scope "
	if len(c.Scopes) > 1 {
		text = "scopes "
	}
	text += strings.Join(c.Scopes, " ")
	if c.CheckedBy != "" {
		var names []string
		for _, n := range r.askers() {
			names = addOnce(names, n.Describe())
		}
		text += " (checked by " + strings.Join(names, " and ") + ")"
	}
	return text
}

// credentialWords says which credentials are needed without any scope. That
// a caller is signed in goes without saying beside a role or a scope.
func (r wayReader) credentialWords(besides bool) []string {
	var out []string
	for _, one := range r.Schemes {
		switch {
		case len(one.Scopes) > 0:
		case len(r.Verifiers(one.Scheme)) == 0:
			out = append(out, "any credential "+one.Scheme.Name+", unverified")
		case !one.Scheme.Bearer:
			out = append(out, "credential "+one.Scheme.Name)
		case !besides:
			out = addOnce(out, "signed in")
		}
	}
	return out
}
