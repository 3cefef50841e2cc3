package jwt_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/jwt"
)

// tries is how many tokens a property is tried with.
const tries = "2000"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if err := flag.Set("rapid.checks", tries); !given && err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// fastKeys has a key of each kind whose arithmetic does not take the tests'
// time; TestSignThenVerify has the other algorithms.
var fastKeys = sync.OnceValue(func() []jwt.Key {
	var keys []jwt.Key
	for _, alg := range []jwt.Algorithm{jwt.EdDSA, jwt.ES256, jwt.HS256, jwt.HS512} {
		keys = append(keys, keyOf(alg))
	}
	return keys
})

func TestAnyClaimsComeBack(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(fastKeys()...), Algorithms: algorithms}, nil)
	words := rapid.StringN(-1, -1, 1000)
	rapid.Check(t, func(t *rapid.T) {
		want := jwt.Claims{
			Issuer: issuer, Audience: []string{audience}, IssuedAt: instant, Expiry: instant.Add(15 * time.Minute),
			Subject: words.Draw(t, "subject"), Scope: words.Draw(t, "scope"), SessionID: words.Draw(t, "session"), ClientID: words.Draw(t, "client"),
		}
		if rapid.Bool().Draw(t, "with nbf") {
			want.NotBefore = instant.Add(-time.Duration(rapid.IntRange(0, 1e9).Draw(t, "nbf")) * time.Second)
		}
		key := rapid.SampledFrom(fastKeys()).Draw(t, "key")
		s := must(jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: issuer, Audience: []string{audience}, Now: at}))
		got, err := verify(v, must(s.Sign(want)))
		want.ID = got.ID
		if err != nil || !reflect.DeepEqual(got, want) || got.ID == "" {
			t.Fatalf("Verify(token) = %+v, %v, want %+v", got, err, want)
		}
	})
}

// refused fails unless the token is refused, with nothing of what it says.
func refused(t *rapid.T, v *jwt.Verifier, text string) {
	claims, err := verify(v, text)
	if !errors.Is(err, jwt.ErrInvalid) || !reflect.DeepEqual(claims, jwt.Claims{}) {
		t.Fatalf("Verify(%q) = %+v, %v, want %v", text, claims, err, jwt.ErrInvalid)
	}
	if jws, err := jwt.VerifyJWS(text, fastKeys()...); !errors.Is(err, jwt.ErrInvalid) || jws.Payload != nil {
		t.Fatalf("VerifyJWS(%q) = %+v, %v, want %v", text, jws, err, jwt.ErrInvalid)
	}
}

func TestAnyChangeIsRefused(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(fastKeys()...), Algorithms: algorithms}, nil)
	var tokens []string
	for _, key := range fastKeys() {
		tokens = append(tokens, must(newSigner(t, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice"})))
	}
	letters := func() *rapid.Generator[byte] { // a new one each time: within another one, it is written to
		return rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."))
	}
	kinds := map[string]func(t *rapid.T, text string, at int) string{
		"a bit of a letter flipped": func(t *rapid.T, text string, at int) string {
			return text[:at] + string([]byte{text[at] ^ 1<<rapid.IntRange(0, 7).Draw(t, "bit")}) + text[at+1:]
		},
		"a bit of what it decodes to flipped": func(t *rapid.T, text string, _ int) string {
			p := strings.Split(text, ".")
			part := rapid.IntRange(0, 2).Draw(t, "part")
			data := []byte(decoded(p[part]))
			data[rapid.IntRange(0, len(data)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			p[part] = b64(data)
			return strings.Join(p, ".")
		},
		"a byte replaced": func(t *rapid.T, text string, at int) string {
			b := rapid.Byte().Filter(func(b byte) bool { return b != text[at] }).Draw(t, "byte")
			return text[:at] + string([]byte{b}) + text[at+1:]
		},
		"a letter replaced": func(t *rapid.T, text string, at int) string {
			return text[:at] + string([]byte{letters().Filter(func(b byte) bool { return b != text[at] }).Draw(t, "letter")}) + text[at+1:]
		},
		"a byte inserted": func(t *rapid.T, text string, at int) string {
			return text[:at] + string([]byte{rapid.Byte().Draw(t, "byte")}) + text[at:]
		},
		"a byte missing":  func(_ *rapid.T, text string, at int) string { return text[:at] + text[at+1:] },
		"a proper prefix": func(_ *rapid.T, text string, at int) string { return text[:at] },
		"a proper suffix": func(_ *rapid.T, text string, at int) string { return text[at+1:] },
		"an extension": func(t *rapid.T, text string, _ int) string {
			return text + string(rapid.SliceOfN(rapid.OneOf(letters(), rapid.Byte()), 1, 100).Draw(t, "more"))
		},
		"something in front": func(t *rapid.T, text string, _ int) string {
			return string(rapid.SliceOfN(rapid.OneOf(letters(), rapid.Byte()), 1, 100).Draw(t, "more")) + text
		},
	}
	for name, change := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				text := rapid.SampledFrom(tokens).Draw(t, "token")
				refused(t, v, change(t, text, rapid.IntRange(0, len(text)-1).Draw(t, "at")))
			})
		})
	}
}

