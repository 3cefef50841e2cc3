package access

import (
	"fmt"
	"slices"
	"strings"
)

// atom is one thing that a caller holds or not: "credential OAuth2",
// "scope items", "role admin", "decider shop.checkActive". Behind a NUL stands
// what tells it from others of the same words: of a scope its scheme.
type atom string

const mark = "\x00"

// presentedAtom is a credential of a scheme that may be good or not.
func presentedAtom(scheme string) atom   { return atom("presented " + scheme) }
func credentialAtom(scheme string) atom  { return atom("credential " + scheme) }
func scopeAtom(scheme, name string) atom { return atom("scope " + name + mark + scheme) }
func roleAtom(name string) atom          { return atom("role " + name) }

// verifierAtom is that a function accepts the credential of a scheme, which is
// then a good one. What one function accepts another may refuse.
func verifierAtom(scheme, function string) atom {
	return atom("verifier " + scheme + mark + function)
}

// deciderAtom is the consent of a function; of a function that stands behind
// several dependencies of a way, that of the nth.
func deciderAtom(function string, nth int) atom {
	if nth == 1 {
		return atom("decider " + function)
	}
	return atom(fmt.Sprint("decider ", function, mark, nth))
}

// words is the atom for people.
func (a atom) words() string {
	switch a.kind() {
	case "credential":
		return "a credential of " + a.name()
	case "presented":
		return "anything that is presented as " + a.name()
	case "decider":
		return "the consent of " + a.name()
	}
	text, _, _ := strings.Cut(string(a), mark)
	return text
}

// kind is the first word: credential, verifier, scope, role, decider.
func (a atom) kind() string {
	kind, _, _ := strings.Cut(string(a), " ")
	return kind
}

// name is the atom without its kind and what stands behind the mark.
func (a atom) name() string {
	text, _, _ := strings.Cut(string(a), mark)
	_, name, _ := strings.Cut(text, " ")
	return name
}

// holder is what a caller holds: a set of atoms, with everything that they
// imply.
type holder map[atom]bool

// words is the holder for people, least first, without who verifies.
func (h holder) words() string { return h.saying(nil) }

// verifiedWords is words with who verifies.
func (h holder) verifiedWords() string {
	accepted := map[string][]string{}
	for a := range h {
		if a.kind() == "verifier" {
			_, function, _ := strings.Cut(string(a), mark)
			accepted[a.name()] = append(accepted[a.name()], function)
		}
	}
	return h.saying(accepted)
}

// saying is the holder in words, with the functions that accept a credential,
// by scheme.
func (h holder) saying(accepted map[string][]string) string {
	var credentials, rest []string
	scopedOrRoled := false
	for a := range h {
		switch a.kind() {
		case "verifier":
		case "credential":
			if by := accepted[a.name()]; len(by) > 0 {
				rest = append(rest, a.words()+" that "+does(sorted(by), "accepts", "accept"))
			} else {
				credentials = append(credentials, a.words())
			}
		case "presented":
			if !h[credentialAtom(a.name())] {
				rest = append(rest, a.words())
			}
		case "scope", "role":
			scopedOrRoled = true
			rest = append(rest, a.words())
		default:
			rest = append(rest, a.words())
		}
	}
	if !scopedOrRoled && len(credentials) == 1 || len(credentials) > 1 {
		rest = append(rest, credentials...)
	}
	if len(rest) == 0 {
		return "somebody without any credential"
	}
	return "somebody with " + strings.Join(sorted(rest), ", ")
}

// size counts what the holder would have to be given.
func (h holder) size() int { return len(h) }

func (h holder) within(other holder) bool {
	for a := range h {
		if !other[a] {
			return false
		}
	}
	return true
}

// tooMany bounds the ways in which roles can be combined in one route.
const tooMany = 4096

