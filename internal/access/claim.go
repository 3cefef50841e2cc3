package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// claim is a sentence about routes that is true or not:
//
//	only role admin may call DELETE /users/*
//	nothing under /admin without role admin
//	no route is open to scope me alone but GET /users/me, POST /logout
//	role manager may call GET /users
//	role manager may not call DELETE /*
//
// Who is "role NAME", "scope NAME", "signed in" or "anyone", joined by "and"
// and "or" with "and" binding closer. A route is a method, which may be left
// out, and a path in which * stands for one segment, and at the end for all
// that are left. Routes are joined by commas; "but" takes some out.
type claim struct {
	text   string
	kind   claimKind
	who    []terms // any of these
	routes []shape
	but    []shape
	under  bool // the routes are pairs: a path, and all below it
}

type claimKind uint8

const (
	only    claimKind = iota // no other caller may call
	alone                    // with that alone, no caller may call
	mayCall                  // they may call every one
	mayNot                   // they may call none
)

// terms must all hold.
type terms []term

type term struct{ kind, name string } // role, scope, "signed in", "anyone"

// shape matches routes.
type shape struct {
	method string // "" for any
	parts  []string
	below  bool // the last * takes all that is left
	text   string
}

// parseClaim reads a sentence.
func parseClaim(text string) (claim, error) {
	c := claim{text: text}
	words := strings.Fields(strings.NewReplacer(",", " , ", "(", " ( ", ")", " ) ").Replace(text))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "." })
	rest, but, hasBut := cutWord(words, "but")
	var err error
	if hasBut {
		if c.but, err = parseShapes(but); err != nil {
			return c, c.wrong(err)
		}
	}
	var who, routes []string
	switch {
	case starts(rest, "only"):
		c.kind = only
		who, routes, err = around(rest[1:], "may", "call")
	case starts(rest, "nothing", "under"):
		c.kind = only
		routes, who, err = around(rest[2:], "without")
		c.under = true
	case starts(rest, "no", "route", "is", "open", "to"):
		c.kind, routes = alone, []string{"/*"}
		who, _, err = around(rest[5:], "alone")
	default:
		c.kind = mayNot
		if who, routes, err = around(rest, "may", "not", "call"); err != nil {
			c.kind = mayCall
			who, routes, err = around(rest, "may", "call")
		}
	}
	if err != nil {
		return c, c.wrong(errUnknownClaim)
	}
	if c.who, err = parseWho(who); err != nil {
		return c, c.wrong(err)
	}
	if c.routes, err = parseShapes(routes); err == nil && c.under {
		c.routes, err = withBelow(c.routes)
	}
	if err != nil {
		return c, c.wrong(err)
	}
	return c, nil
}

// withBelow are the shapes of paths and of all that is below them.
func withBelow(list []shape) ([]shape, error) {
	var out []shape
	for _, s := range list {
		text := strings.TrimSuffix(strings.TrimSuffix(s.text, "/*"), "/") + "/*"
		below, err := parseShapes(strings.Fields(text))
		if err != nil {
			return nil, err
		}
		out = append(append(out, s), below...)
	}
	return out, nil
}

var errUnknownClaim = errors.New(`say "only WHO may call ROUTES", "nothing under PATH without WHO", "no route is open to WHO alone", "WHO may call ROUTES" or "WHO may not call ROUTES", and "but ROUTES" behind any of them`)

func (c claim) wrong(err error) error { return fmt.Errorf("claim %q: %w", c.text, err) }

func starts(words []string, with ...string) bool {
	return len(words) >= len(with) && slices.Equal(words[:len(with)], with)
}

func cutWord(words []string, word string) (before, after []string, ok bool) {
	i := slices.Index(words, word)
	if i < 0 {
		return words, nil, false
	}
	return words[:i], words[i+1:], true
}

// around cuts words at a phrase.
func around(words []string, phrase ...string) (before, after []string, err error) {
	for i := range words {
		if starts(words[i:], phrase...) {
			return words[:i], words[i+len(phrase):], nil
		}
	}
	return nil, nil, errUnknownClaim
}

