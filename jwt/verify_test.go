package jwt_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	const off = 30 * time.Second
	claim := func(name, value string) string { return token(head(), claims(name, value)) }
	tests := map[string]struct {
		token  string
		change func(*jwt.VerifierConfig)
	}{
		"a good token":                       {token(head(), claims()), nil},
		"no kid":                             {token(head("kid", ""), claims()), nil},
		"an empty kid and a key without id":  {token(head("kid", `""`), claims()), allow([]jwt.Algorithm{jwt.EdDSA}, edKey.WithID(""))},
		"two keys of the same id":            {token(head(), claims()), allow([]jwt.Algorithm{jwt.EdDSA}, edSecond.WithID("ed"), edKey)},
		"typ in capitals":                    {token(head("typ", `"AT+JWT"`), claims()), nil},
		"typ with application/":              {token(head("typ", `"application/at+jwt"`), claims()), nil},
		"typ with Application/":              {token(head("typ", `"Application/At+Jwt"`), claims()), nil},
		"typ of another kind where it is so": {token(head("typ", `"JWT"`), claims()), withType("JWT")},
		"a header member nobody reads":       {token(head("extra", `[{"a":1}]`), claims()), nil},
		"a claim nobody reads":               {claim("extra", `{"EXP":1}`), nil},
		"exp a second ahead":                 {claim("exp", in(time.Second)), nil},
		"exp with a fraction":                {claim("exp", in(time.Minute)+".25"), nil},
		"exp with an exponent":               {claim("exp", "2e9"), nil},
		"exp at the end of the year 9999":    {claim("exp", "253402300799"), nil},
		"exp within the leeway":              {claim("exp", in(time.Second-off)), leeway(off)},
		"nbf now":                            {claim("nbf", in(0)), nil},
		"nbf as far ahead as the leeway":     {claim("nbf", in(off)), leeway(off)},
		"iat as far ahead as the leeway":     {claim("iat", in(off)), leeway(off)},
		"no iat":                             {claim("iat", ""), nil},
		"no subject":                         {claim("sub", ""), nil},
		"the audience in a list":             {claim("aud", `["a","`+audience+`","b"]`), nil},
		"the audience behind escapes":        {claim("aud", `"https:\/\/api.example"`), nil},
		"any issuer where that is meant":     {claim("iss", ""), func(c *jwt.VerifierConfig) { c.Issuer, c.InsecureNoIssuer = "", true }},
		"another issuer where that is meant": {claim("iss", `"https://else.example"`), func(c *jwt.VerifierConfig) { c.Issuer, c.InsecureNoIssuer = "", true }},
		"any audience where that is meant":   {claim("aud", ""), func(c *jwt.VerifierConfig) { c.Audience, c.InsecureNoAudience = "", true }},
		"spaces around the claims' JSON":     {token(head(), " "+claims()+"\n"), nil},
		"a list as deep as may be":           {claim("extra", strings.Repeat("[", 15)+strings.Repeat("]", 15)), nil},
		"application/ in the configured typ": {token(head(), claims()), withType("application/at+jwt")},
		"application/ in both":               {token(head("typ", `"application/x+jwt"`), claims()), withType("application/x+jwt")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey, edSecond), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, test.change)
			if _, err := verify(v, test.token); err != nil {
				t.Errorf("Verify(token) = %v, want nil", err)
			}
			config := jwt.VerifierConfig{
				Keys: jwt.StaticKeys(edKey, edSecond), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: audience, Now: at,
			}
			if test.change != nil {
				test.change(&config)
			}
			report := jwt.Inspect(t.Context(), test.token, config)
			if meant := config.InsecureNoIssuer || config.InsecureNoAudience; report.Bad() || report.Good() == meant {
				t.Errorf("Inspect(token) = %+v, want nothing wrong", report)
			}
		})
	}
}

func TestVerifySize(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	sized := func(size int) string {
		for pad := size * 3 / 5; ; pad++ {
			text := token(head(), claims("extra", `"`+strings.Repeat("x", pad)+`"`))
			if len(text) >= size {
				return text
			}
		}
	}
	largest := sized(jwt.MaxSize)
	if len(largest) > jwt.MaxSize {
		largest = sized(jwt.MaxSize - 1)
	}
	if _, err := verify(v, largest); err != nil || len(largest) < jwt.MaxSize-1 {
		t.Errorf("Verify(%d bytes) = %v, want nil", len(largest), err)
	}
	if _, err := verify(v, sized(jwt.MaxSize+1)); !errors.Is(err, jwt.ErrMalformed) {
		t.Errorf("Verify(%d bytes) = %v, want %v", len(sized(jwt.MaxSize+1)), err, jwt.ErrMalformed)
	}
}