// Every bit of a token matters, not only those that chance finds; and every
// prefix is none.
func TestEveryBitMatters(t *testing.T) {
	t.Parallel()
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
		if _, err := verify(v, string(good[:i])); !errors.Is(err, jwt.ErrInvalid) {
			t.Errorf("Verify(the first %d bytes) = %v, want %v", i, err, jwt.ErrInvalid)
		}
	}
}

// mutation changes a header or claims so that they must be refused, whichever key
// signed them.
type mutation func(t *rapid.T, object string) string

// member draws one of the names that mean something.
func member(t *rapid.T, names []string) string { return rapid.SampledFrom(names).Draw(t, "name") }

// otherCase spells a name with other letters of the same meaning.
func otherCase(t *rapid.T, name string) string {
	forms := []string{strings.ToUpper(name), strings.Title(name)} //nolint:staticcheck // the names are ASCII
	if strings.Contains(name, "s") {
		forms = append(forms, strings.Replace(name, "s", "\u017f", 1))
	}
	if strings.Contains(name, "k") {
		forms = append(forms, strings.Replace(name, "k", "\u212a", 1))
	}
	return rapid.SampledFrom(forms).Draw(t, "form")
}

// escaped spells a name with one escape.
func escaped(name string) string { return fmt.Sprintf(`\u%04x`, name[0]) + name[1:] }

// anyValue is JSON of any type.
var anyValue = rapid.SampledFrom([]string{`1`, `-1`, `"x"`, `""`, `true`, `null`, `[]`, `{}`, `["x"]`, `[null]`, `1e300`, `{"a":{}}`})

// wrongTypes are values that a string, or a date, cannot have.
var (
	noString = rapid.SampledFrom([]string{`1`, `null`, `true`, `[]`, `["x"]`, `{}`, `1.5`})
	noDate   = rapid.SampledFrom([]string{`"1"`, `null`, `true`, `[1]`, `{}`, `-1`, `1e300`, `1e400`, `253402300800`, `""`, `"2030-01-01"`})
	noList   = rapid.SampledFrom([]string{`1`, `null`, `true`, `{}`, `[1]`, `[null]`, `["` + audience + `",null]`, `[["` + audience + `"]]`, `{"a":"` + audience + `"}`})
)

// mutations are for both; names are the object's own members.
func mutations(names []string) map[string]mutation {
	insert := func(t *rapid.T, object, member string) string {
		if rapid.Bool().Draw(t, "in front") {
			return before(member, object)
		}
		return object[:len(object)-1] + "," + member + "}"
	}
	return map[string]mutation{
		"a member twice": func(t *rapid.T, object string) string {
			return insert(t, object, `"`+member(t, names)+`":`+anyValue.Draw(t, "value"))
		},
		"a member twice, once behind an escape": func(t *rapid.T, object string) string {
			return insert(t, object, `"`+escaped(member(t, names))+`":`+anyValue.Draw(t, "value"))
		},
		"a member in other case": func(t *rapid.T, object string) string {
			return insert(t, object, `"`+otherCase(t, member(t, names))+`":`+anyValue.Draw(t, "value"))
		},
		"a member renamed to other case": func(t *rapid.T, object string) string {
			name := member(t, names)
			return strings.Replace(object, `"`+name+`":`, `"`+otherCase(t, name)+`":`, 1)
		},
		"a duplicate that nobody reads": func(t *rapid.T, object string) string {
			name := rapid.StringMatching(`[a-z]{0,5}_x`).Draw(t, "name")
			return insert(t, object, fmt.Sprintf(`"%s":%s,"%s":%s`, name, anyValue.Draw(t, "one"), name, anyValue.Draw(t, "other")))
		},
		"something behind": func(t *rapid.T, object string) string {
			return object + rapid.SampledFrom([]string{"{}", "x", "\x00", ",", "}", "null", `"a"`, "\ufeff", "//"}).Draw(t, "more")
		},
		"something in front": func(t *rapid.T, object string) string {
			return rapid.SampledFrom([]string{"{}", "x", "\x00", ",", "{", "[", "\ufeff"}).Draw(t, "more") + object
		},
		"cut short":      func(t *rapid.T, object string) string { return object[:rapid.IntRange(0, len(object)-1).Draw(t, "at")] },
		"in a list":      func(_ *rapid.T, object string) string { return "[" + object + "]" },
		"as a string":    func(_ *rapid.T, object string) string { return fmt.Sprintf("%q", object) },
		"invalid UTF-8":  func(t *rapid.T, object string) string { return insert(t, object, "\"x\":\"\xff\"") },
		"half a pair":    func(t *rapid.T, object string) string { return insert(t, object, `"x":"\ud800"`) },
		"a control byte": func(t *rapid.T, object string) string { return insert(t, object, "\"x\":\"\x01\"") },
		"a bad number": func(t *rapid.T, object string) string {
			return insert(t, object, `"x":0`+rapid.SampledFrom([]string{"1", "x", ".", "e", "1e999"}).Draw(t, "digits"))
		},
		"nested too deep": func(t *rapid.T, object string) string {
			deep := rapid.IntRange(17, 500).Draw(t, "deep")
			return insert(t, object, `"x":`+strings.Repeat("[", deep)+strings.Repeat("]", deep))
		},
		"oversized": func(t *rapid.T, object string) string {
			return insert(t, object, `"x":"`+strings.Repeat("x", jwt.MaxSize+rapid.IntRange(0, 1000).Draw(t, "more"))+`"`)
		},
	}
}