// parseWho reads an OR of ANDs.
func parseWho(words []string) ([]terms, error) {
	out := []terms{nil}
	for len(words) > 0 {
		t, n, err := parseTerm(words)
		if err != nil {
			return nil, err
		}
		last := len(out) - 1
		out[last] = append(out[last], t)
		if words = words[n:]; len(words) == 0 {
			return out, nil
		}
		switch words[0] {
		case "and":
		case "or":
			out = append(out, nil)
		default:
			return nil, fmt.Errorf(`%q: between two conditions stands "and" or "or"`, words[0])
		}
		words = words[1:]
	}
	return nil, errors.New(`who is "role NAME", "scope NAME", "signed in" or "anyone"`)
}

func parseTerm(words []string) (t term, used int, err error) {
	switch {
	case words[0] == "anyone":
		return term{kind: "anyone"}, 1, nil
	case starts(words, "signed", "in"), starts(words, "a", "credential"):
		return term{kind: "signed in"}, 2, nil
	case len(words) > 1 && (words[0] == "role" || words[0] == "scope"):
		return term{words[0], words[1]}, 2, nil
	}
	return term{}, 0, fmt.Errorf(`%q: who is "role NAME", "scope NAME", "signed in" or "anyone"`, words[0])
}

func parseShapes(words []string) ([]shape, error) {
	var out []shape
	for len(words) > 0 {
		one, rest, _ := cutWord(words, ",")
		s, err := parseShape(one)
		if err != nil {
			return nil, err
		}
		out, words = append(out, s), rest
	}
	if len(out) == 0 {
		return nil, errors.New("it names no route")
	}
	return out, nil
}

func parseShape(words []string) (shape, error) {
	s := shape{text: strings.Join(words, " ")}
	switch {
	case len(words) == 2:
		if s.method = words[0]; s.method == "*" {
			s.method = ""
		}
		words = words[1:]
	case len(words) != 1:
		return s, fmt.Errorf("%q: a route is a method, which may be left out, and a path", s.text)
	}
	if words[0] == "*" {
		words = []string{"/*"}
	}
	if !strings.HasPrefix(words[0], "/") || s.method != strings.ToUpper(s.method) {
		return s, fmt.Errorf("%q: a route is a method in upper case, which may be left out, and a path", s.text)
	}
	s.parts = strings.Split(words[0], "/")[1:]
	if last := len(s.parts) - 1; s.parts[last] == "*" {
		s.parts, s.below = s.parts[:last], true
	}
	return s, nil
}

// reaches reports whether the route serves requests of the shape: it has the
// shape, or is for all methods and all paths below one, and the shape is there.
// A shape of one request that has a route of its own is served by that alone.
func (s shape) reaches(d Document, r Route) bool {
	if s.matches(r) {
		return true
	}
	prefix, mounted := strings.CutSuffix(r.Path, "{rest...}")
	if !mounted || r.Method != anyMethod {
		return false
	}
	if one := s.method != "" && !s.below && !slices.Contains(s.parts, "*"); one && slices.ContainsFunc(d.Routes, s.matches) {
		return false
	}
	parts := strings.Split(strings.Trim(prefix, "/"), "/")
	if prefix == "/" {
		parts = nil
	}
	for i, part := range parts {
		switch {
		case i >= len(s.parts):
			return s.below
		case s.parts[i] != "*" && s.parts[i] != part && !strings.HasPrefix(part, "{"):
			return false
		}
	}
	return s.below || len(s.parts) > len(parts)
}

// matches reports whether the route has the shape.
func (s shape) matches(r Route) bool {
	if s.method != "" && s.method != r.Method {
		return false
	}
	parts := strings.Split(r.Path, "/")[1:]
	if len(parts) < len(s.parts) || !s.below && len(parts) != len(s.parts) || s.below && len(parts) == len(s.parts) {
		return false
	}
	for i, want := range s.parts {
		if want != "*" && want != parts[i] {
			return false
		}
	}
	return true
}
