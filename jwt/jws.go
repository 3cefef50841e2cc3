package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// JWS is a compact JSON Web Signature (RFC 7515) whose signature was found
// good. What its payload says has not been looked at: it need not be claims,
// and if it is, they may be expired or for somebody else. To let a caller in,
// use a [Verifier].
type JWS struct {
	Algorithm Algorithm
	KeyID     string // kid, "" if there is none
	Type      string // typ, "" if there is none
	Payload   []byte
}

// VerifyJWS checks a compact JWS with the keys given and returns what it says.
// It is as strict as a [Verifier] up to the signature; the keys' algorithms are
// the allow-list. A key without an id is tried whatever the kid.
func VerifyJWS(text string, keys ...Key) (JWS, error) {
	t, err := split(text, nil, new(scratch))
	if err != nil {
		return JWS{}, err
	}
	alg := Algorithm(t.header.alg)
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(k Key) bool { return k.alg == alg }) {
		return JWS{}, fmt.Errorf("%w: %q", ErrAlgorithm, t.header.alg)
	}
	keys = slices.Clone(keys)
	for i := range keys {
		if keys[i].id == "" {
			keys[i].id = t.header.kid
		}
	}
	if _, err := t.checkSignature(keys); err != nil {
		return JWS{}, err
	}
	return JWS{alg, t.header.kid, t.header.typ, []byte(t.payload)}, nil
}

// SignJWS makes a compact JWS of any payload. Its header has the key's
// algorithm and id, and typ if that is not empty. One that would be longer than
// MaxSize is an error, since no verifier here would take it.
func SignJWS(key Key, typ string, payload []byte) (string, error) {
	head, err := encodeHeader(key, typ)
	if err != nil {
		return "", err
	}
	return seal(key, head, payload)
}

// encodeHeader writes the protected header.
func encodeHeader(key Key, typ string) (string, error) {
	if !utf8s(key.id, typ) {
		return "", errors.New("jwt: the type and the key's id must be UTF-8")
	}
	head, err := json.Marshal(struct {
		Alg Algorithm `json:"alg"`
		Typ string    `json:"typ,omitempty"`
		Kid string    `json:"kid,omitempty"`
	}{key.alg, typ, key.id})
	if err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(head), nil
}

// seal signs the encoded header and the payload.
func seal(key Key, head string, payload []byte) (string, error) {
	signed := head + "." + base64.RawURLEncoding.EncodeToString(payload)
	sig, err := key.sign(signed)
	if err != nil {
		return "", fmt.Errorf("jwt: sign: %w", err)
	}
	text := signed + "." + base64.RawURLEncoding.EncodeToString(sig)
	if len(text) > MaxSize {
		return "", fmt.Errorf("jwt: the token would have %d bytes, more than the %d that are accepted", len(text), MaxSize)
	}
	return text, nil
}
