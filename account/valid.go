package account

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// InvalidError is a value that breaks a rule.
type InvalidError struct {
	Field  string // as in "name"
	Reason string // as in "is empty", to be read after the field
}

func (e *InvalidError) Error() string { return e.Field + " " + e.Reason }

const (
	maxScopes = 200
	maxScope  = 128
)

// checkScopes looks at scopes that are to be kept.
func checkScopes(field string, scopes []string) error {
	if len(scopes) > maxScopes {
		return &InvalidError{field, "contains more than 200 scopes"}
	}
	for _, scope := range scopes {
		if !validScope(scope) {
			return &InvalidError{field, "contains the malformed scope " + quote(scope)}
		}
	}
	return nil
}

// validScope reports whether text is a scope-token (RFC 6749 section 3.3).
func validScope(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return text != "" && len(text) <= maxScope
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func quote(text string) string { return strconv.QuoteToASCII(text) }

// sorted is a list in order, each text once, as stores keep it.
func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
