package access

import "slices"

// Caller is somebody whose answer can be foretold. Dependencies are taken to
// accept; which of them decide, the route says.
type Caller struct {
	Presents bool            // a credential, good or not
	Good     bool            // the credential is good
	Schemes  []string        // of which it is; every scheme if nil
	Scopes   map[string]bool // that it carries
	Roles    map[string]bool // that its owner has
}

// Answer is what the declaration says that a caller gets.
type Answer struct {
	Allowed bool
	Status  int      // 401 or 403 if not allowed
	Scopes  []string // missing for the way that is nearest
	Roles   []string // of which one is missing, for the way that is nearest
}

// Everything is a caller with all that the document knows.
func (d Document) Everything() Caller {
	return Caller{Presents: true, Good: true, Scopes: set(d.ScopeNames()), Roles: set(d.RoleNames())}
}

func set(list []string) map[string]bool {
	out := map[string]bool{}
	for _, one := range list {
		out[one] = true
	}
	return out
}

// Set makes a set of a list.
func Set(list []string) map[string]bool { return set(list) }

func (c Caller) of(scheme string) bool {
	return c.Schemes == nil || scheme == "" || slices.Contains(c.Schemes, scheme)
}

// Decide foretells the answer: the way that got furthest gives the refusal.
func (r Route) Decide(c Caller) Answer {
	best := Answer{Status: 401}
	for _, w := range r.Ways {
		a := w.decide(c)
		if a.Allowed {
			return a
		}
		if nearer(a, best) {
			best = a
		}
	}
	return best
}

// OpenTo is the document with the routes alone that a caller may call.
func (d Document) OpenTo(c Caller) Document {
	open := []Route{}
	for _, r := range d.Routes {
		if r.Decide(c).Allowed {
			open = append(open, r)
		}
	}
	d.Routes = open
	return d
}

func nearer(a, best Answer) bool {
	missing := func(x Answer) int { return len(x.Scopes) + min(len(x.Roles), 1) }
	return a.Status > best.Status || a.Status == best.Status && a.Status == 403 && missing(a) < missing(best)
}

func (w Way) decide(c Caller) Answer {
	refused := Answer{Status: 401}
	for _, scheme := range w.Absent {
		if c.Presents && c.of(scheme) {
			return refused
		}
	}
	var out Answer
	for _, one := range w.Credentials {
		if !c.Presents || !c.Good && !one.Unverified || !c.of(one.Scheme) {
			return refused
		}
		for _, s := range one.Scopes {
			if !c.Scopes[s] {
				out.Scopes = append(out.Scopes, s)
			}
		}
	}
	for _, roles := range w.Roles {
		if !slices.ContainsFunc(roles, func(role string) bool { return c.Roles[role] }) {
			out.Roles = append(out.Roles, roles...)
		}
	}
	out.Roles = unique(out.Roles)
	if out.Allowed = len(out.Scopes) == 0 && len(out.Roles) == 0; !out.Allowed {
		out.Status = 403
	}
	return out
}

func unique(list []string) []string {
	var out []string
	for _, one := range list {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// Words says what is missing: "scope users:read, role admin".
func (a Answer) Words() string {
	var parts []string
	for _, s := range a.Scopes {
		parts = append(parts, "scope "+s)
	}
	if len(a.Roles) > 0 {
		parts = append(parts, "role "+join(a.Roles, " or "))
	}
	switch {
	case a.Allowed:
		return "may call"
	case a.Status == 401:
		return "needs a credential"
	}
	return "needs " + join(parts, ", ")
}
