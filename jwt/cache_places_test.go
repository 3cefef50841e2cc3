package jwt

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTheCacheHasPlacesForAtLeastItsSize(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{1: 4, 4: 4, 5: 8, 8: 8, 9: 16, 4096: 4096, 5000: 8192} {
		if got := len(newCache(size).places); got != want {
			t.Errorf("newCache(%d) has %d places, want %d", size, got, want)
		}
	}
	for _, size := range []int{0, -1} {
		if newCache(size) != nil {
			t.Errorf("newCache(%d) is a cache, want none", size)
		}
	}
	v, err := NewVerifier(VerifierConfig{Keys: StaticKeys(), Algorithms: []Algorithm{EdDSA}, InsecureNoIssuer: true, InsecureNoAudience: true})
	if err != nil || len(v.cache.places) != 4096 {
		t.Errorf("NewVerifier without a CacheSize = %v, %v; want a cache of 4096", v, err)
	}
}

// remember puts a token in where it belongs.
func (c *cache) remember(text string, key *Key, claims *Claims) {
	_, where := c.find(text)
	c.put(text, where, key, claims)
}

// What a token says is written down in another form, and read as it was.
func TestTheCacheGivesBackWhatATokenSays(t *testing.T) {
	t.Parallel()
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	for name, want := range map[string]Claims{
		"nothing":             {},
		"everything":          {"iss", "sub", []string{"a", "", "b"}, at(9), at(8), at(7), "jti", "sid", "client", "me items", at(6)},
		"the first second":    {Expiry: at(0), IssuedAt: at(0)},
		"an empty audience":   {Audience: []string{}, Subject: "s"},
		"only the last ones":  {Scope: "me", AuthTime: at(5)},
		"texts that are long": {Subject: strings.Repeat("s", 1500), ID: strings.Repeat("ü", 200)},
	} {
		got := flatten("a.b.c", &Key{}, &want).read()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the cache gives back %+v, want %+v", name, got, want)
		}
	}
}

// Every place is used, so that a cache remembers as many tokens as it says.
func TestTheCacheUsesAllItsPlaces(t *testing.T) {
	t.Parallel()
	c := newCache(64)
	for i := range 64 * 100 {
		c.remember(strconv.Itoa(i), &Key{}, &Claims{})
	}
	for i := range c.places {
		if c.places[i].Load() == nil {
			t.Errorf("place %d of %d is empty after 6400 tokens", i, len(c.places))
		}
	}
}

func TestWhatTheCacheKeeps(t *testing.T) {
	t.Parallel()
	c := newCache(1) // four places
	put := func(text string) { c.remember(text, &Key{}, &Claims{Subject: text}) }
	found := func(text string) *verified { one, _ := c.find(text); return one }
	kept := func(text string) bool { return found(text) != nil }
	put(strings.Repeat("x", 2049))
	for i := range c.places {
		if c.places[i].Load() != nil {
			t.Error("a token of 2049 bytes is kept")
		}
	}
	put(strings.Repeat("x", 2048))
	if !kept(strings.Repeat("x", 2048)) {
		t.Error("a token of 2048 bytes is not kept")
	}
	c = newCache(1)
	for _, text := range []string{"a", "b", "c", "d", "c"} {
		put(text) // the last one into its own place
	}
	for _, text := range []string{"a", "b", "c", "d"} {
		if !kept(text) || found(text).read().Subject != text {
			t.Errorf("%s is not kept in one of four places", text)
		}
	}
	unused := found("c")
	for i := range c.places {
		c.places[i].Load().used.Store(c.places[i].Load() != unused)
	}
	put("e")
	if !kept("a") || !kept("b") || kept("c") || !kept("d") || !kept("e") {
		t.Error("a new token did not take the place of the one that was not used")
	}
	// a, b, d and e were looked for by now.
	put("f")
	if kept("f") == kept("a") {
		t.Error("where all were used, the first place is not the new one's")
	}
	put("g")
	if !kept("f") || !kept("g") {
		t.Error("a newcomer does not forget that the others were used")
	}
	if kept("h") {
		t.Error("a token that was never put in is found")
	}
}

