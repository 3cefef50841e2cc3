package access

import (
	"regexp"
	"strings"
)

// This file reads what functions are called in a table: by their name with
// package path and receiver, "example.org/shop.(*Shop).verify", or as a literal
// by their place, "func literal at shop/main.go:41". Tables of older versions
// have bare names, "verify" and "func3".

const (
	literal   = "func literal"
	literalAt = literal + " at "
)

// Short is a function for people, without the folders of its package:
// "shop.(*Shop).verify".
func Short(id string) string {
	if strings.HasPrefix(id, literal) {
		return id
	}
	return id[strings.LastIndexByte(id, '/')+1:]
}

// Bare is a function's own name: "verify"; "func literal" for a literal.
func Bare(id string) string {
	if strings.HasPrefix(id, literal) || oldLiteral.MatchString(id) {
		return literal
	}
	return id[strings.LastIndexByte(id, '.')+1:]
}

var oldLiteral = regexp.MustCompile(`^(func)?\d+$`)

// lasting is a function as a file names it that is kept for a while: of a
// literal without the line, which moves with every edit above it.
func lasting(id string) string {
	place, ok := strings.CutPrefix(id, literalAt)
	if !ok {
		return id
	}
	if i := strings.LastIndexByte(place, ':'); i >= 0 {
		place = place[:i]
	}
	return literal + " in " + place
}

// isBare reports whether a function is named as older tables do.
func isBare(id string) bool { return !strings.Contains(id, ".") }

// named lists functions by the names that name gives them.
func named(functions []string, name func(string) string) []string {
	var out []string
	for _, one := range functions {
		out = append(out, name(one))
	}
	return out
}

// enumerate is "a, b and c".
func enumerate(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// does is "a accepts" or "a and b accept".
func does(functions []string, one, several string) string {
	if len(functions) > 1 {
		return enumerate(functions) + " " + several
	}
	return enumerate(functions) + " " + one
}

// naming is a short name of each function, or the whole one where two functions
// of the document have the same short one.
func (d Document) naming(short func(function string) string) func(function string) string {
	meant, unclear := map[string]string{}, map[string]bool{}
	for _, one := range d.functions() {
		name := short(one)
		if other, ok := meant[name]; ok && other != one {
			unclear[name] = true
		}
		meant[name] = one
	}
	return func(function string) string {
		if name := short(function); !unclear[name] {
			return name
		}
		return function
	}
}

// functions lists every function that verifies or decides.
func (d Document) functions() []string {
	var out []string
	for _, r := range d.Routes {
		out = append(out, r.functions()...)
	}
	return out
}

func (r Route) functions() []string {
	out := r.deciders()
	for _, scheme := range r.schemes() {
		out = append(out, r.verifiers(scheme)...)
	}
	return out
}
