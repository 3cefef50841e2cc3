package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Proof is what became of a claim.
type Proof struct {
	Claim          string          `json:"claim"`
	Holds          bool            `json:"holds"`
	Routes         int             `json:"routes"`                   // how many it speaks of
	Counterexample *Counterexample `json:"counterexample,omitempty"` // the smallest
	Trusting       []string        `json:"trusting,omitempty"`       // functions that compare scopes in place of the runner
	Verifiers      []Verifier      `json:"verifiers,omitempty"`      // functions that are trusted to verify
	Deciders       []string        `json:"deciders,omitempty"`       // functions that are trusted to decide, too
}

// Verifier is a function that verifies the credentials of a scheme.
type Verifier struct {
	Scheme   string `json:"scheme"`
	Function string `json:"function"` // "" if the table does not say which
}

// Counterexample is a caller and a route for which the claim does not hold.
type Counterexample struct {
	Route    string `json:"route"`
	Declared string `json:"declared"`
	Caller   string `json:"caller"` // in words
	Answer   string `json:"answer"` // in words
	size     int
}

// Prove decides a claim for every combination of roles, scopes and
// credentials. A claim that names a role, scope or route which the document
// does not have is an error: it would hold of nothing.
func (d Document) Prove(text string) (Proof, error) {
	c, err := parseClaim(text)
	if err != nil {
		return Proof{}, err
	}
	routes, err := d.spoken(c)
	if err != nil {
		return Proof{}, c.wrong(err)
	}
	p := Proof{Claim: text, Routes: len(routes)}
	for _, r := range routes {
		found, err := d.refute(c, r)
		if err != nil {
			return Proof{}, err
		}
		if found != nil && (p.Counterexample == nil || found.size < p.Counterexample.size) {
			p.Counterexample = found
		}
		p.Trusting = append(p.Trusting, r.trusting()...)
		p.Verifiers = append(p.Verifiers, r.trustedVerifiers()...)
		p.Deciders = append(p.Deciders, r.deciders()...)
	}
	p.Holds, p.Trusting, p.Deciders = p.Counterexample == nil, sorted(p.Trusting), sorted(p.Deciders)
	slices.SortFunc(p.Verifiers, func(a, b Verifier) int {
		return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Function, b.Function))
	})
	p.Verifiers = slices.Compact(p.Verifiers)
	return p, nil
}

// Proofs are what became of several claims.
type Proofs struct {
	Proofs []Proof `json:"proofs"` // in the order of the claims
}

// ProveAll decides claims as Prove does, up to the first that is an error.
func (d Document) ProveAll(claims []string) (Proofs, error) {
	all := Proofs{Proofs: []Proof{}}
	for _, claim := range claims {
		proof, err := d.Prove(claim)
		if err != nil {
			return Proofs{}, err
		}
		all.Proofs = append(all.Proofs, proof)
	}
	return all, nil
}

// Err says how many claims do not hold, and is nil if all do.
func (p Proofs) Err() error {
	refuted := 0
	for _, proof := range p.Proofs {
		if !proof.Holds {
			refuted++
		}
	}
	if refuted == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d claims do not hold", refuted, len(p.Proofs))
}

// Only decides that only holders of one of the roles may call the routes
// of a shape.
func (d Document) Only(routes string, roles []string) (Proof, error) {
	return d.Prove("only role " + strings.Join(roles, " or role ") + " may call " + routes)
}

// spoken lists the routes that a claim speaks of, and makes sure that the
// document has what the claim names.
func (d Document) spoken(c claim) ([]Route, error) {
	for _, all := range c.who {
		for _, t := range all {
			known := true
			switch t.kind {
			case "role":
				known = slices.Contains(d.RoleNames(), t.name)
			case "scope":
				known = slices.Contains(d.ScopeNames(), t.name)
			}
			if !known {
				return nil, fmt.Errorf("no route knows the %s %s", t.kind, t.name)
			}
		}
	}
	exists := func(s shape) bool {
		return slices.ContainsFunc(d.Routes, func(r Route) bool { return s.reaches(d, r) })
	}
	for i, s := range slices.Concat(c.routes, c.but) {
		paired := c.under && i < len(c.routes) && exists(c.routes[i^1])
		if !exists(s) && !paired || i >= len(c.routes) && !slices.ContainsFunc(d.Routes, s.matches) {
			return nil, fmt.Errorf("no route is %s", s.text)
		}
	}
	var out []Route
	for _, r := range d.Routes {
		reach := func(s shape) bool { return s.reaches(d, r) }
		match := func(s shape) bool { return s.matches(r) } // "but" takes out whole routes alone
		if slices.ContainsFunc(c.routes, reach) && !slices.ContainsFunc(c.but, match) {
			out = append(out, r)
		}
	}
	return out, nil
}

