package jwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// The oracle is another verifier, made of crypto/* and encoding/* alone, and
// by other means where there are some: whatever the package accepts, the
// oracle must accept, and read the same in it. It may accept more.
type oracle struct {
	keys []oracleKey
	now  time.Time
}

// oracleKey is a raw key: a secret, or a public key of crypto/*.
type oracleKey struct {
	id, alg string
	raw     any
}

var errOracle = errors.New("the oracle refuses")

// jws returns the header and the payload of a token that one of the keys has
// signed.
func (o oracle) jws(text string) (head map[string]any, payload []byte, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, nil, errOracle
	}
	var data [3][]byte
	for i, part := range parts {
		if data[i], err = base64.RawURLEncoding.DecodeString(part); err != nil || base64.RawURLEncoding.EncodeToString(data[i]) != part {
			return nil, nil, errOracle
		}
	}
	if head, err = readObject(data[0]); err != nil {
		return nil, nil, err
	}
	kid, hasKid := head["kid"].(string)
	for _, k := range o.keys {
		if head["alg"] == k.alg && (!hasKid || kid == k.id || k.id == "") && k.signed(parts[0]+"."+parts[1], data[2]) {
			return head, data[1], nil
		}
	}
	return nil, nil, errOracle
}

// claims returns what a token says that is good now.
func (o oracle) claims(text string) (map[string]any, error) {
	head, payload, err := o.jws(text)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"} {
		if _, ok := head[name]; ok {
			return nil, errOracle
		}
	}
	typ, _ := head["typ"].(string)
	if low := strings.ToLower(typ); low != "at+jwt" && low != "application/at+jwt" {
		return nil, errOracle
	}
	c, err := readObject(payload)
	if err != nil {
		return nil, err
	}
	exp, ok := c["exp"].(float64)
	if !ok || exp < float64(o.now.Unix()) || c["iss"] != issuer || !slices.Contains(list(c["aud"]), any(audience)) {
		return nil, errOracle
	}
	for _, name := range []string{"nbf", "iat"} {
		if at, ok := c[name].(float64); c[name] != nil && (!ok || at > float64(o.now.Unix())) {
			return nil, errOracle
		}
	}
	return c, nil
}

func list(aud any) []any {
	if many, ok := aud.([]any); ok {
		return many
	}
	return []any{aud}
}

// readObject reads an object without duplicates at its top, by tokens.
func readObject(data []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errOracle
	}
	out := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if _, twice := out[name]; err != nil || !ok || twice {
			return nil, errOracle
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, errOracle
		}
		out[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, errOracle
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errOracle
	}
	return out, nil
}

func (k oracleKey) signed(text string, sig []byte) bool {
	sum, id := digests[k.alg[2:]], hashes[k.alg[2:]]
	switch raw := k.raw.(type) {
	case ed25519.PublicKey:
		return k.alg == "EdDSA" && ed25519.VerifyWithOptions(raw, []byte(text), sig, &ed25519.Options{}) == nil
	case *ecdsa.PublicKey:
		half := len(sig) / 2
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])})
		return err == nil && len(sig) == 2*((raw.Params().BitSize+7)/8) && ecdsa.VerifyASN1(raw, sum(text), der)
	case *rsa.PublicKey:
		if k.alg[0] == 'P' {
			return rsa.VerifyPSS(raw, id, sum(text), sig, &rsa.PSSOptions{SaltLength: id.Size(), Hash: id}) == nil
		}
		return rsa.VerifyPKCS1v15(raw, id, sum(text), sig) == nil
	case []byte:
		return subtle.ConstantTimeCompare(macByHand(id, raw, text), sig) == 1
	}
	return false
}

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

var digests = map[string]func(string) []byte{
	"256": func(text string) []byte { sum := sha256.Sum256([]byte(text)); return sum[:] },
	"384": func(text string) []byte { sum := sha512.Sum384([]byte(text)); return sum[:] },
	"512": func(text string) []byte { sum := sha512.Sum512([]byte(text)); return sum[:] },
}

// macByHand is HMAC as RFC 2104 section 2 writes it.
func macByHand(id crypto.Hash, secret []byte, text string) []byte {
	sum := func(parts ...[]byte) []byte {
		h := id.New()
		for _, part := range parts {
			h.Write(part)
		}
		return h.Sum(nil)
	}
	block := make([]byte, id.New().BlockSize())
	if len(secret) > len(block) {
		secret = sum(secret)
	}
	copy(block, secret)
	inner, outer := bytes.Clone(block), bytes.Clone(block)
	for i := range block {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	return sum(outer, sum(inner, []byte(text)))
}

// oracleKeySet reads the keys of a set of which nothing is known to be good.
func oracleKeySet(data []byte) (keys []oracleKey) {
	var set struct{ Keys []map[string]any }
	if json.Unmarshal(data, &set) != nil {
		return nil
	}
	for _, j := range set.Keys {
		octets := func(name string) []byte {
			text, _ := j[name].(string)
			data, _ := base64.RawURLEncoding.DecodeString(text)
			return data
		}
		number := func(name string) *big.Int { return new(big.Int).SetBytes(octets(name)) }
		k := oracleKey{}
		k.id, _ = j["kid"].(string)
		k.alg, _ = j["alg"].(string)
		crv, _ := j["crv"].(string)
		switch crv {
		case "Ed25519":
			k.raw = ed25519.PublicKey(octets("x"))
		case "P-256", "P-384", "P-521":
			curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[crv]
			point := append(append([]byte{4}, octets("x")...), octets("y")...)
			public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
			if err != nil {
				continue
			}
			k.raw = public
		default:
			k.raw = &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		}
		if k.alg == "" {
			k.alg = map[string]string{"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[crv]
		}
		if use := j["use"]; j["d"] == nil && j["k"] == nil && (use == nil || use == "sig") {
			keys = append(keys, k)
		}
	}
	return keys
}

// agrees returns what is wrong with claims that were accepted, by the oracle.
func (o oracle) agrees(text string, got jwt.Claims) string {
	want, err := o.claims(text)
	if err != nil {
		return err.Error()
	}
	str := func(name string) string { s, _ := want[name].(string); return s }
	date := func(name string) float64 { f, _ := want[name].(float64); return f }
	seconds := func(at time.Time) float64 {
		if at.IsZero() {
			return 0
		}
		return float64(at.Unix())
	}
	var aud []any
	for _, one := range got.Audience {
		aud = append(aud, one)
	}
	switch {
	case got.Issuer != str("iss"), got.Subject != str("sub"), got.ID != str("jti"), got.SessionID != str("sid"), got.ClientID != str("client_id"), got.Scope != str("scope"):
		return "other words"
	case !slices.Equal(aud, list(want["aud"])):
		return "another audience"
	case seconds(got.Expiry) > date("exp"), seconds(got.NotBefore) < date("nbf"), seconds(got.IssuedAt) < date("iat"):
		return "another time"
	}
	return ""
}
