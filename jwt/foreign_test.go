package jwt_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// ec is a P-256 key of RFC 7517 appendix A.1.
const ec = `"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"`

// What is wrong with a single key is in TestPublicKeySets; this is about what
// is different in a set of somebody else's.
func TestForeignKeySets(t *testing.T) {
	t.Parallel()
	bare := rsaMembers(rsaRaw().N, 65537, "") + `,"use":"sig","kid":"r"`
	expected := []jwt.Algorithm{jwt.RS256, jwt.ES256, jwt.EdDSA}
	for name, test := range map[string]struct {
		set        string
		algorithms []jwt.Algorithm
		want       string // the keys with their algorithms, then why others were skipped; or the error
	}{
		"none":                                       {set(), expected, ""},
		"an RSA key without alg, as Microsoft's":     {set(bare), expected, "RS256 r"},
		"the same where two are expected":            {set(bare), []jwt.Algorithm{jwt.PS256, jwt.EdDSA, jwt.RS256}, "PS256 r; RS256 r"},
		"the same where none for RSA is expected":    {set(bare), []jwt.Algorithm{jwt.EdDSA}, "r skipped: the key does not name its algorithm, and none for RSA keys is expected"},
		"the same where nothing is expected":         {set(bare), nil, "r skipped: the key does not name its algorithm, and none for RSA keys is expected"},
		"an RSA key without alg for encryption":      {set(strings.Replace(bare, "sig", "enc", 1)), expected, `r skipped: the key is for another use than signatures, "enc"`},
		"a weak RSA key without alg":                 {set(rsaMembers(must(rsa.GenerateKey(rand.Reader, 1024)).N, 65537, "")), expected, "- skipped: an RSA key has 2048 to 8192 bits, this one has 1024"},
		"an RSA key without alg that only signs":     {set(bare + `,"key_ops":["sign"]`), expected, "r skipped: the key's key_ops does not have verify"},
		"an RSA key with its alg":                    {set(rsaMembers(rsaRaw().N, 65537, "RS256")), expected, "RS256 -"},
		"one for an algorithm that is not expected":  {set(rsaMembers(rsaRaw().N, 65537, "PS256")), expected, `- skipped: algorithm "PS256" is not among those that are expected`},
		"one whose curve is not expected":            {set(ec), []jwt.Algorithm{jwt.RS256}, `- skipped: algorithm "ES256" is not among those that are expected`},
		"a key for signatures and one for others":    {set(okp+`,"kid":"k"`, ec+`,"kid":"k","use":"enc"`), expected, `EdDSA k; k skipped: the key is for another use than signatures, "enc"`},
		"the other way round":                        {set(ec+`,"kid":"k","use":"enc"`, okp+`,"kid":"k"`), expected, `EdDSA k; k skipped: the key is for another use than signatures, "enc"`},
		"one kid for two algorithms":                 {set(okp+`,"kid":"k"`, ec+`,"kid":"k"`), expected, "EdDSA k; ES256 k"},
		"one kid and a kind that nobody knows":       {set(`"kty":"AKP","alg":"ML-DSA-44","kid":"k","pub":"AAAA"`, okp+`,"kid":"k"`), expected, `EdDSA k; k skipped: keys of kind "AKP" are not known here`},
		"one kid and an algorithm that nobody knows": {set(`"kty":"EC","crv":"secp256k1","alg":"ES256K","kid":"k","x":"AAAA","y":"AAAA"`, okp+`,"kid":"k"`), expected, `EdDSA k; k skipped: algorithm "ES256K" is not known here`},
		"one kid for two keys of one algorithm":      {set(okp+`,"kid":"k"`, other+`,"kid":"k"`), expected, "EdDSA k; EdDSA k"},
		"the same key twice":                         {set(okp+`,"kid":"k"`, okp+`,"kid":"k","use":"sig"`), expected, "EdDSA k; k skipped: the same key stands in the set already"},
		"the same key under two kids":                {set(okp+`,"kid":"k"`, okp+`,"kid":"l"`), expected, "EdDSA k; EdDSA l"},
		"the same RSA key with alg and without":      {set(bare, bare+`,"alg":"RS256"`), expected, "RS256 r; r skipped: the same key stands in the set already"},
		"a symmetric key without its secret":         {set(`"kty":"oct","alg":"HS256"`, okp), expected, `EdDSA -; - skipped: keys of kind "oct" are not known here`},
		"a key that cannot be read":                  {set(okp+`,"use":["sig"]`, okp), expected, "EdDSA -; - skipped: the key cannot be read"},
		"a symmetric key":                            {set(okp, oct), expected, "error: there is a secret in it"},
		"a private key":                              {set(okp, okpD), expected, "error: there is a secret in it"},
		"a private key for encryption":               {set(okp, okpD+`,"use":"enc"`), expected, "error: there is a secret in it"},
		"an unreadable key with a secret":            {set(okp, `"use":["enc"],`+okpD), expected, "error: there is a secret in it"},
		"a member twice":                             {set(okp + `,"kid":"a","kid":"b"`), expected, "error: duplicate member"},
		"no set":                                     {`{"issuer":"https://id.example"}`, expected, "error: no list of keys"},
		"a page":                                     {"<!doctype html>", expected, "error: not an object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sayForeign(jwt.ParseForeignSet([]byte(test.set), test.algorithms...))
			if wrong, ok := strings.CutPrefix(test.want, "error: "); got != test.want && (!ok || !strings.HasPrefix(got, "error: ") || !strings.Contains(got, wrong)) {
				t.Errorf("ParseForeignSet = %s, want %s", got, test.want)
			}
		})
	}
}

