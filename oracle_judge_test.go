package holdfast_test

import (
	"fmt"
	"net/http"
	"slices"
)

// This file decides about a request as the doc comments say.

// modelWay is one AND of a policy, which is "an OR of ANDs".
type modelWay struct {
	needs       []modelNeed // in the order in which they are asked
	principal   string
	perVerifier bool // see readings
}

// modelNeed is a Security or an AnyRole. Where that is nil, it is the condition
// under which Optional lets in callers without a credential: that nothing is
// presented of the schemes.
type modelNeed struct {
	policy *modelPolicy
	absent schemeSet
}

// ways lists the ANDs of the policy.
func (p *modelPolicy) ways() []modelWay {
	var out []modelWay
	switch p.kind {
	case securityPolicy:
		return []modelWay{{needs: []modelNeed{{policy: p}}, principal: fmt.Sprintf("%d by %v", p.id, p.dep.reads[0])}}
	case publicPolicy:
		return []modelWay{{principal: fmt.Sprintf("anyone%d", p.id)}}
	case allPolicy, handlerPolicy, groupPolicy:
		out = []modelWay{{}}
		for i, part := range p.parts {
			first, last := i == 0, i == len(p.parts)-1
			out = bothWays(out, part.ways(), first && p.kind != groupPolicy || last && p.kind == groupPolicy)
		}
	case anyOfPolicy:
		for _, part := range p.parts {
			for _, way := range part.ways() {
				out = append(out, way.closedBy(p.schemes()))
			}
		}
	case asPolicy:
		for _, way := range p.parts[0].ways() {
			out = append(out, modelWay{needs: way.needs, principal: fmt.Sprintf("as%d(%s)", p.id, way.principal)})
		}
	case optionalPolicy:
		for _, way := range p.parts[0].ways() {
			out = append(out, modelWay{needs: way.needs, principal: fmt.Sprintf("some%d(%s)", p.id, way.principal)})
		}
		nobody := []modelNeed{{absent: p.parts[0].schemes()}}
		out = append(out, modelWay{needs: nobody, principal: fmt.Sprintf("nobody%d", p.id)})
	}
	return out
}

// bothWays is every way of first with every way of second, which gives the
// principal if secondGives.
func bothWays(first, second []modelWay, secondGives bool) []modelWay {
	var out []modelWay
	for _, a := range first {
		for _, b := range second {
			both := modelWay{needs: slices.Concat(a.needs, b.needs), principal: a.principal}
			if secondGives {
				both.principal = b.principal
			}
			out = append(out, both)
		}
	}
	return out
}

// closedBy is the way with Optional's condition extended to more schemes, but
// not to those of which the way itself needs a credential. Optional opens "to
// those who present none, of any scheme of the whole policy", which is its own
// and the AnyOf in which it stands: what is refused by an alternative is never
// nobody. It is not what All or a group adds. These let in those who satisfy
// each part by itself, so a part cannot depend on another one.
func (w modelWay) closedBy(schemes schemeSet) modelWay {
	var asked schemeSet
	for _, need := range w.needs {
		if need.policy != nil {
			asked |= need.policy.schemes()
		}
	}
	w.needs = slices.Clone(w.needs)
	for i := range w.needs {
		if w.needs[i].policy == nil {
			w.needs[i].absent |= schemes &^ asked
		}
	}
	return w
}

// impossible reports whether the way needs a credential of which it wants none,
// so that it lets in no one and says nothing about anyone.
func (w modelWay) impossible() bool {
	var needed, absent schemeSet
	for _, need := range w.needs {
		if need.policy != nil {
			needed |= need.policy.schemes()
		}
		absent |= need.absent
	}
	return needed&absent != 0
}

// nobody reports whether the way lets in callers because they present nothing.
func (w modelWay) nobody() bool {
	return slices.ContainsFunc(w.needs, func(n modelNeed) bool { return n.policy == nil })
}

