package jwt_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

// raws are raw keys of four kinds; those of ECDSA and RSA are made again each
// time.
func raws() oracle {
	return oracle{now: instant, keys: []oracleKey{
		{"ed", "EdDSA", edRaw.Public()},
		{"hmac", "HS256", secret},
		{"ec", "ES256", ecRaw().Public()},
		{"rsa", "PS256", rsaRaw().Public()},
	}}
}

// keysOfRaws are the package's keys for the same.
func keysOfRaws() []jwt.Key {
	return []jwt.Key{
		edKey, must(jwt.SecretKey(jwt.HS256, secret)).WithID("hmac"), importKey(jwt.ES256, "ec", ecRaw()), importKey(jwt.PS256, "rsa", rsaRaw()),
	}
}

var fourAlgorithms = []jwt.Algorithm{jwt.EdDSA, jwt.HS256, jwt.ES256, jwt.PS256}

// judge verifies a token and fails unless the oracle agrees.
func judge(t *testing.T, v *jwt.Verifier, o oracle, text string) (accepted bool) {
	t.Helper()
	got, err := verify(v, text)
	if err != nil {
		if !errors.Is(err, jwt.ErrInvalid) || !reflect.DeepEqual(got, jwt.Claims{}) {
			t.Errorf("Verify(%q) = %+v, %v, want nothing and %v", text, got, err, jwt.ErrInvalid)
		}
		return false
	}
	if wrong := o.agrees(text, got); wrong != "" {
		t.Errorf("Verify(%q) = %+v, nil, but the oracle says: %s", text, got, wrong)
	}
	return true
}

