package jwt_test

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/jwt"
)

// everyKey has one key for each algorithm, made once.
var everyKey = sync.OnceValue(func() []jwt.Key {
	var keys []jwt.Key
	for _, alg := range algorithms {
		keys = append(keys, keyOf(alg))
	}
	return keys
})

func TestAnyClaimsComeBack(t *testing.T) {
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(everyKey()...), Algorithms: algorithms}, nil)
	words := rapid.StringN(-1, -1, 1000)
	rapid.Check(t, func(t *rapid.T) {
		want := jwt.Claims{
			Issuer: issuer, Audience: []string{audience}, IssuedAt: instant, Expiry: instant.Add(15 * time.Minute),
			Subject: words.Draw(t, "subject"), Scope: words.Draw(t, "scope"), SessionID: words.Draw(t, "session"),
		}
		if rapid.Bool().Draw(t, "with nbf") {
			want.NotBefore = instant.Add(-time.Duration(rapid.IntRange(0, 1e9).Draw(t, "nbf")) * time.Second)
		}
		key := rapid.SampledFrom(everyKey()).Draw(t, "key")
		s := must(jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: issuer, Audience: []string{audience}, Now: at}))
		got, err := verify(v, must(s.Sign(want)))
		want.ID = got.ID
		if err != nil || !reflect.DeepEqual(got, want) || got.ID == "" {
			t.Fatalf("Verify(token) = %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestAnyChangeIsRefused(t *testing.T) {
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(everyKey()...), Algorithms: algorithms}, nil)
	var tokens []string
	for _, key := range everyKey() {
		tokens = append(tokens, must(newSigner(t, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice"})))
	}
	refused := func(t *rapid.T, text string) {
		claims, err := verify(v, text)
		if !errors.Is(err, jwt.ErrInvalid) || !reflect.DeepEqual(claims, jwt.Claims{}) {
			t.Fatalf("Verify(%q) = %+v, %v, want %v", text, claims, err, jwt.ErrInvalid)
		}
	}
	kinds := map[string]func(t *rapid.T, text string, at int) string{
		"a byte replaced": func(t *rapid.T, text string, at int) string {
			b := rapid.Byte().Filter(func(b byte) bool { return b != text[at] }).Draw(t, "byte")
			return text[:at] + string([]byte{b}) + text[at+1:]
		},
		"a letter replaced": func(t *rapid.T, text string, at int) string {
			letters := rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."))
			return text[:at] + string([]byte{letters.Filter(func(b byte) bool { return b != text[at] }).Draw(t, "letter")}) + text[at+1:]
		},
		"a byte inserted": func(t *rapid.T, text string, at int) string {
			return text[:at] + string([]byte{rapid.Byte().Draw(t, "byte")}) + text[at:]
		},
		"a byte missing":  func(_ *rapid.T, text string, at int) string { return text[:at] + text[at+1:] },
		"the end missing": func(_ *rapid.T, text string, at int) string { return text[:at] },
	}
	for name, change := range kinds {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				text := rapid.SampledFrom(tokens).Draw(t, "token")
				refused(t, change(t, text, rapid.IntRange(0, len(text)-1).Draw(t, "at")))
			})
		})
	}
}

// Every bit of a token matters, not only those that chance finds.
func TestEveryBitMatters(t *testing.T) {
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: algorithms}, nil)
	good := []byte(goodToken())
	for i := range good {
		for bit := range 8 {
			good[i] ^= 1 << bit
			if _, err := verify(v, string(good)); !errors.Is(err, jwt.ErrInvalid) {
				t.Errorf("Verify(token with bit %d of byte %d flipped) = %v, want %v", bit, i, err, jwt.ErrInvalid)
			}
			good[i] ^= 1 << bit
		}
	}
}

func TestAnyTextIsRefused(t *testing.T) {
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(everyKey()...), Algorithms: algorithms}, nil)
	part := rapid.OneOf(
		rapid.String(), rapid.Map(rapid.String(), b64[string]), rapid.Just(b64(head())), rapid.Just(b64(claims())),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 64, 64), b64[[]byte]),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := part.Draw(t, "header") + "." + part.Draw(t, "payload") + "." + part.Draw(t, "signature")
		if _, err := verify(v, text); !errors.Is(err, jwt.ErrInvalid) {
			t.Fatalf("Verify(%q) = %v, want %v", text, err, jwt.ErrInvalid)
		}
	})
}