// least lists the least holders that the route lets in: each way with each
// choice of its roles, without those that hold all of another.
func (r Route) least() ([]holder, error) {
	var out []holder
	for _, w := range r.Ways {
		found, err := w.least()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.At(), err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func (w Way) least() ([]holder, error) {
	out := []holder{w.fixed()}
	for _, roles := range w.Roles {
		var next []holder
		for _, h := range out {
			for _, role := range choices(h, roles) {
				more := holder{roleAtom(role): true}
				for a := range h {
					more[a] = true
				}
				next = append(next, more)
			}
		}
		if out = next; len(out) > tooMany {
			return nil, fmt.Errorf("its roles can be combined in more than %d ways, which is more than is decided here", tooMany)
		}
	}
	return out, nil
}

// choices are the roles that a holder may be given for a list of which it
// needs one: none other when it has one already.
func choices(h holder, roles []string) []string {
	for _, role := range roles {
		if h[roleAtom(role)] {
			return []string{role}
		}
	}
	return roles
}

// fixed is what a way needs whatever roles are chosen.
func (w Way) fixed() holder {
	h := holder{}
	for _, c := range w.Credentials {
		if c.Scheme != "" {
			h[presentedAtom(c.Scheme)] = true
		}
		if c.Scheme != "" && !c.Unverified {
			h[credentialAtom(c.Scheme)] = true
			for _, function := range c.VerifiedBy {
				h[verifierAtom(c.Scheme, function)] = true
			}
		}
		for _, s := range c.Scopes {
			h[scopeAtom(c.Scheme, s)] = true
		}
	}
	times := map[string]int{}
	for _, d := range w.Deciders {
		times[d]++
		h[deciderAtom(d, times[d])] = true
	}
	return h
}

// lets reports whether the way lets the holder in.
func (w Way) lets(h holder) bool {
	for _, scheme := range w.Absent {
		if h[presentedAtom(scheme)] {
			return false
		}
	}
	for _, roles := range w.Roles {
		if !slices.ContainsFunc(roles, func(role string) bool { return h[roleAtom(role)] }) {
			return false
		}
	}
	return w.fixed().within(h)
}

// lets reports whether the route lets the holder in.
func (r Route) lets(h holder) bool {
	return slices.ContainsFunc(r.Ways, func(w Way) bool { return w.lets(h) })
}

// Looser returns words for the least caller that r lets in and other does not,
// and false if there is none. It is exact, because a caller with more than
// the least one is let in by other if the least one is, unless other asks for
// the absence of a credential; for that the least callers are tried with
// something presented beside theirs, too.
//
// A caller who is let in by r alone because another function verifies is told
// only if there is none who could be told without that.
func (r Route) Looser(other Route) (who string, ok bool, err error) {
	for _, pair := range []struct {
		r, other Route
		words    func(holder) string
	}{
		{r.withoutVerifiers(), other.withoutVerifiers(), holder.words},
		{r, other, holder.verifiedWords},
	} {
		h, ok, err := pair.r.looser(pair.other)
		if err != nil {
			return "", false, err
		}
		if ok {
			return pair.words(h), true, nil
		}
	}
	return "", false, nil
}

func (r Route) looser(other Route) (holder, bool, error) {
	var best holder
	for _, w := range r.Ways {
		found, err := w.least()
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", r.At(), err)
		}
		for _, h := range found {
			for _, try := range h.besides(w, other) {
				if w.lets(try) && !other.lets(try) && (best == nil || try.before(best)) {
					best = try
				}
			}
		}
	}
	return best, best != nil, nil
}

// besides is the holder alone, and with credentials whose absence the other
// route asks for.
func (h holder) besides(own Way, other Route) []holder {
	out := []holder{h}
	var asked []string
	for _, w := range other.Ways {
		asked = append(asked, w.Absent...)
	}
	for _, scheme := range sorted(asked) {
		if h[presentedAtom(scheme)] || slices.Contains(own.Absent, scheme) {
			continue
		}
		for _, have := range out {
			more := holder{presentedAtom(scheme): true}
			for a := range have {
				more[a] = true
			}
			out = append(out, more)
		}
		if len(out) > tooMany {
			break
		}
	}
	return out
}

// before orders holders by size, then by words, so that the smallest
// counterexample is always the same one.
func (h holder) before(other holder) bool {
	if h.size() != other.size() {
		return h.size() < other.size()
	}
	return h.words() < other.words()
}