func sayForeign(set jwt.KeySet, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var out []string
	for _, k := range set.Keys {
		out = append(out, string(k.Algorithm())+" "+cmp.Or(k.ID(), "-"))
	}
	for _, s := range set.Skipped {
		out = append(out, cmp.Or(s.ID, "-")+" skipped: "+s.Reason)
	}
	return strings.Join(out, "; ")
}

// Of two keys with one kid and one algorithm, a token of either is good.
func TestForeignKeysOfOneKid(t *testing.T) {
	t.Parallel()
	pub := func(k jwt.Key) string {
		text := string(must(jwt.MarshalPublicSet(k)))
		return strings.TrimSuffix(strings.TrimPrefix(text, `{"keys":[{`), `}]}`)
	}
	first, second, third := edKey.WithID("k"), edSecond.WithID("k"), importKey(jwt.ES256, "k", ecRaw())
	set := must(jwt.ParseForeignSet([]byte(set(pub(first), pub(second), pub(third))), jwt.EdDSA, jwt.ES256))
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(set.Keys...), Algorithms: []jwt.Algorithm{jwt.EdDSA, jwt.ES256}}, nil)
	for _, key := range []jwt.Key{first, second, third} {
		text := must(newSigner(t, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice"}))
		if _, err := v.Verify(t.Context(), text); err != nil {
			t.Errorf("Verify of a token by %v = %v, want nil", key, err)
		}
	}
}

// A key that does not name its algorithm verifies with those that are expected
// and with no other.
func TestForeignRSAKeyWithoutAlg(t *testing.T) {
	t.Parallel()
	set := must(jwt.ParseForeignSet([]byte(set(rsaMembers(rsaRaw().N, 65537, "")+`,"kid":"r"`)), jwt.RS256, jwt.PS384))
	for _, alg := range []jwt.Algorithm{jwt.RS256, jwt.RS384, jwt.PS256, jwt.PS384} {
		text := must(jwt.SignJWS(importKey(alg, "r", rsaRaw()), "", []byte("x")))
		_, err := jwt.VerifyJWS(text, set.Keys...)
		if expected := slices.Contains([]jwt.Algorithm{jwt.RS256, jwt.PS384}, alg); (err == nil) != expected {
			t.Errorf("VerifyJWS with %s = %v, want that it is good: %v", alg, err, expected)
		}
	}
}

func TestFurtherTypes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		head string
		also []string
		good bool
	}{
		"the usual one":                      {head(), []string{"JWT", ""}, true},
		"another one":                        {head("typ", `"JWT"`), []string{"JWT", ""}, true},
		"another one in small letters":       {head("typ", `"jwt"`), []string{"JWT"}, true},
		"another one with application/":      {head("typ", `"application/jwt"`), []string{"JWT"}, true},
		"another one, configured with it":    {head("typ", `"JWT"`), []string{"application/JWT"}, true},
		"none":                               {head("typ", ""), []string{"JWT", ""}, true},
		"an empty one":                       {head("typ", `""`), []string{""}, true},
		"none where none is not taken":       {head("typ", ""), []string{"JWT"}, false},
		"another one where only none is":     {head("typ", `"JWT"`), []string{""}, false},
		"one that is not in the list":        {head("typ", `"logout+jwt"`), []string{"JWT", ""}, false},
		"another one where the list is nil":  {head("typ", `"JWT"`), nil, false},
		"application/ alone, which is a typ": {head("typ", `"application/"`), []string{""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jwt.VerifierConfig{
				Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: audience, Now: at, AlsoTypes: test.also,
			}
			text := token(test.head, claims())
			_, err := verify(must(jwt.NewVerifier(config)), text)
			if (err == nil) != test.good || err != nil && !errors.Is(err, jwt.ErrType) {
				t.Errorf("Verify = %v, want that it is good: %v", err, test.good)
			}
			if report := jwt.Inspect(context.Background(), text, config); report.Good() != test.good {
				t.Errorf("Inspect = %+v, want that it is good: %v", report, test.good)
			}
		})
	}
}