// TestARememberedSignatureIsNotLookedAtAgain puts in a token whose signature is
// wrong: that it is accepted shows that it is not computed.
func TestARememberedSignatureIsNotLookedAtAgain(t *testing.T) {
	t.Parallel()
	key, err := GenerateKey(EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	asked, down := 0, error(nil)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v, err := NewVerifier(VerifierConfig{
		Keys:       func(context.Context) ([]Key, error) { asked++; return []Key{key}, down },
		Algorithms: []Algorithm{EdDSA}, InsecureNoIssuer: true, InsecureNoAudience: true, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	const text = "header.payload.signature"
	v.cache.remember(text, &key, &Claims{Subject: "alice", Expiry: now.Add(time.Minute)})
	if c, err := v.Verify(t.Context(), text); err != nil || c.Subject != "alice" || asked != 1 {
		t.Errorf("Verify = %+v, %v, asking for keys %d times; want what is remembered, asking once", c, err, asked)
	}
	key.noVerify = true // as its key_ops may say from now on
	if _, err := v.Verify(t.Context(), text); !errors.Is(err, ErrMalformed) {
		t.Errorf("Verify when the key may not verify any more = %v, want that it looks at the token again", err)
	}
	key.noVerify, asked = false, 1
	down = errors.New("no keys today")
	if _, err := v.Verify(t.Context(), text); !errors.Is(err, down) || asked != 2 {
		t.Errorf("Verify without keys = %v, asking for them %d times; want their error, asking once more", err, asked)
	}
}

// TestTheSameKey compares keys as a remembered token's is compared with those of
// now: they are the same if they verify the same tokens, wherever they come from.
func TestTheSameKey(t *testing.T) {
	t.Parallel()
	secret := func(alg Algorithm, text string) Key {
		key, err := SecretKey(alg, []byte(strings.Repeat(text, 64)))
		if err != nil {
			t.Fatal(err)
		}
		return key.WithID("1")
	}
	made := map[Algorithm]Key{}
	generate := func(alg Algorithm) Key {
		key, err := GenerateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		return key.WithID("1")
	}
	for _, alg := range []Algorithm{EdDSA, ES256, RS256} {
		made[alg] = generate(alg)
	}
	again := func(key Key) Key {
		data, err := MarshalPublicSet(key)
		if err != nil {
			t.Fatal(err)
		}
		set, err := ParsePublicSet(data)
		if err != nil || len(set.Keys) != 1 {
			t.Fatal(set, err)
		}
		return set.Keys[0]
	}
	for name, test := range map[string]struct {
		one, other Key
		same       bool
	}{
		"a secret and itself":               {secret(HS256, "a"), secret(HS256, "a"), true},
		"another secret":                    {secret(HS256, "a"), secret(HS256, "b"), false},
		"a secret for another algorithm":    {secret(HS256, "a"), secret(HS512, "a"), false},
		"a secret of another id":            {secret(HS256, "a"), secret(HS256, "a").WithID("2"), false},
		"an Ed25519 key and itself":         {made[EdDSA], made[EdDSA], true},
		"an Ed25519 key and its public one": {made[EdDSA], again(made[EdDSA]), true},
		"another Ed25519 key":               {made[EdDSA], generate(EdDSA), false},
		"an ECDSA key and itself":           {made[ES256], made[ES256], true},
		"an ECDSA key and its public one":   {made[ES256], again(made[ES256]), true},
		"another ECDSA key":                 {made[ES256], generate(ES256), false},
		"an RSA key and its public one":     {made[RS256], again(made[RS256]), true},
		"a secret and no key":               {secret(HS256, "a"), Key{id: "1", alg: HS256}, false},
		"no key and a secret":               {Key{id: "1", alg: HS256}, secret(HS256, "a"), false},
		"no keys":                           {Key{id: "1", alg: HS256}, Key{id: "1", alg: HS256}, false},
		"a key and no key":                  {made[EdDSA], Key{id: "1", alg: EdDSA}, false},
	} {
		if got := test.one.same(&test.other); got != test.same {
			t.Errorf("%s: same = %v, want %v", name, got, test.same)
		}
		if got := test.other.same(&test.one); got != test.same {
			t.Errorf("%s, the other way round: same = %v, want %v", name, got, test.same)
		}
	}
}

// The header of tokens is read once for as long as it is the same.
func TestAHeaderIsReadOnce(t *testing.T) {
	t.Parallel()
	keys := make([]Key, 2)
	signers := make([]*Signer, 2)
	for i := range keys {
		key, err := GenerateKey(EdDSA)
		keys[i] = key.WithID(strconv.Itoa(i))
		var failed error
		signers[i], failed = NewSigner(SignerConfig{Key: keys[i], Issuer: "i", Audience: []string{"a"}, TTL: time.Minute})
		if err := errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
	}
	v, err := NewVerifier(VerifierConfig{Keys: StaticKeys(keys...), Algorithms: []Algorithm{EdDSA}, Issuer: "i", Audience: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var seen []*seenHeader
	for _, by := range []int{0, 0, 1, 1, 0} {
		text, err := signers[by].Sign(Claims{Subject: strconv.Itoa(len(seen))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), text); err != nil {
			t.Fatalf("Verify by the clock of the machine = %v, want nil", err)
		}
		seen = append(seen, v.seen.Load())
	}
	if seen[0] == nil || seen[0] != seen[1] || seen[1] == seen[2] || seen[2] != seen[3] || seen[3] == seen[4] {
		t.Errorf("the headers that were seen are %v, want a new one with each change of the key alone", seen)
	}
}
