package access

import (
	"fmt"
	"slices"
	"strings"
)

// atom is one thing that a caller holds or not: "credential OAuth2",
// "scope items", "role admin", "decider checkActive". A scope carries its
// scheme behind a NUL, so that two schemes' scopes of one name differ.
type atom string

const schemeMark = "\x00"

// presentedAtom is a credential of a scheme that may be good or not.
func presentedAtom(scheme string) atom   { return atom("presented " + scheme) }
func credentialAtom(scheme string) atom  { return atom("credential " + scheme) }
func scopeAtom(scheme, name string) atom { return atom("scope " + name + schemeMark + scheme) }
func roleAtom(name string) atom          { return atom("role " + name) }
func deciderAtom(name string) atom       { return atom("decider " + name) }

// words is the atom for people.
func (a atom) words() string {
	text, _, _ := strings.Cut(string(a), schemeMark)
	switch kind, name, _ := strings.Cut(text, " "); kind {
	case "credential":
		return "a credential of " + name
	case "presented":
		return "anything that is presented as " + name
	case "decider":
		return "the consent of " + name
	}
	return text
}

// kind is the first word: credential, scope, role, decider.
func (a atom) kind() string {
	kind, _, _ := strings.Cut(string(a), " ")
	return kind
}

// name is the atom without its kind and scheme.
func (a atom) name() string {
	text, _, _ := strings.Cut(string(a), schemeMark)
	_, name, _ := strings.Cut(text, " ")
	return name
}

// holder is what a caller holds: a set of atoms, with everything that they
// imply.
type holder map[atom]bool

// words is the holder for people, least first.
func (h holder) words() string {
	var credentials, rest []string
	scopedOrRoled := false
	for a := range h {
		switch a.kind() {
		case "credential":
			credentials = append(credentials, a.words())
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
	if !scopedOrRoled && len(credentials) == 1 {
		rest = append(rest, credentials...)
	} else if len(credentials) > 1 {
		rest = append(rest, credentials...)
	}
	if len(rest) == 0 {
		return "somebody without any credential"
	}
	slices.Sort(rest)
	return "somebody with " + strings.Join(rest, ", ")
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

// least lists the least holders whom the route lets in: each way with each
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
		}
		for _, s := range c.Scopes {
			h[scopeAtom(c.Scheme, s)] = true
		}
	}
	for _, d := range w.Deciders {
		h[deciderAtom(d)] = true
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

// Looser returns words for the least caller whom r lets in and other does not,
// and false if there is none. It is exact, because a caller with more than
// the least one is let in by other if the least one is, unless other asks for
// the absence of a credential; for that the least callers are tried with
// something presented beside theirs, too.
func (r Route) Looser(other Route) (who string, ok bool, err error) {
	h, ok, err := r.looser(other)
	if !ok || err != nil {
		return "", false, err
	}
	return h.words(), true, nil
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
