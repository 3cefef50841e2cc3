package plan

import "strings"

// Challenges are what a way says to a caller without a good credential of a
// scheme: values of WWW-Authenticate. They are made at the start,
// so that a refusal only sends them.
type Challenges struct {
	Missing string // nothing was presented
	Invalid string // what was presented is not good
	Lacking string // it is good, and lacks a scope

	// Kind is the same for challenges of which a caller who presented nothing needs
	// one, however many ways there are in.
	Kind string
}

// Challenge makes the challenges of every way. metadata is the address of the
// metadata of the resource (RFC 9728 section 5.1). With it, bearer challenges
// name that and all scopes that the way wants of the credential, so that a client
// asks for the right ones at once. Without it ("") they are as FastAPI's are, but for the realm:
// scopes are named to those who lack one.
func (p *Plan) Challenge(metadata string) {
	first := map[*Scheme]Challenges{}
	for i := range p.Ways {
		way := &p.Ways[i]
		for j := range way.Schemes {
			one := &way.Schemes[j]
			one.Says = one.challenges(metadata)
			way.say(one.Scheme, one.Says)
			if _, ok := first[one.Scheme]; !ok {
				first[one.Scheme] = one.Says
			}
		}
	}
	for i := range p.Ways {
		for _, s := range p.Ways[i].Absent {
			says, ok := first[s]
			if !ok {
				says = SchemeScopes{Scheme: s}.challenges(metadata)
			}
			p.Ways[i].say(s, says)
		}
	}
}

// say gives the steps of a way that are about a scheme its challenges.
func (w *PlannedWay) say(of *Scheme, says Challenges) {
	for i := range w.Steps {
		if w.Steps[i].Node.Scheme == of {
			w.Steps[i].Says = says
		}
	}
}

func (s SchemeScopes) challenges(metadata string) Challenges {
	word := s.Scheme.Challenge
	if !s.Scheme.Bearer { // which has no such parameters
		return Challenges{word, word, word, word}
	}
	scope := ""
	if len(s.Scopes) > 0 {
		scope = `scope="` + s.Scopes.String() + `"`
	}
	if metadata == "" {
		bare := word + s.Scheme.Realm
		return Challenges{bare, bearer(word, `error="invalid_token"`), bearer(word, `error="insufficient_scope"`, scope), bare}
	}
	metadata = `resource_metadata="` + metadata + `"`
	return Challenges{
		Missing: bearer(word, scope, metadata),
		Invalid: bearer(word, `error="invalid_token"`, scope, metadata),
		Lacking: bearer(word, `error="insufficient_scope"`, scope, metadata),
		Kind:    word, // clients read the first of the bearer challenges
	}
}

// bearer is a challenge with those of the parameters that are there (RFC 6750
// section 3).
func bearer(word string, parameters ...string) string {
	var list []string
	for _, one := range parameters {
		if one != "" {
			list = append(list, one)
		}
	}
	return word + " " + strings.Join(list, ", ")
}