// everyMutationIsRefused signs what the mutations make, with the right key.
func everyMutationIsRefused(t *testing.T, kinds map[string]mutation, sign func(t *rapid.T, mutate mutation) string) {
	t.Helper()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "mutation")
		seen[name]++
		text := sign(t, kinds[name])
		if claims, err := verify(v, text); !errors.Is(err, jwt.ErrInvalid) || errors.Is(err, jwt.ErrSignature) || !reflect.DeepEqual(claims, jwt.Claims{}) {
			t.Fatalf("Verify(%q) = %+v, %v, want an error, and not of the signature", text, claims, err)
		}
	})
	if len(seen) != len(kinds) && !t.Failed() {
		t.Errorf("%d of %d mutations were tried", len(seen), len(kinds))
	}
}

func TestAnyMutatedHeaderIsRefused(t *testing.T) {
	t.Parallel()
	kinds := mutations([]string{"alg", "typ", "kid"})
	kinds["retyped"] = func(t *rapid.T, _ string) string {
		return head(member(t, []string{"alg", "typ", "kid"}), noString.Draw(t, "value"))
	}
	kinds["a refused member"] = func(t *rapid.T, _ string) string {
		return head(member(t, []string{"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"}), anyValue.Draw(t, "value"))
	}
	kinds["critical and there"] = func(t *rapid.T, _ string) string {
		name := rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "name")
		return head("crit", `["`+name+`"]`, name, anyValue.Draw(t, "value"))
	}
	kinds["critical in other letters"] = func(t *rapid.T, _ string) string { return head(otherCase(t, "crit"), `["exp"]`) }
	kinds["another algorithm"] = func(t *rapid.T, _ string) string {
		return head("alg", fmt.Sprintf("%q", rapid.StringMatching(`none|None|HS256|ES256|RS256|eddsa|EDDSA|Ed25519|EdDSA |[A-Z]{2}[0-9]{3}`).Draw(t, "alg")))
	}
	kinds["another type"] = func(t *rapid.T, _ string) string {
		return head("typ", fmt.Sprintf("%q", rapid.StringMatching(`JWT|jwt|logout\+jwt|at|at\+jwt |application/|text/at\+jwt|[a-z]{0,10}`).Draw(t, "typ")))
	}
	everyMutationIsRefused(t, kinds, func(t *rapid.T, mutate mutation) string { return token(mutate(t, head()), claims()) })
}

func TestAnyMutatedClaimsAreRefused(t *testing.T) {
	t.Parallel()
	words, dates := []string{"iss", "sub", "jti", "sid", "client_id", "scope"}, []string{"exp", "nbf", "iat"}
	kinds := mutations([]string{"iss", "sub", "aud", "exp", "iat", "jti", "scope"})
	kinds["a word retyped"] = func(t *rapid.T, _ string) string { return claims(member(t, words), noString.Draw(t, "value")) }
	kinds["a date retyped"] = func(t *rapid.T, _ string) string { return claims(member(t, dates), noDate.Draw(t, "value")) }
	kinds["the audience retyped"] = func(t *rapid.T, _ string) string { return claims("aud", noList.Draw(t, "value")) }
	kinds["what is required left out"] = func(t *rapid.T, _ string) string { return claims(member(t, []string{"iss", "aud", "exp"}), "") }
	kinds["over"] = func(t *rapid.T, _ string) string {
		return claims("exp", in(-time.Duration(rapid.IntRange(0, 1e9).Draw(t, "ago"))*time.Second))
	}
	kinds["not yet"] = func(t *rapid.T, _ string) string {
		return claims(member(t, []string{"nbf", "iat"}), in(time.Duration(rapid.IntRange(1, 1e9).Draw(t, "ahead"))*time.Second))
	}
	kinds["another issuer or audience"] = func(t *rapid.T, _ string) string {
		name := member(t, []string{"iss", "aud"})
		good := map[string]string{"iss": issuer, "aud": audience}[name]
		bad := rapid.OneOf(rapid.Just(good+"/"), rapid.Just(good[:len(good)-1]), rapid.Just(strings.ToUpper(good)), rapid.StringMatching(`[a-z:/.]{0,20}`))
		return claims(name, fmt.Sprintf("%q", bad.Filter(func(s string) bool { return s != good }).Draw(t, "value")))
	}
	everyMutationIsRefused(t, kinds, func(t *rapid.T, mutate mutation) string { return token(head(), mutate(t, claims())) })
}

func TestAnyTextIsRefused(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(fastKeys()...), Algorithms: algorithms}, nil)
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
