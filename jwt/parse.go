package jwt

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// MaxSize is the largest token in bytes; a longer one is refused before
// anything of it is decoded.
const MaxSize = 16 << 10

const maxDepth = 16

var encoding = base64.RawURLEncoding.Strict()

// token is a compact JWS, taken apart but not believed.
type token struct {
	header  header
	signed  string // what the signature is over
	payload []byte
	sig     []byte
}

// header is the protected header's members that mean something here.
type header struct {
	alg, typ, kid string
	hasKid        bool
}

// split takes a compact JWS apart (RFC 7515 section 7.1). Only the alphabet of
// base64url and two dots may appear, and the unused bits must be zero, so that
// one token has one spelling.
func split(text string) (token, error) {
	if len(text) > MaxSize {
		return token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	head, rest, ok := strings.Cut(text, ".")
	body, tail, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(tail, ".") {
		return token{}, fmt.Errorf("%w: a token has three parts", ErrMalformed)
	}
	var t token
	var parts [3][]byte
	for i, part := range [3]string{head, body, tail} {
		if strings.ContainsAny(part, "\r\n") { // which encoding/base64 would skip
			return token{}, fmt.Errorf("%w: part %d is not base64url", ErrMalformed, i+1)
		}
		data, err := encoding.DecodeString(part)
		if err != nil {
			return token{}, fmt.Errorf("%w: part %d is not base64url", ErrMalformed, i+1)
		}
		parts[i] = data
	}
	t.signed = text[:len(head)+1+len(body)]
	t.payload, t.sig = parts[1], parts[2]
	var err error
	t.header, err = parseHeader(parts[0])
	return t, err
}

// headerNames are the members that are read, or refused by name.
var headerNames = []string{"alg", "typ", "kid", "crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"}

func parseHeader(data []byte) (header, error) {
	m, err := members(data, headerNames)
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	for _, name := range headerNames[3:] {
		if _, ok := m[name]; ok {
			// crit: no extension is understood (RFC 7515 section 4.1.11). The
			// others change what is signed or bring a key along.
			return header{}, fmt.Errorf("%w: header member %s", ErrMalformed, name)
		}
	}
	var h header
	err = first(
		m.text("alg", &h.alg),
		m.text("typ", &h.typ),
		m.text("kid", &h.kid),
	)
	_, h.hasKid = m["kid"]
	if err == nil && h.alg == "" {
		err = fmt.Errorf("%w: no alg", ErrMalformed)
	}
	return h, err
}

// claimNames are the claims that are read. A name that differs from one of
// them in case alone is refused: some parser might take it for that one.
var claimNames = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "scope"}

func parseClaims(data []byte) (Claims, error) {
	m, err := members(data, claimNames)
	if err != nil {
		return Claims{}, fmt.Errorf("claims: %w", err)
	}
	var c Claims
	err = first(
		m.text("iss", &c.Issuer),
		m.text("sub", &c.Subject),
		m.text("jti", &c.ID),
		m.text("sid", &c.SessionID),
		m.text("scope", &c.Scope),
		m.date("exp", &c.Expiry, math.Floor),
		m.date("nbf", &c.NotBefore, math.Ceil),
		m.date("iat", &c.IssuedAt, math.Ceil),
		m.audience(&c.Audience),
	)
	return c, err
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// object is a JSON object's members by their exact names.
type object map[string]json.RawMessage

func members(data []byte, known []string) (object, error) {
	if err := strictjson.Check(data, maxDepth); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var m object
	if err := json.Unmarshal(data, &m); err != nil || m == nil {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	for name := range m {
		for _, one := range known {
			if name != one && strings.EqualFold(name, one) {
				return nil, fmt.Errorf("%w: member %q looks like %s", ErrMalformed, name, one)
			}
		}
	}
	return m, nil
}

func (m object) text(name string, dst *string) error {
	raw, ok := m[name]
	if !ok {
		return nil
	}
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, dst) != nil {
		return fmt.Errorf("%w: %s is not a string", ErrMalformed, name)
	}
	return nil
}

// maxDate is the end of the year 9999.
const maxDate = 253402300799

// date reads a NumericDate (RFC 7519 section 2): seconds, perhaps with a
// fraction, which is rounded to where the token is good for less time.
func (m object) date(name string, dst *time.Time, round func(float64) float64) error {
	raw, ok := m[name]
	if !ok {
		return nil
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || seconds < 0 || seconds > maxDate {
		return fmt.Errorf("%w: %s is not a date", ErrMalformed, name)
	}
	*dst = time.Unix(int64(round(seconds)), 0).UTC()
	return nil
}

// audience reads aud, one string or several.
func (m object) audience(dst *[]string) error {
	raw, ok := m["aud"]
	if !ok {
		return nil
	}
	if raw[0] == '"' {
		*dst = make([]string, 1)
		return m.text("aud", &(*dst)[0])
	}
	var list []*string
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return fmt.Errorf("%w: aud is not a string or a list of strings", ErrMalformed)
	}
	for _, one := range list {
		if one == nil {
			return fmt.Errorf("%w: aud is not a list of strings", ErrMalformed)
		}
		*dst = append(*dst, *one)
	}
	return nil
}
