package password

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Policy says which passwords may be set, as NIST SP 800-63B-4 section 3.1.1.2
// has it: length counts, common passwords are refused, and there are no rules
// about kinds of characters. The zero Policy is the recommended one for
// passwords that are the only factor. It says nothing about passwords that are
// verified.
type Policy struct {
	MinLength int      // code points; 15 if zero, never less than 8
	MaxBytes  int      // 1024 if zero, never more than MaxLength
	Forbidden []string // words that no password may contain, as the product's name

	// Breached knows passwords that were found in breaches of other services, as a
	// breached.Filter does; none if nil. Where it cannot be asked, no password passes.
	Breached Breached
}

// Breached knows passwords, as they are typed. It is safe for concurrent use.
type Breached interface {
	Has(secret string) (bool, error)
}

// PolicyError says which rule a password breaks. It does not hold the
// password.
type PolicyError struct {
	Reason string // as in "has fewer than 15 characters", to be read after "the password"
}

func (e *PolicyError) Error() string { return "the password " + e.Reason }

const (
	leastLength   = 8
	defaultLength = 15
	defaultBytes  = 1024

	// minWord is how long a word must be to be looked for in passwords: a user
	// called "al" may well have one with these letters.
	minWord = 3
)

// Least is how many characters a password has at least.
func (p Policy) Least() int {
	if p.MinLength == 0 {
		return defaultLength
	}
	return max(leastLength, p.MinLength)
}

// Check returns a *PolicyError for a password that must not be set, and another
// error if Breached cannot be asked. What is
// about the user, such as the name and the e-mail address, must not be in it;
// of an address neither the whole nor what stands before the @.
func (p Policy) Check(secret string, about ...string) error {
	typed := secret
	secret = normal(secret)
	least := p.Least()
	most := min(MaxLength, p.MaxBytes)
	if p.MaxBytes <= 0 {
		most = defaultBytes
	}
	switch {
	case !utf8.ValidString(secret):
		return &PolicyError{"is not UTF-8"}
	case len(secret) > most:
		return &PolicyError{fmt.Sprintf("has more than %d bytes", most)}
	case utf8.RuneCountInString(secret) < least:
		return &PolicyError{fmt.Sprintf("has fewer than %d characters", least)}
	}
	lower := strings.ToLower(secret)
	if common()[unit(lower)] || common()[lower] {
		return &PolicyError{"is one of the most common"}
	}
	for _, word := range p.Forbidden {
		if contains(lower, word) {
			return &PolicyError{"contains the name of the product"}
		}
	}
	for _, word := range about {
		local, _, _ := strings.Cut(word, "@")
		if contains(lower, word) || contains(lower, local) {
			return &PolicyError{"contains the name or the e-mail address"}
		}
	}
	return p.checkBreached(typed, secret)
}

// checkBreached asks for a password in each of its spellings.
func (p Policy) checkBreached(spellings ...string) error {
	if p.Breached == nil {
		return nil
	}
	for _, one := range slices.Compact(spellings) {
		known, err := p.Breached.Has(one)
		if err != nil {
			return fmt.Errorf("password: whether it is known from a breach: %w", err)
		}
		if known {
			return &PolicyError{"is known from a breach of another service"}
		}
	}
	return nil
}

func contains(lower, word string) bool {
	return len(word) >= minWord && strings.Contains(lower, strings.ToLower(word))
}

// unit returns what a text is a repetition of: "password" twice is no better
// than once. The text itself if it is none.
func unit(text string) string {
	if at := strings.Index((text + text)[1:], text); at+1 < len(text) {
		return text[:at+1]
	}
	return text
}

//go:embed common/passwords.txt.gz
var commonList []byte

// common is the list of the most common passwords, in lower case, of eight
// characters and more: see common/README.md.
var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	list, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		panic(err) // it is part of the program
	}
	text, err := io.ReadAll(list)
	if err != nil {
		panic(err) // as above
	}
	for word := range strings.Lines(string(text)) {
		words[strings.TrimSuffix(word, "\n")] = true
	}
	return words
})
