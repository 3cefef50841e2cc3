package jwt_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

// FuzzVerify: whatever is accepted is a token that was signed, to the byte.
func FuzzVerify(f *testing.F) {
	hmacKey := must(jwt.SecretKey(jwt.HS256, secret)).WithID("hmac")
	hs := head("alg", `"HS256"`, "kid", `"hmac"`)
	signed := []string{
		goodToken(),
		token(head("kid", ""), claims("aud", `["`+audience+`"]`, "nbf", in(0))),
		tokenHS256(hs, claims(), secret),
	}
	v := newVerifier(f, jwt.VerifierConfig{
		Keys: jwt.StaticKeys(edKey, hmacKey), Algorithms: []jwt.Algorithm{jwt.EdDSA, jwt.HS256},
	}, nil)
	good := map[string]bool{}
	for _, text := range signed {
		if _, err := verify(v, text); err != nil {
			f.Fatalf("Verify(token) = %v, want nil", err)
		}
		good[text] = true
		h, b, s := parts(text)
		for _, seed := range []string{
			text, text + ".", text + "=", text + "\n", h + "." + b + ".", h + ".." + s, "." + b + "." + s,
			flip(text, 0, 2), flip(text, 1, 2), flip(text, 2, 2), unused(text), strings.ToUpper(text),
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
		claims, err := verify(v, text)
		switch {
		case err == nil && !good[text]:
			t.Errorf("Verify(%q) = %+v, want %v", text, claims, jwt.ErrInvalid)
		case err != nil && good[text]:
			t.Errorf("Verify(%q) = %v, want nil", text, err)
		case err != nil && !errors.Is(err, jwt.ErrInvalid):
			t.Errorf("Verify(%q) = %v, want %v", text, err, jwt.ErrInvalid)
		case err != nil && !reflect.DeepEqual(claims, jwt.Claims{}):
			t.Errorf("Verify(%q) = %+v, want no claims", text, claims)
		}
	})
}

// FuzzVerifySigned signs whatever it is given: what the parsers say of it must
// be an error of this package or claims that are as they should be.
func FuzzVerifySigned(f *testing.F) {
	v := newVerifier(f, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	for _, body := range []string{
		claims(), claims("exp", "1e400"), claims("exp", "null"), claims("aud", "[null]"), claims("aud", "[]"),
		claims("EXP", "1"), before(`"exp":1`, claims()), claims() + " ", "null", "[]", "{", "",
	} {
		f.Add(head(), body)
	}
	f.Add(head("jwk", "{}"), claims())
	f.Add(head("typ", `"application/at+jwt"`), claims())
	f.Fuzz(func(t *testing.T, head, body string) {
		got, err := verify(v, token(head, body))
		if err != nil {
			if !errors.Is(err, jwt.ErrInvalid) || !reflect.DeepEqual(got, jwt.Claims{}) {
				t.Errorf("Verify(%s . %s) = %+v, %v, want %v", head, body, got, err, jwt.ErrInvalid)
			}
			return
		}
		if got.Issuer != issuer || !got.Expiry.After(instant) || got.NotBefore.After(instant) || got.IssuedAt.After(instant) {
			t.Errorf("Verify(%s . %s) = %+v, which is not good now", head, body, got)
		}
	})
}
