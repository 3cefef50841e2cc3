// Package strictjson checks that bytes are one JSON value about which no two
// parsers can disagree: valid UTF-8, no duplicate members, bounded depth,
// nothing after the value. What it accepts may be given to encoding/json.
package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	if !utf8.Valid(data) {
		return &Error{0, "invalid UTF-8"}
	}
	if at := loneSurrogate(data); at >= 0 {
		return &Error{at, "a surrogate without its partner"}
	}
	c := checker{dec: json.NewDecoder(strings.NewReader(string(data))), depth: maxDepth}
	if err := c.value(); err != nil {
		return c.error(err)
	}
	if _, err := c.dec.Token(); !errors.Is(err, io.EOF) {
		return &Error{int(c.dec.InputOffset()), "text after the value"}
	}
	return nil
}

type checker struct {
	dec   *json.Decoder
	depth int
}

func (c *checker) error(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	reason := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "unexpected end"
	}
	return &Error{int(c.dec.InputOffset()), reason}
}

// value consumes one value.
func (c *checker) value() error {
	token, err := c.dec.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if c.depth--; c.depth < 0 {
		return &Error{int(c.dec.InputOffset()), "nested too deep"}
	}
	if open == '{' {
		err = c.members()
	} else {
		err = c.elements()
	}
	c.depth++
	if err != nil {
		return err
	}
	_, err = c.dec.Token() // the closing delimiter
	return err
}

func (c *checker) members() error {
	seen := map[string]bool{}
	for c.dec.More() {
		token, err := c.dec.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return &Error{int(c.dec.InputOffset()), "a member without a name"}
		}
		if seen[name] {
			return &Error{int(c.dec.InputOffset()), "duplicate member"}
		}
		seen[name] = true
		if err := c.value(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) elements() error {
	for c.dec.More() {
		if err := c.value(); err != nil {
			return err
		}
	}
	return nil
}

// loneSurrogate returns the offset of a \uD800-\uDFFF escape that is not half
// of a pair, or -1. encoding/json would replace it silently.
func loneSurrogate(data []byte) int {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit, ok := escape(data, i)
		switch {
		case !ok:
			i++ // the escaped byte, which may be another backslash
		case unit>>10 == 0xD800>>10:
			low, ok := escape(data, i+6)
			if !ok || low>>10 != 0xDC00>>10 {
				return i
			}
			i += 11
		case unit>>10 == 0xDC00>>10:
			return i
		default:
			i += 5
		}
	}
	return -1
}

// escape reads a \uXXXX escape at data[i:].
func escape(data []byte, i int) (unit uint16, ok bool) {
	if len(data) < i+6 || data[i] != '\\' || data[i+1] != 'u' {
		return 0, false
	}
	for _, c := range data[i+2 : i+6] {
		switch {
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
