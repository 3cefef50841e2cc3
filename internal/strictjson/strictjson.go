// Package strictjson reads JSON about which no two parsers can disagree: valid
// UTF-8, no duplicate members, bounded depth, nothing after the value. What
// [Check] accepts may be given to encoding/json; [Object] reads the members of
// an object in place, without decoding what is not asked for.
package strictjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a text, and at which byte.
type Error struct {
	Offset int
	Reason string
}

// Error is the reason and the offset.
func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// Check returns nil if data is one JSON value (RFC 8259) whose arrays and
// objects nest at most maxDepth deep, and an *Error otherwise.
func Check(data []byte, maxDepth int) error {
	s := scanner{text: string(data), depth: maxDepth}
	if !s.start() || !s.value() || !s.end() {
		return s.err
	}
	return nil
}

// scanner goes through a text from the left. Its methods return false when
// they have set err. It is used by value on the stack: nothing it calls is an
// interface, so that reading a token allocates nothing.
type scanner struct {
	text    string
	pos     int
	depth   int  // how much deeper the next value may nest
	escaped bool // the string last consumed has escapes
	err     *Error
}

func (s *scanner) fail(reason string) bool {
	s.err = &Error{s.pos, reason}
	return false
}

// unexpected is for a byte that cannot stand here, or for the text's end.
func (s *scanner) unexpected() bool {
	if s.pos >= len(s.text) {
		return s.fail("unexpected end")
	}
	return s.fail("invalid character")
}

func (s *scanner) start() bool {
	if !utf8.ValidString(s.text) {
		return s.fail("invalid UTF-8")
	}
	return true
}

// end makes sure that nothing but white space is left.
func (s *scanner) end() bool {
	if s.space(); s.pos < len(s.text) {
		return s.fail("text after the value")
	}
	return true
}

// space skips white space.
func (s *scanner) space() {
	for ; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
		default:
			return
		}
	}
}

// next skips white space and returns the byte behind it, or 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.pos >= len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

// value consumes one value.
func (s *scanner) value() bool {
	switch c := s.next(); {
	case c == '{':
		return s.object()
	case c == '[':
		return s.array()
	case c == '"':
		_, ok := s.str()
		return ok
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.unexpected()
}

func (s *scanner) word(word string) bool {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return s.unexpected() // where the word begins: it is no value
	}
	s.pos += len(word)
	return true
}

// number consumes a number as RFC 8259 section 6 writes it. One beyond float64
// is wrong: some parsers make it infinite, some refuse it.
func (s *scanner) number() bool {
	from := s.pos
	if s.text[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		if s.pos++; !s.digits() {
			return false
		}
	}
	huge := s.pos-from > 300
	if s.pos < len(s.text) && s.text[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		if !s.digits() {
			return false
		}
		huge = true // perhaps
	}
	if huge {
		if _, err := strconv.ParseFloat(s.text[from:s.pos], 64); err != nil {
			return s.fail("number out of range")
		}
	}
	return true
}

// digits consumes one digit or more.
func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9' {
		s.pos++
	}
	if s.pos == from {
		return s.unexpected()
	}
	return true
}

func (s *scanner) down() bool {
	s.pos++
	if s.depth--; s.depth < 0 {
		return s.fail("nested too deep")
	}
	return true
}

func (s *scanner) array() bool {
	if !s.down() {
		return false
	}
	if s.next() == ']' {
		s.pos++
		s.depth++
		return true
	}
	for {
		if !s.value() {
			return false
		}
		switch s.next() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			s.depth++
			return true
		default:
			return s.unexpected()
		}
	}
}

func (s *scanner) object() bool {
	if !s.down() {
		return false
	}
	var seen names
	for first := true; ; first = false {
		name, more := s.member(first)
		switch {
		case s.err != nil:
			return false
		case !more:
			return true
		case !seen.add(name):
			return s.fail("duplicate member")
		case !s.colon() || !s.value():
			return false
		}
	}
}

// member consumes what stands before a member, and its name; or the brace that
// closes the object, with more false.
func (s *scanner) member(first bool) (name string, more bool) {
	switch c := s.next(); {
	case c == '}':
		s.pos++
		s.depth++
		return "", false
	case first:
	case c != ',':
		return "", s.unexpected()
	default:
		s.pos++
	}
	if s.next() != '"' {
		return "", s.unexpected()
	}
	raw, ok := s.str()
	if !ok {
		return "", false
	}
	if !s.escaped {
		return raw[1 : len(raw)-1], true
	}
	return unquote(raw), true
}

func (s *scanner) colon() bool {
	if s.next() != ':' {
		return s.unexpected()
	}
	s.pos++
	return true
}
