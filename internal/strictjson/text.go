package strictjson

import (
	"strings"
	"unicode/utf16"
)

// str consumes a string and returns it with its quotes, and whether it has
// escapes in s.escaped.
func (s *scanner) str() (raw string, ok bool) {
	from := s.pos
	s.pos++
	s.escaped = false
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return s.text[from:s.pos], true
		case c == '\\':
			if s.escaped = true; !s.escape() {
				return "", false
			}
		case c < ' ':
			return "", s.fail("control character in a string")
		default:
			s.pos++
		}
	}
	return "", s.unexpected()
}

// escape consumes an escape. A \uD800-\uDFFF that is not half of a pair is
// wrong: encoding/json would replace it silently.
func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.text) {
		s.pos = len(s.text)
		return s.unexpected()
	}
	if strings.IndexByte(`"\/bfnrt`, s.text[s.pos+1]) >= 0 {
		s.pos += 2
		return true
	}
	unit, ok := hex4(s.text[s.pos:])
	switch {
	case !ok:
		return s.fail("invalid escape")
	case unit>>10 == 0xD800>>10:
		low, ok := hex4(s.text[s.pos+6:])
		if !ok || low>>10 != 0xDC00>>10 {
			return s.fail("a surrogate without its partner")
		}
		s.pos += 6
	case unit>>10 == 0xDC00>>10:
		return s.fail("a surrogate without its partner")
	}
	s.pos += 6
	return true
}

// hex4 reads the \uXXXX at the beginning of a text.
func hex4(text string) (unit uint16, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for i := 2; i < 6; i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			unit = unit<<4 | uint16(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | uint16(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

// unquote returns what a string means that str has consumed. Without escapes
// it is a part of the text.
func unquote(raw string) string {
	inner := raw[1 : len(raw)-1]
	at := strings.IndexByte(inner, '\\')
	if at < 0 {
		return inner
	}
	var out strings.Builder
	for ; at >= 0; at = strings.IndexByte(inner, '\\') {
		out.WriteString(inner[:at])
		r, size := unescape(inner[at:])
		out.WriteRune(r)
		inner = inner[at+size:]
	}
	out.WriteString(inner)
	return out.String()
}

func unescape(text string) (r rune, size int) {
	switch text[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		unit, _ := hex4(text)
		if r = rune(unit); !utf16.IsSurrogate(r) {
			return r, 6
		}
		low, _ := hex4(text[6:])
		return utf16.DecodeRune(r, rune(low)), 12
	}
	return rune(text[1]), 2 // a quote or a slash
}

// fold reports whether a name differs from an ASCII one at most in case, as
// encoding/json compares them: "ſ" is an s, "K" (the Kelvin sign) a k. Those
// two make a name longer, nothing makes it shorter, so that most are told apart
// by their lengths.
func fold(name, ascii string) bool {
	return len(name) >= len(ascii) && len(name) <= 3*len(ascii) && strings.EqualFold(name, ascii)
}
