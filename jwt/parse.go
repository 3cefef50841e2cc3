package jwt

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
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
	head    int    // the length of the encoded header
	signed  string // what the signature is over
	payload string
	sig     []byte // in the scratch
}

// header is the protected header's members that mean something here.
type header struct {
	alg, typ, kid string
	hasKid        bool
}

// scratch is where the parts of a usual token are decoded: what is kept of
// them is copied, once.
type scratch struct{ in, out [1 << 10]byte }

// scratches are used again: of a token whose parts are decoded here only what it
// says is allocated.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

// seenHeader is a header that a good token had. Tokens of one key have one
// header, letter for letter, so that it is read once.
type seenHeader struct {
	encoded string
	header  header
}

// read returns what the encoded header says. A nil one has seen none.
func (s *seenHeader) read(buf *scratch, encoded string) (header, error) {
	if s != nil && s.encoded == encoded {
		return s.header, nil
	}
	decoded, ok := buf.decode(encoded)
	if !ok {
		return header{}, notBase64("header")
	}
	return parseHeader(string(decoded))
}

// split takes a compact JWS apart (RFC 7515 section 7.1). Only the alphabet of
// base64url and two dots may appear, and the unused bits must be zero, so that
// one token has one spelling. The token's signature is good for as long as the
// buffer is not used again.
func split(text string, seen *seenHeader, buf *scratch) (token, error) {
	if len(text) > MaxSize {
		return token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	head, rest, ok := strings.Cut(text, ".")
	body, tail, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.IndexByte(tail, '.') >= 0 {
		return token{}, fmt.Errorf("%w: a token has three parts", ErrMalformed)
	}
	h, err := seen.read(buf, head)
	if err != nil {
		return token{}, err
	}
	t := token{header: h, head: len(head), signed: text[:len(head)+1+len(body)]}
	decoded, ok := buf.decode(body)
	if !ok {
		return token{}, notBase64("payload")
	}
	t.payload = string(decoded)
	if t.sig, ok = buf.decode(tail); !ok {
		return token{}, notBase64("signature")
	}
	return t, nil
}

func notBase64(part string) error {
	return fmt.Errorf("%w: the %s is not base64url", ErrMalformed, part)
}

// decode decodes a part, in the buffer if that is large enough.
func (s *scratch) decode(part string) ([]byte, bool) {
	if strings.IndexByte(part, '\n') >= 0 || strings.IndexByte(part, '\r') >= 0 {
		return nil, false // encoding/base64 would skip them
	}
	in, out := append(s.in[:0], part...), s.out[:]
	if size := encoding.DecodedLen(len(part)); size > len(out) {
		out = make([]byte, size)
	}
	n, err := encoding.Decode(out, in)
	return out[:n], err == nil
}

// headerNames are the members that are read, and refusedNames those that are
// refused: crit, for no extension is understood (RFC 7515 section 4.1.11), and
// what changes the payload or brings a key along.
var (
	headerNames  = []string{"alg", "typ", "kid"}
	refusedNames = []string{"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"}
)

func parseHeader(data string) (header, error) {
	var h header
	o := strictjson.NewObject(data, maxDepth)
	for o.Next() {
		var err error
		switch name := o.Name(); name {
		case "alg":
			h.alg, err = text(name, o.Value())
		case "typ":
			h.typ, err = text(name, o.Value())
		case "kid":
			h.hasKid = true
			h.kid, err = text(name, o.Value())
		default:
			err = unlike(&o, headerNames, refusedNames)
			for _, one := range refusedNames {
				if name == one {
					err = malformed("header member " + name)
				}
			}
		}
		if err != nil {
			return header{}, fmt.Errorf("header: %w", err)
		}
	}
	if err := o.Err(); err != nil {
		return header{}, fmt.Errorf("header: %w: %w", ErrMalformed, err)
	}
	if h.alg == "" {
		return header{}, malformed("no alg")
	}
	return h, nil
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// unlike refuses a member whose name differs from one of the lists in case
// alone: some parser might take it for that one.
func unlike(o *strictjson.Object, lists ...[]string) error {
	for _, list := range lists {
		for _, one := range list {
			if o.LooksLike(one) {
				return malformed(fmt.Sprintf("member %q looks like %s", o.Name(), one))
			}
		}
	}
	return nil
}

// claimNames are the claims that are read.
var claimNames = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "client_id", "scope"}

// parseClaims reads the claims in one pass; what they say in words is a part
// of data, not a copy.
func parseClaims(data string) (Claims, error) {
	var c Claims
	o := strictjson.NewObject(data, maxDepth)
	for o.Next() {
		if err := c.read(&o); err != nil {
			return Claims{}, fmt.Errorf("claims: %w", err)
		}
	}
	if err := o.Err(); err != nil {
		return Claims{}, fmt.Errorf("claims: %w: %w", ErrMalformed, err)
	}
	return c, nil
}

func (c *Claims) read(o *strictjson.Object) (err error) {
	switch name, value := o.Name(), o.Value(); name {
	case "iss":
		c.Issuer, err = text(name, value)
	case "sub":
		c.Subject, err = text(name, value)
	case "jti":
		c.ID, err = text(name, value)
	case "sid":
		c.SessionID, err = text(name, value)
	case "client_id":
		c.ClientID, err = text(name, value)
	case "scope":
		c.Scope, err = text(name, value)
	case "exp":
		c.Expiry, err = date(name, value, math.Floor)
	case "nbf":
		c.NotBefore, err = date(name, value, math.Ceil)
	case "iat":
		c.IssuedAt, err = date(name, value, math.Ceil)
	case "auth_time":
		if at, wrong := date(name, value, math.Floor); wrong == nil { // nothing rests on it, and some issuers write it otherwise
			c.AuthTime = at
		}
	case "aud":
		c.Audience, err = audience(value)
	default:
		err = unlike(o, claimNames)
	}
	return err
}

func text(name, value string) (string, error) {
	s, ok := strictjson.String(value)
	if !ok {
		return "", malformed(name + " is not a string")
	}
	return s, nil
}

// maxDate is the end of the year 9999.
const maxDate = 253402300799

// date reads a NumericDate (RFC 7519 section 2): seconds, perhaps with a
// fraction, which is rounded to where the token is good for less time.
func date(name, value string, round func(float64) float64) (time.Time, error) {
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && 0 <= seconds && seconds <= maxDate {
		return time.Unix(seconds, 0).UTC(), nil
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, malformed(name + " is not a date")
	}
	return time.Unix(int64(round(seconds)), 0).UTC(), nil
}

// audience reads aud, one string or several.
func audience(value string) ([]string, error) {
	if one, ok := strictjson.String(value); ok {
		return []string{one}, nil
	}
	list, ok := strictjson.Strings(value)
	if !ok {
		return nil, malformed("aud is not a string or a list of strings")
	}
	return list, nil
}
