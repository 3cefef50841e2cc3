package jwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/holdfast-go/holdfast/jwt"
)

const (
	issuer   = "https://id.example"
	audience = "https://api.example"
)

var (
	instant = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	secret  = []byte("Qf7#vRz2mLw9!tKx4sHp6?bNc8dJg1%yWu3eAo5iXq0Zl+Tk=Vr_Mh~Bs@Fn$Pd^")

	edRaw    = ed25519.NewKeyFromSeed([]byte("the seed of the key of the tests"))
	edOther  = ed25519.NewKeyFromSeed([]byte("the seed of some other key, not."))
	ecRaw    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	rsaRaw   = sync.OnceValue(func() *rsa.PrivateKey { return rawKey(rsaOnce()).(*rsa.PrivateKey) })
	rsaOnce  = sync.OnceValue(func() jwt.Key { return must(jwt.GenerateKey(jwt.RS256)) })
	edKey    = importKey(jwt.EdDSA, "ed", edRaw)
	edSecond = importKey(jwt.EdDSA, "ed2", edOther)
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func at() time.Time { return instant }

// in is the NumericDate of a moment so far from the instant of the tests.
func in(d time.Duration) string { return strconv.FormatInt(instant.Add(d).Unix(), 10) }

func importKey(alg jwt.Algorithm, id string, raw any) jwt.Key {
	j := jose.JSONWebKey{Key: raw, KeyID: id, Algorithm: string(alg), Use: "sig"}
	return must(jwt.ParsePrivate(must(j.MarshalJSON())))
}

func rawKey(key jwt.Key) any {
	var j jose.JSONWebKey
	if err := j.UnmarshalJSON(must(key.MarshalPrivate())); err != nil {
		panic(err)
	}
	return j.Key
}

// keyOf is a key for any of the algorithms, with the algorithm's name as id.
func keyOf(alg jwt.Algorithm) jwt.Key {
	switch alg[:2] {
	case "HS":
		return must(jwt.SecretKey(alg, secret)).WithID(string(alg))
	case "RS", "PS":
		return importKey(alg, string(alg), rsaRaw())
	}
	return must(jwt.GenerateKey(alg)).WithID(string(alg))
}

var algorithms = []jwt.Algorithm{
	jwt.EdDSA, jwt.ES256, jwt.ES384, jwt.ES512, jwt.RS256, jwt.RS384, jwt.RS512,
	jwt.PS256, jwt.PS384, jwt.PS512, jwt.HS256, jwt.HS384, jwt.HS512,
}

func newVerifier(t testing.TB, config jwt.VerifierConfig, change func(*jwt.VerifierConfig)) *jwt.Verifier {
	t.Helper()
	config.Issuer, config.Audience, config.Now = issuer, audience, at
	if change != nil {
		change(&config)
	}
	v, err := jwt.NewVerifier(config)
	if err != nil {
		t.Fatalf("NewVerifier = %v, want nil", err)
	}
	return v
}

func newSigner(t testing.TB, config jwt.SignerConfig) *jwt.Signer {
	t.Helper()
	config.Issuer, config.Audience, config.Now = issuer, []string{audience}, at
	s, err := jwt.NewSigner(config)
	if err != nil {
		t.Fatalf("NewSigner = %v, want nil", err)
	}
	return s
}

// object writes the members as JSON: names and values by turns, the values as
// they are. Later values replace earlier ones; an empty value leaves one out.
func object(members ...string) string {
	var names []string
	values := map[string]string{}
	for i := 0; i < len(members); i += 2 {
		if _, ok := values[members[i]]; !ok {
			names = append(names, members[i])
		}
		values[members[i]] = members[i+1]
	}
	var out []string
	for _, name := range names {
		if values[name] != "" {
			out = append(out, strconv.Quote(name)+":"+values[name])
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

// head and claims are those of a good token, but for the changes.
func head(changes ...string) string {
	return object(append([]string{"alg", `"EdDSA"`, "typ", `"at+jwt"`, "kid", `"ed"`}, changes...)...)
}

func claims(changes ...string) string {
	return object(append([]string{
		"iss", strconv.Quote(issuer), "sub", `"alice"`, "aud", strconv.Quote(audience),
		"exp", in(time.Minute), "iat", in(0), "jti", `"1"`, "scope", `"me items"`,
	}, changes...)...)
}

// before puts more members in front of the others.
func before(members, object string) string { return "{" + members + "," + object[1:] }

func b64[T string | []byte](data T) string { return base64.RawURLEncoding.EncodeToString([]byte(data)) }

// seal signs the two parts as they are with the raw Ed25519 key.
func seal(head, body string) string {
	signed := head + "." + body
	return signed + "." + b64(ed25519.Sign(edRaw, []byte(signed)))
}

// token has a good signature, whatever it says.
func token(head, body string) string { return seal(b64(head), b64(body)) }

func tokenHS256(head, body string, key []byte) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(b64(head) + "." + b64(body)))
	return b64(head) + "." + b64(body) + "." + b64(m.Sum(nil))
}

// tokenES256 encodes the signature with the function given.
func tokenES256(head, body string, encode func(der []byte) []byte) string {
	signed := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	return signed + "." + b64(encode(must(ecRaw().Sign(rand.Reader, sum[:], crypto.SHA256))))
}

func parts(text string) (head, body, sig string) {
	p := strings.Split(text, ".")
	return p[0], p[1], p[2]
}

// unused sets the lowest of the bits that the last letter does not use. The
// data's length must not be a multiple of three.
func unused(part string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(part) - 1
	return part[:last] + string(letters[strings.IndexByte(letters, part[last])|1])
}

// ragged appends spaces until the length is not a multiple of three.
func ragged(text string) string {
	for len(text)%3 != 1 {
		text += " "
	}
	return text
}

// flip changes one bit of what a part of the token decodes to.
func flip(text string, part, at int) string {
	p := strings.Split(text, ".")
	data := must(base64.RawURLEncoding.DecodeString(p[part]))
	data[at] ^= 1
	p[part] = b64(data)
	return strings.Join(p, ".")
}

func verify(v *jwt.Verifier, text string) (jwt.Claims, error) {
	return v.Verify(context.Background(), text)
}