func TestVerifyReadsClaims(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	got, err := verify(v, token(head(), claims("aud", `["a","`+audience+`"]`, "nbf", in(-time.Second), "sid", `"s"`)))
	want := jwt.Claims{
		Issuer: issuer, Subject: "alice", Audience: []string{"a", audience}, Expiry: instant.Add(time.Minute),
		NotBefore: instant.Add(-time.Second), IssuedAt: instant, ID: "1", SessionID: "s", Scope: "me items",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Verify(token) = %+v, %v, want %+v", got, err, want)
	}
}

func TestVerifyKeys(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	broken := errors.New("the store is away")
	keys := func(ctx context.Context) ([]jwt.Key, error) {
		if ctx.Value(tenant{}) == nil {
			return []jwt.Key{edKey}, broken
		}
		return []jwt.Key{edKey}, nil
	}
	v := newVerifier(t, jwt.VerifierConfig{Keys: keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	claims, err := v.Verify(context.Background(), token(head(), claims()))
	if !errors.Is(err, broken) || errors.Is(err, jwt.ErrInvalid) || claims.Subject != "" {
		t.Errorf("Verify(token) = %v, want %v", err, broken)
	}
	if _, err := v.Verify(context.WithValue(context.Background(), tenant{}, 1), goodToken()); err != nil {
		t.Errorf("Verify(token) = %v, want nil", err)
	}
}

// The error says which claim it is about, not what is found out later.
func TestAMalformedClaimIsNamed(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}}, nil)
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "scope"} {
		_, err := v.Verify(t.Context(), token(head(), claims(name, "{}")))
		if !errors.Is(err, jwt.ErrMalformed) || !strings.Contains(err.Error(), name) {
			t.Errorf("Verify with a malformed %s = %v, want ErrMalformed and the name", name, err)
		}
	}
}

func goodToken() string { return token(head(), claims()) }

func TestVerifierIsItsOwn(t *testing.T) {
	t.Parallel()
	algs, keys := []jwt.Algorithm{jwt.EdDSA}, []jwt.Key{edKey}
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(keys...), Algorithms: algs}, nil)
	algs[0], keys[0] = "none", jwt.Key{}
	if _, err := verify(v, goodToken()); err != nil {
		t.Errorf("Verify(token) = %v, want nil", err)
	}
}

func TestErrorsAreApart(t *testing.T) {
	t.Parallel()
	all := []error{
		jwt.ErrMalformed, jwt.ErrAlgorithm, jwt.ErrUnknownKey, jwt.ErrSignature, jwt.ErrType,
		jwt.ErrExpired, jwt.ErrNotYetValid, jwt.ErrIssuer, jwt.ErrAudience,
	}
	for i, one := range all {
		if !errors.Is(one, jwt.ErrInvalid) || errors.Is(jwt.ErrInvalid, one) { //nolint:staticcheck // both orders are the test
			t.Errorf("%v is not an %v, or the other way round", one, jwt.ErrInvalid)
		}
		for j, other := range all {
			if errors.Is(one, other) != (i == j) {
				t.Errorf("errors.Is(%v, %v) = %v", one, other, i != j)
			}
		}
	}
}

func TestClaimsScopes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		claim, scope string
		want         bool
	}{
		"the first of two":           {"me items", "me", true},
		"the last of two":            {"me items", "items", true},
		"behind two spaces":          {"me  items", "items", true},
		"a part of one":              {"items:read", "items", false},
		"other letters":              {"Me", "me", false},
		"the empty scope":            {"me  items", "", false},
		"two at once":                {"me items", "me items", false},
		"none at all":                {"", "me", false},
		"a tab is no separator here": {"me\titems", "items", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := (jwt.Claims{Scope: test.claim}).HasScope(test.scope); got != test.want {
				t.Errorf("HasScope(%q) = %v, want %v", test.scope, got, test.want)
			}
		})
	}
	for _, claim := range []string{"", "me", " me  items ", "me\titems"} {
		c := jwt.Claims{Scope: claim}
		for _, scope := range c.Scopes() {
			if !c.HasScope(scope) {
				t.Errorf("Scopes of %q has %q, HasScope has not", claim, scope)
			}
		}
	}
}
