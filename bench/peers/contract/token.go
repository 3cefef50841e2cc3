package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

// Tokens are made by hand here, so that what is sent does not depend on a
// library that is measured.

// claims are a token's; jti makes every token another one.
type claims struct {
	Subject string `json:"sub"`
	Scope   string `json:"scope"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
}

var count atomic.Int64

func newClaims(subject, scope string, ttl time.Duration) claims {
	now := time.Now()
	return claims{subject, scope, now.Add(min(ttl, 0)).Unix(), now.Add(ttl).Unix(), fmt.Sprintf("%016x", count.Add(1))}
}

// Token makes a good token that no server has seen before.
func Token(subject, scope string) string {
	return sign("HS256", app.Secret, newClaims(subject, scope, time.Hour))
}

// Forged makes a token whose claims were changed after it was signed; no server
// has seen it before.
func Forged() string {
	return forge(Token("bob", "me items"), newClaims("alice", "me items", time.Hour))
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func header(alg string) string {
	return encode(struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
	}{alg, "JWT"})
}

func sign(alg string, secret []byte, c claims) string {
	signed := header(alg) + "." + encode(c)
	return signed + "." + mac(alg, secret, signed)
}

func mac(alg string, secret []byte, signed string) string {
	kind := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}[alg]
	m := hmac.New(kind, secret)
	m.Write([]byte(signed))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// forge puts other claims into a token.
func forge(token string, c claims) string {
	parts := strings.Split(token, ".")
	return parts[0] + "." + encode(c) + "." + parts[2]
}

// badTokens are tokens that no server may take.
func badTokens() map[string]string {
	c := newClaims("alice", "me items", time.Hour)
	good := sign("HS256", app.Secret, c)
	signed, signature := good[:strings.LastIndexByte(good, '.')], good[strings.LastIndexByte(good, '.')+1:]
	payload := encode(c)
	flipped := []byte(signature)
	flipped[5] ^= 1
	return map[string]string{
		"no token at all":                     "nonsense",
		"dots and nothing else":               "..",
		"claims that were changed":            Forged(),
		"a signature with one letter changed": signed + "." + string(flipped),
		"a signature that is cut":             signed + "." + signature[:20],
		"an empty signature":                  signed + ".",
		"no signature":                        signed,
		"the signature of another secret":     sign("HS256", []byte("another secret of 32 bytes or more, which is wrong"), c),
		"the secret and a longer hash":        sign("HS512", app.Secret, c),
		"a header that was changed":           header("HS384") + "." + payload + "." + mac("HS256", app.Secret, signed),
		"alg none without a signature":        header("none") + "." + payload + ".",
		"alg None without a signature":        header("None") + "." + payload + ".",
		"alg none with a signature":           header("none") + "." + payload + "." + signature,
		"no alg":                              header("") + "." + payload + "." + signature,
		"an expired token":                    sign("HS256", app.Secret, newClaims("alice", "me items", -time.Minute)),
		"an unknown user":                     Token("carol", "me items"),
		"no user":                             Token("", "me items"),
		"claims that are no JSON":             garbled(),
	}
}

// garbled is well signed, but what is signed is no object.
func garbled() string {
	signed := header("HS256") + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"alice"`))
	return signed + "." + mac("HS256", app.Secret, signed)
}