func TestFurtherTypesAreTheVerifiersOwn(t *testing.T) {
	t.Parallel()
	also := []string{"JWT"}
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}, AlsoTypes: also}, nil)
	also[0] = "x"
	if _, err := verify(v, token(head("typ", `"JWT"`), claims())); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
}

// A clock that is off is told from the sentence.
func TestErrorsOfClocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		claims string
		want   string
	}{
		"expired":              {claims("exp", in(-5*time.Minute)), "jwt: expired 5m0s ago; clocks may differ by 30s"},
		"not yet valid":        {claims("nbf", in(5*time.Minute)), "jwt: not yet valid for another 5m0s; clocks may differ by 30s"},
		"issued in the future": {claims("iat", in(31*time.Second)), "jwt: not yet valid: issued 31s ahead of this clock; clocks may differ by 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, leeway(30*time.Second))
			if _, err := verify(v, token(head(), test.claims)); fmt.Sprint(err) != test.want {
				t.Errorf("Verify = %v, want %s", err, test.want)
			}
		})
	}
}

// FuzzForeignSet reads any set of somebody else's: every key in it verifies, is
// of an expected algorithm, holds no secret, and is in what another reader finds.
func FuzzForeignSet(f *testing.F) {
	expected := []jwt.Algorithm{jwt.RS256, jwt.PS256, jwt.ES256, jwt.EdDSA}
	f.Add(must(jwt.MarshalPublicSet(keysOfRaws()...)))
	for _, seed := range []string{
		set(rsaMembers(rsaRaw().N, 65537, "")), set(okp+`,"kid":"k"`, ec+`,"kid":"k"`, okp+`,"kid":"k","use":"enc"`), set(okp, okp), set(okpD), set(oct),
		set(`"kty":"AKP","alg":"ML-DSA-44"`), set(okp + `,"key_ops":["verify"]`), `{"keys":[]}`, `{"keys":[null,1,{}]}`, `{}`, `<html>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := jwt.ParseForeignSet(data, expected...)
		if err != nil {
			if len(set.Keys)+len(set.Skipped) > 0 {
				t.Errorf("ParseForeignSet(%q) = %+v, %v, want nothing with an error", data, set, err)
			}
			return
		}
		found := oracleKeySet(data)
		for _, key := range set.Keys {
			of := func(k oracleKey) bool {
				if k.alg == "" {
					k.alg = string(key.Algorithm())
				}
				return sameKey(key, k)
			}
			if key.IsPrivate() || !key.CanVerify() || !slices.Contains(expected, key.Algorithm()) || !slices.ContainsFunc(found, of) {
				t.Errorf("ParseForeignSet(%q) has %v, which the oracle does not find", data, key)
			}
		}
	})
}