// FuzzVerify is for the whole path: whatever is accepted, the oracle accepts
// and reads alike.
func FuzzVerify(f *testing.F) {
	o := raws()
	v := newVerifier(f, jwt.VerifierConfig{Keys: jwt.StaticKeys(keysOfRaws()...), Algorithms: fourAlgorithms}, nil)
	hs := head("alg", `"HS256"`, "kid", `"hmac"`)
	good := []string{
		goodToken(),
		token(head("kid", ""), claims("aud", `["`+audience+`"]`, "nbf", in(0))),
		tokenHS256(hs, claims(), secret),
	}
	for _, key := range keysOfRaws() {
		good = append(good, must(newSigner(f, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice"})))
	}
	for _, text := range good {
		h, b, s := parts(text)
		for _, seed := range []string{
			text, text + ".", text + "=", text + "\n", h + "." + b + ".", h + ".." + s, "." + b + "." + s,
			flip(text, 0, 2), flip(text, 1, 2), flip(text, 2, 2), strings.ToUpper(text),
			b64(head("alg", `"none"`)) + "." + b + ".", b64(hs) + "." + b + "." + s,
		} {
			f.Add(seed)
		}
	}
	for _, seed := range []string{
		token(head(), claims("exp", "1e400")), token(head(), claims("EXP", "1")), token(head(), "null"), token("[]", "[]"),
		token(head(), before(`"exp":1`, claims())), token(head("crit", `["exp"]`), claims()), token(head(), "{"), "..", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		accepted := judge(t, v, o, text)
		if slices.Contains(good, text) && !accepted {
			t.Errorf("Verify(%q) refuses a good token", text)
		}
	})
}

// FuzzHeader signs any header with the right key.
func FuzzHeader(f *testing.F) {
	v := newVerifier(f, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	o := raws()
	for _, seed := range []string{
		head(), head("kid", ""), head("typ", `"application/AT+JWT"`), head("jwk", "{}"), head("crit", "[]"), head("ALG", `"none"`),
		before(`"alg":"none"`, head()), before(`"\u0061lg":"none"`, head()), head("extra", `[[{"a":1}]]`), " " + head() + " ", head() + "{}", "{", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := token(string(data), claims())
		judge(t, v, o, text)
		jws, err := jwt.VerifyJWS(text, edKey)
		if err != nil {
			return
		}
		h, payload, err := o.jws(text)
		if kid, _ := h["kid"].(string); err != nil || string(payload) != string(jws.Payload) || kid != jws.KeyID || h["alg"] != string(jws.Algorithm) {
			t.Errorf("VerifyJWS of the header %q = %+v, but the oracle says %v, %v", data, jws, h, err)
		}
	})
}

// FuzzClaims signs any claims with the right key.
func FuzzClaims(f *testing.F) {
	v := newVerifier(f, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	o := raws()
	for _, body := range []string{
		claims(), claims("exp", "1e400"), claims("exp", "1.9e9"), claims("exp", "null"), claims("exp", in(0)+".5"), claims("nbf", in(0)+".0"), claims("aud", "[null]"),
		claims("aud", `["a","`+audience+`"]`), claims("aud", "[]"), claims("EXP", "1"), before(`"exp":1`, claims()), claims() + " ", claims("sub", `"\ud83d\ude00\/"`),
		claims("sub", "\"\xff\""), "null", "[]", "{", "",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, data []byte) { judge(t, v, o, token(head(), string(data))) })
}

// FuzzKeySet reads any key set: every key in it must be one that the oracle
// finds, too, and verify as the oracle does.
func FuzzKeySet(f *testing.F) {
	var all []string
	for _, key := range keysOfRaws() {
		all = append(all, must(newSigner(f, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice"})))
	}
	f.Add(must(jwt.MarshalPublicSet(keysOfRaws()...)))
	f.Add(must(jwt.MarshalPublicSet(keyOf(jwt.ES384), keyOf(jwt.ES512))))
	for _, seed := range []string{
		set(`"kty":"OKP","crv":"Ed25519","x":"` + b64([]byte(edRaw.Public().(ed25519.PublicKey))) + `"`), set(okp), set(okp, other), set(okp + `,"use":"enc"`), set(okpD), set(oct), set(okp+`,"kid":"1"`, other+`,"kid":"1"`),
		set(`"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"`), set(okp + `,"key_ops":["verify"]`), `{"keys":[]}`, `{"keys":null}`, `{}`, `{"keys":[{"crv":[]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := jwt.ParsePublicSet(data)
		if err != nil {
			if len(set.Keys)+len(set.Skipped) > 0 {
				t.Errorf("ParsePublicSet(%q) = %+v, %v, want nothing with an error", data, set, err)
			}
			return
		}
		o := oracle{keys: oracleKeySet(data)}
		for _, key := range set.Keys {
			if key.CanSign() || !key.CanVerify() || !slices.ContainsFunc(o.keys, func(k oracleKey) bool { return sameKey(key, k) }) {
				t.Errorf("ParsePublicSet(%q) has %v, which the oracle does not find", data, key)
			}
		}
		for _, text := range all {
			if _, err := jwt.VerifyJWS(text, set.Keys...); err == nil {
				if _, _, err := o.jws(text); err != nil {
					t.Errorf("VerifyJWS(%q) with the keys of %q = nil, but the oracle says %v", text, data, err)
				}
			}
		}
	})
}

// sameKey compares a key with the oracle's by what is published of it.
func sameKey(key jwt.Key, k oracleKey) bool {
	if key.ID() != k.id || string(key.Algorithm()) != k.alg {
		return false
	}
	found := oracleKeySet(must(jwt.MarshalPublicSet(key)))
	if len(found) != 1 {
		return false
	}
	switch raw := k.raw.(type) {
	case ed25519.PublicKey:
		return raw.Equal(found[0].raw.(ed25519.PublicKey))
	case *ecdsa.PublicKey:
		got, ok := found[0].raw.(*ecdsa.PublicKey)
		return ok && raw.Equal(got)
	case *rsa.PublicKey:
		got, ok := found[0].raw.(*rsa.PublicKey)
		return ok && raw.Equal(got)
	}
	return false
}