// refute finds the smallest caller for which the claim does not hold of one
// route.
func (d Document) refute(c claim, r Route) (*Counterexample, error) {
	if c.kind == only {
		return r.refuteOnly(c.who)
	}
	if c.kind == alone && r.Decide(Caller{}).Allowed {
		return nil, nil //nolint:nilnil // it is open to everybody, whatever they hold
	}
	for _, all := range c.who {
		who := d.caller(all, c.kind == alone)
		answer := r.Decide(who)
		if answer.Allowed == (c.kind == mayCall) {
			continue
		}
		found := &Counterexample{Route: r.Name(), Declared: r.Declared, Caller: "somebody with " + all.words(), Answer: answer.Words(), size: len(all)}
		if answer.Allowed {
			least, err := r.leastWithin(who)
			if err != nil {
				return nil, err
			}
			found.Caller, found.size = least.words(), least.size()
		}
		return found, nil
	}
	return nil, nil //nolint:nilnil // none is what is hoped for
}

// refuteOnly looks for a least caller of the route who is not of those that
// the claim names. A caller with more is of them if the least one is.
func (r Route) refuteOnly(who []terms) (*Counterexample, error) {
	least, err := r.least()
	if err != nil {
		return nil, err
	}
	var best holder
	for _, h := range least {
		if !slices.ContainsFunc(who, h.satisfies) && (best == nil || h.before(best)) {
			best = h
		}
	}
	if best == nil {
		return nil, nil //nolint:nilnil // none is what is hoped for
	}
	return &Counterexample{Route: r.Name(), Declared: r.Declared, Caller: best.words(), Answer: "may call", size: best.size()}, nil
}

func (h holder) satisfies(all terms) bool {
	for _, t := range all {
		if !h.has(t) {
			return false
		}
	}
	return true
}

func (h holder) has(t term) bool {
	if t.kind == "anyone" {
		return true
	}
	for a := range h {
		switch {
		case t.kind == "signed in" && a.kind() == "credential", a.kind() == t.kind && a.name() == t.name:
			return true
		}
	}
	return false
}

// caller is somebody with what the terms say. A role comes with the scopes
// that it grants, or with every scope if it is not said what roles grant; alone
// means without them.
func (d Document) caller(all terms, alone bool) Caller {
	c := Caller{Scopes: map[string]bool{}, Roles: map[string]bool{}}
	for _, t := range all {
		c.Presents = c.Presents || t.kind != "anyone"
		switch t.kind {
		case "scope":
			c.Scopes[t.name] = true
		case "role":
			c.Roles[t.name] = true
			if alone {
				continue
			}
			for _, s := range d.Grants(t.name) {
				c.Scopes[s] = true
			}
		}
	}
	c.Good = c.Presents
	return c
}

// Grants lists the scopes that come with a role: what it grants, or every
// scope if the document does not say.
func (d Document) Grants(role string) []string {
	if r, ok := d.Role(role); ok && d.grants() {
		return r.Scopes
	}
	return d.ScopeNames()
}

// grants reports whether the document says what roles grant.
func (d Document) grants() bool {
	return slices.ContainsFunc(d.Roles, func(r Role) bool { return len(r.Scopes) > 0 })
}

// leastWithin is the least holder of the route who has no more than a caller.
func (r Route) leastWithin(c Caller) (holder, error) {
	least, err := r.least()
	if err != nil {
		return nil, err
	}
	var best holder
	for _, h := range least {
		if h.ofCaller(c) && (best == nil || h.before(best)) {
			best = h
		}
	}
	return best, nil
}

func (h holder) ofCaller(c Caller) bool {
	for a := range h {
		switch a.kind() {
		case "role":
			if !c.Roles[a.name()] {
				return false
			}
		case "scope":
			if !c.Scopes[a.name()] {
				return false
			}
		case "credential":
			if !c.Presents {
				return false
			}
		}
	}
	return true
}

func (t terms) words() string {
	var out []string
	for _, one := range t {
		out = append(out, strings.TrimSpace(one.kind+" "+one.name))
	}
	return join(out, " and ")
}

func join(list []string, with string) string { return strings.Join(list, with) }

// trustedVerifiers lists who verifies the credentials that the route needs. Of
// a credential that a dependency takes for itself, that is one of the deciders.
func (r Route) trustedVerifiers() []Verifier {
	var out []Verifier
	for _, scheme := range r.schemes() {
		for _, function := range r.verifiers(scheme) {
			out = append(out, Verifier{scheme, function})
		}
		if !r.says(scheme) {
			out = append(out, Verifier{Scheme: scheme})
		}
	}
	return out
}

// trusting lists the functions that compare the route's scopes for
// themselves.
func (r Route) trusting() []string {
	var out []string
	for _, w := range r.Ways {
		for _, c := range w.Credentials {
			if c.CheckedBy != "" && len(c.Scopes) > 0 {
				out = append(out, c.CheckedBy)
			}
		}
	}
	return out
}
