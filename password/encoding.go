package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// malformed makes an error that says what is wrong, without the hash.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// tooCostly makes an error that names the number that is over the bound.
func tooCostly(what string, got, bound int) error {
	return fmt.Errorf("%w: %s %d, at most %d", ErrTooCostly, what, got, bound)
}

// number reads a decimal as those who write hashes write it: no sign, no
// blank, no leading zero. What does not fit nine digits is too big for any
// use and comes out as such.
func number(what, text string) (int, error) {
	if text == "" || len(text) > 1 && text[0] == '0' {
		return 0, malformed("%s is no plain number", what)
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, malformed("%s is no plain number", what)
		}
		n = min(n*10+int(c-'0'), 1<<40)
	}
	return n, nil
}

// named reads key=number.
func named(key, text string) (int, error) {
	value, ok := strings.CutPrefix(text, key+"=")
	if !ok {
		return 0, malformed("%s= is missing", key)
	}
	return number(key, value)
}

var (
	// adapted is Passlib's base64: no padding, and a dot for the plus.
	adapted = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

	// crypt64 is the alphabet of bcrypt, and of no other.
	crypt64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
)

// unbase64 decodes without the line breaks that encoding/base64 skips.
func unbase64(e *base64.Encoding, what, text string) ([]byte, error) {
	data, err := e.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, malformed("the %s is no base64", what)
	}
	return data, nil
}

// unadapted decodes Passlib's base64, which may have plus or dot.
func unadapted(what, text string) ([]byte, error) {
	return unbase64(adapted, what, strings.ReplaceAll(text, "+", "."))
}

// sized checks how long a decoded checksum is.
func sized(data []byte, want int) error {
	if len(data) != want {
		return malformed("the checksum has %d bytes, not %d", len(data), want)
	}
	return nil
}

// alphabet is what crypt(3) writes salts and checksums with.
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// of reports whether text has no other characters than those given.
func of(text, characters string) bool { return strings.Trim(text, characters) == "" }

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// newSalt reads n bytes.
func newSalt(random io.Reader, n int) ([]byte, error) {
	salt := make([]byte, n)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	return salt, nil
}