// refusal is the status with which the way refuses the request, 0 if it lets
// the caller in. A way for callers without a credential is for no others; else
// "First the credential and the scopes; then the dependencies of the policy and
// its roles."
func (w modelWay) refusal(r modelRequest) int {
	for _, need := range w.needs {
		if need.policy == nil && r.presents(need.absent) {
			return http.StatusUnauthorized
		}
	}
	for _, need := range w.needs {
		if need.policy == nil {
			continue
		}
		if status := w.credentials(need.policy.dep, r); status != 0 {
			return status
		}
	}
	for _, need := range w.needs {
		if need.policy == nil {
			continue
		}
		if status := need.policy.decision(r); status != 0 {
			return status
		}
	}
	return 0
}

// credentials finds and verifies the credentials of a dependency and, right
// after each, compares the scopes.
func (w modelWay) credentials(dep *modelDep, r modelRequest) int {
	for _, s := range dep.reads {
		switch c := r.of[s]; {
		case c.presence < badCredential:
			return http.StatusUnauthorized
		case dep.byHand:
		case c.presence == badCredential || c.guest && dep.noGuests:
			return http.StatusUnauthorized
		case c.lacks(w.required(dep, s)):
			return http.StatusForbidden
		}
	}
	return 0
}

// required lists the scopes that are compared after dep has verified its
// credential of the scheme: those that the whole way requires of the scheme.
func (w modelWay) required(dep *modelDep, scheme modelScheme) []modelScope {
	var out []modelScope
	for _, need := range w.needs {
		if need.policy == nil || w.perVerifier && (need.policy.dep.byHand || need.policy.dep.noGuests != dep.noGuests) {
			continue
		}
		for _, scope := range need.policy.path() {
			if scope.of == scheme {
				out = append(out, scope)
			}
		}
	}
	return out
}

// decision runs the function of the dependency, and asks for the roles.
func (p *modelPolicy) decision(r modelRequest) int {
	c := r.of[p.dep.reads[0]]
	seen := p.path() // by SecurityScopes
	if p.dep.loose {
		seen = slices.DeleteFunc(seen, func(s modelScope) bool { return s.of != noScheme })
	}
	switch {
	case p.dep.byHand && c.presence == badCredential:
		return http.StatusUnauthorized
	case (p.dep.byHand || p.dep.loose) && c.lacks(seen):
		return http.StatusForbidden
	case len(p.roles) > 0 && !slices.ContainsFunc(p.roles, func(role string) bool { return slices.Contains(c.roles, role) }):
		return http.StatusForbidden
	}
	return 0
}

// modelVerdict is the answer to a request.
type modelVerdict struct {
	status    int
	principal string // "" if refused
}

// verdictOf asks the ways in their order: "the first that holds gives the
// principal". If none does, "403 outranks 401".
func verdictOf(ways []modelWay, r modelRequest) modelVerdict {
	worst := http.StatusUnauthorized
	for _, way := range ways {
		status := way.refusal(r)
		if status == 0 {
			return modelVerdict{http.StatusOK, way.principal}
		}
		worst = max(worst, status)
	}
	return modelVerdict{worst, ""}
}

// readings are the answers for which the doc comments leave room. Verify
// compares "the scopes that the route, its groups and its dependencies require
// of the scheme". Where two functions verify one scheme, each compares all of
// them, or those that are required of itself. Who is let in is the same, but a
// missing scope is found before or after a missing credential.
func (p *modelPolicy) readings() [][]modelWay {
	all := slices.DeleteFunc(p.ways(), modelWay.impossible)
	each := slices.Clone(all)
	for i := range each {
		each[i].perVerifier = true
	}
	return [][]modelWay{all, each}
}

// strictly reports whether an AND that is read strictly may let the caller in:
// each part, by itself, does. It is decided on the policy as it was written.
func (p *modelPolicy) strictly(r modelRequest) bool {
	holds := func(part *modelPolicy) bool { return part.strictly(r) }
	refuses := func(part *modelPolicy) bool { return !part.strictly(r) }
	switch p.kind {
	case allPolicy, handlerPolicy, groupPolicy:
		return !slices.ContainsFunc(p.parts, refuses)
	case anyOfPolicy, asPolicy:
		return slices.ContainsFunc(p.parts, holds)
	case optionalPolicy:
		return holds(p.parts[0]) || !r.presents(p.parts[0].schemes())
	case securityPolicy, publicPolicy:
	}
	return verdictOf(p.ways(), r).status == http.StatusOK
}
