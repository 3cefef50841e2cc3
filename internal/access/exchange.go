package access

import (
	"maps"
	"slices"
	"strings"
)

// This file compares the functions that verify and decide in two tables of a
// route, and makes tables comparable that do not say as much as each other.

// exchange is which functions of a route stand for others in a later table.
type exchange struct {
	verifiers map[string]replacement // by scheme
	deciders  replacement
}

// replacement are functions that came, in place of those that are gone.
type replacement struct{ came, gone []string }

// exchangedBetween finds what was exchanged. A function that verifies because
// it takes the credential for itself decides, too; it is told once.
func exchangedBetween(was, now Route) exchange {
	x := exchange{verifiers: map[string]replacement{}}
	var told []string
	for _, scheme := range sorted(slices.Concat(was.schemes(), now.schemes())) {
		one := replacementOf(was.verifiers(scheme), now.verifiers(scheme))
		if one.any() {
			x.verifiers[scheme] = one
			told = slices.Concat(told, one.came, one.gone)
		}
	}
	x.deciders = replacementOf(without(was.deciders(), told), without(now.deciders(), told))
	return x
}

// replacementOf is what stands for what; nothing if functions only came or only
// went, which is no replacement.
func replacementOf(was, now []string) replacement {
	r := replacement{without(sorted(now), was), without(sorted(was), now)}
	if !r.any() {
		return replacement{}
	}
	return r
}

func (r replacement) any() bool { return len(r.came) > 0 && len(r.gone) > 0 }

func (r replacement) words(what string) string {
	by := "another function"
	if len(r.came) > 1 {
		by = "other functions"
	}
	return "is " + what + " by " + by + ": " + enumerate(r.came) + " instead of " + enumerate(r.gone)
}

// words says each replacement.
func (x exchange) words() []string {
	var out []string
	for _, scheme := range slices.Sorted(maps.Keys(x.verifiers)) {
		out = append(out, x.verifiers[scheme].words("verified"))
	}
	if x.deciders.any() {
		out = append(out, x.deciders.words("decided"))
	}
	return out
}

// erase is the route without the functions that were exchanged, so that what
// else changed can be told.
func (x exchange) erase(r Route) Route {
	told := slices.Concat(x.deciders.came, x.deciders.gone)
	for _, one := range x.verifiers {
		told = slices.Concat(told, one.came, one.gone)
	}
	return r.edited(func(w *Way) {
		w.Deciders = without(w.Deciders, told)
		for i := range w.Credentials {
			c := &w.Credentials[i]
			one := x.verifiers[c.Scheme]
			c.VerifiedBy = without(c.VerifiedBy, slices.Concat(one.came, one.gone))
		}
	})
}

// level makes two tables of a route comparable when one does not say who
// verifies, or has only the bare names of functions, as older tables do. unsaid
// is what cannot be compared then.
func level(was, now Route) (a, b Route, unsaid []string) {
	for _, scheme := range sorted(slices.Concat(was.schemes(), now.schemes())) {
		if was.says(scheme) && now.says(scheme) {
			continue
		}
		unsaid = append(unsaid, "who verifies credentials of "+scheme+" (not both tables say)")
		was, now = was.withoutVerifiersOf(scheme), now.withoutVerifiersOf(scheme)
	}
	if was.bare() || now.bare() {
		unsaid = append(unsaid, "the packages of functions that decide (not both tables have them)")
		was, now = was.bared(), now.bared()
	}
	return was, now, unsaid
}

// says reports whether the table says who verifies a scheme's credentials.
func (r Route) says(scheme string) bool {
	for _, w := range r.Ways {
		for _, c := range w.Credentials {
			if c.Scheme == scheme && !c.Unverified && len(c.VerifiedBy) == 0 {
				return false
			}
		}
	}
	return true
}

// bare reports whether functions have bare names.
func (r Route) bare() bool {
	return slices.ContainsFunc(slices.Concat(r.deciders(), r.trusting()), isBare)
}

// bared is the route with bare names.
func (r Route) bared() Route {
	return r.edited(func(w *Way) {
		w.Deciders = bareNames(w.Deciders)
		for i := range w.Credentials {
			c := &w.Credentials[i]
			c.CheckedBy = strings.Join(bareNames(strings.Split(c.CheckedBy, " and ")), " and ")
		}
	})
}

// bareNames are the bare names of functions, each once, but of literals as
// many as there are.
func bareNames(functions []string) []string {
	var out []string
	for _, one := range unique(functions) {
		if name := Bare(one); name == literal || !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// withoutVerifiers is the route as if every function verified alike.
func (r Route) withoutVerifiers() Route {
	for _, scheme := range r.schemes() {
		r = r.withoutVerifiersOf(scheme)
	}
	return r
}

func (r Route) withoutVerifiersOf(scheme string) Route {
	return r.edited(func(w *Way) {
		for i := range w.Credentials {
			if c := &w.Credentials[i]; c.Scheme == scheme {
				c.VerifiedBy = nil
			}
		}
	})
}

// edited is a copy of the route with its ways changed.
func (r Route) edited(edit func(*Way)) Route {
	r.Ways = slices.Clone(r.Ways)
	for i := range r.Ways {
		w := &r.Ways[i]
		w.Credentials = slices.Clone(w.Credentials)
		edit(w)
	}
	return r
}

// schemes lists the schemes of which the route needs credentials.
func (r Route) schemes() []string {
	var out []string
	for _, w := range r.Ways {
		for _, c := range w.Credentials {
			if c.Scheme != "" {
				out = append(out, c.Scheme)
			}
		}
	}
	return unique(out)
}

// verifiers lists who verifies a scheme's credentials in some way in.
func (r Route) verifiers(scheme string) []string {
	var out []string
	for _, w := range r.Ways {
		for _, c := range w.Credentials {
			if c.Scheme == scheme {
				out = append(out, c.VerifiedBy...)
			}
		}
	}
	return unique(out)
}

// deciders lists the functions that decide in some way in.
func (r Route) deciders() []string {
	var out []string
	for _, w := range r.Ways {
		out = append(out, w.Deciders...)
	}
	return unique(out)
}
