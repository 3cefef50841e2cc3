// Package bare is the check that everything in bench is compared with: what one
// writes by hand to verify an HS256 token, without a library.
//
// It is meant to be honest in both directions. It does no more than it must:
// the algorithm is fixed, so the header is not read. And it takes no shortcut
// that a program could not afford: the MAC is compared in constant time, and
// the claims go through encoding/json.
package bare

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Claims are what a token says.
type Claims struct {
	Subject string `json:"sub"`
	Scope   string `json:"scope"`
	Expires int64  `json:"exp"`
}

// HasScopes reports whether all of these scopes are granted.
func (c Claims) HasScopes(scopes ...string) bool {
	granted := strings.Fields(c.Scope)
	for _, scope := range scopes {
		if !slices.Contains(granted, scope) {
			return false
		}
	}
	return true
}

// ErrToken says that a token is not good.
var ErrToken = errors.New("bare: the token is not good")

// Verify returns the claims of a token that was signed with the secret and has
// not expired.
func Verify(secret []byte, token string) (Claims, error) {
	signed, signature, found := cutLast(token)
	if !found {
		return Claims{}, ErrToken
	}
	sent, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return Claims{}, ErrToken
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	if !hmac.Equal(mac.Sum(nil), sent) {
		return Claims{}, ErrToken
	}
	_, payload, _ := strings.Cut(signed, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return Claims{}, ErrToken
	}
	var claims Claims
	if err := json.Unmarshal(text, &claims); err != nil || time.Now().Unix() >= claims.Expires {
		return Claims{}, ErrToken
	}
	return claims, nil
}

func cutLast(token string) (signed, signature string, found bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return "", "", false
	}
	return token[:dot], token[dot+1:], true
}

// header is {"alg":"HS256","typ":"JWT"}, which is always the same.
const header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

// Sign makes a token of claims, which may be any value that encodes as a JSON
// object.
func Sign(secret []byte, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}
