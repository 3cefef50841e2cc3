package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/jwt"
)

// world is what a verifier asks at the moment of verifying: the clock and the
// keys.
type world struct {
	now  time.Time
	keys []jwt.Key
	down error
}

func (w *world) verifier(size *int) *jwt.Verifier {
	return must(jwt.NewVerifier(jwt.VerifierConfig{
		Keys:       func(context.Context) ([]jwt.Key, error) { return slices.Clone(w.keys), w.down },
		Algorithms: algorithms, Issuer: issuer, Audience: audience, Type: "JWT",
		Leeway: 5 * time.Second, CacheSize: size, Now: func() time.Time { return w.now },
	}))
}

// sign makes a token of the world's now, sometimes of the wrong type, issuer or
// audience.
func (w *world) sign(t *rapid.T, key jwt.Key) string {
	config := jwt.SignerConfig{
		Key: key, Type: rapid.SampledFrom([]string{"JWT", "JWT", "JWT", "at+jwt"}).Draw(t, "typ"),
		Issuer:   rapid.SampledFrom([]string{issuer, issuer, issuer, "https://else.example"}).Draw(t, "iss"),
		Audience: rapid.SampledFrom([][]string{{audience}, {audience, "b"}, {"b"}}).Draw(t, "aud"),
		TTL:      time.Duration(rapid.IntRange(1, 60).Draw(t, "ttl")) * time.Second,
		Now:      func() time.Time { return w.now },
	}
	return must(must(jwt.NewSigner(config)).Sign(jwt.Claims{Subject: "s", Scope: "me", NotBefore: w.now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "nbf")) * time.Second)}))
}

// A verifier that remembers and one that does not never differ, whatever
// happens to tokens, keys and the clock. HOLDFAST_HISTORIES says how many
// histories are tried.
func TestRememberingChangesNothing(t *testing.T) {
	t.Parallel()
	pool := []jwt.Key{
		keyOf(jwt.HS256), must(jwt.SecretKey(jwt.HS256, []byte(strings.Repeat("another secret ", 4)))).WithID("HS256"),
		keyOf(jwt.HS512), edKey, edSecond, keyOf(jwt.HS256).WithID(""), edKey.WithID("renamed"),
	}
	history := func(t *rapid.T) {
		w := &world{now: instant, keys: pool[:2]}
		small := 4
		remembering, forgetting := w.verifier(rapid.SampledFrom([]*int{nil, &small}).Draw(t, "size")), w.verifier(new(0))
		var tokens []string
		for range rapid.IntRange(2, 20).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0, 1:
				tokens = append(tokens, w.sign(t, rapid.SampledFrom(pool).Draw(t, "key")))
			case 2: // keys come, go, and change
				w.keys = rapid.SliceOfN(rapid.SampledFrom(pool), 0, 4).Draw(t, "keys")
			case 3: // the clock goes on, and sometimes back
				w.now = w.now.Add(time.Duration(rapid.IntRange(-20, 40).Draw(t, "clock")) * time.Second)
			case 4:
				w.down = rapid.SampledFrom([]error{nil, nil, errors.New("no keys today")}).Draw(t, "down")
			case 5:
				if len(tokens) > 0 { // a token that is almost the same
					one := []byte(rapid.SampledFrom(tokens).Draw(t, "token"))
					one[rapid.IntRange(0, len(one)-1).Draw(t, "at")] ^= 1
					tokens = append(tokens, string(one))
				}
			}
			for _, text := range tokens {
				got, err := remembering.Verify(context.Background(), text)
				want, wanted := forgetting.Verify(context.Background(), text)
				if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wanted) {
					t.Fatalf("Verify(%s) = %+v, %v with a cache, and %+v, %v without", text, got, err, want, wanted)
				}
			}
		}
	}
	histories, _ := strconv.Atoi(os.Getenv("HOLDFAST_HISTORIES"))
	for range max(1, histories/2000) { // each check is tries histories
		rapid.Check(t, history)
	}
}

// What a caller does with the claims does not change those of the next.
func TestRememberedClaimsAreNobodysToChange(t *testing.T) {
	t.Parallel()
	w := &world{now: instant, keys: []jwt.Key{edKey}}
	v := w.verifier(nil)
	text := must(newSigner(t, jwt.SignerConfig{Key: edKey, Type: "JWT"}).Sign(jwt.Claims{Subject: "s"}))
	for range 3 {
		c := must(v.Verify(t.Context(), text))
		if c.Audience[0] != audience {
			t.Fatalf("Audience = %q, want %q", c.Audience, audience)
		}
		c.Audience[0] = "mine"
	}
}

// A token that was found good is refused from the moment its key is gone, may
// no longer verify, or cannot be asked for.
func TestRememberedTokensFallWithTheirKey(t *testing.T) {
	t.Parallel()
	text := must(newSigner(t, jwt.SignerConfig{Key: edKey, Type: "JWT"}).Sign(jwt.Claims{Subject: "s"}))
	for name, change := range map[string]func(*world){
		"the key is gone":              func(w *world) { w.keys = nil },
		"another key has its id":       func(w *world) { w.keys = []jwt.Key{edSecond.WithID("ed")} },
		"the key has another id":       func(w *world) { w.keys = []jwt.Key{edKey.WithID("other")} },
		"the keys cannot be asked for": func(w *world) { w.down = errors.New("down") },
		"the token has expired":        func(w *world) { w.now = w.now.Add(time.Hour) },
		"the clock went far back":      func(w *world) { w.now = w.now.Add(-time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{now: instant, keys: []jwt.Key{edKey}}
			v := w.verifier(nil)
			for range 2 {
				if _, err := v.Verify(t.Context(), text); err != nil {
					t.Fatalf("Verify = %v, want nil", err)
				}
			}
			before := *w
			change(w)
			if c, err := v.Verify(t.Context(), text); err == nil || !reflect.DeepEqual(c, jwt.Claims{}) {
				t.Errorf("Verify = %+v, %v, want an error", c, err)
			}
			*w = before
			if _, err := v.Verify(t.Context(), text); err != nil {
				t.Errorf("Verify when all is as before = %v, want nil", err)
			}
		})
	}
}

// A flood of good tokens, of tokens as long as any that is remembered, and of
// garbage keeps to the memory that the configuration says.
func TestTheCacheHasABound(t *testing.T) {
	const size = 512
	w := &world{now: instant, keys: []jwt.Key{keyOf(jwt.HS256)}}
	limit := size
	v := w.verifier(&limit)
	s := newSigner(t, jwt.SignerConfig{Key: w.keys[0], Type: "JWT"})
	before := heap()
	for i := range 8 * size {
		text := must(s.Sign(jwt.Claims{Subject: strconv.Itoa(i), Scope: strings.Repeat("x", 1200)}))
		_, _ = v.Verify(t.Context(), text)
		_, _ = v.Verify(t.Context(), text[:len(text)-2]+"AA")
	}
	if grown := heap() - before; grown > size*8<<10 {
		t.Errorf("the cache of %d tokens has grown to %d bytes, want at most %d", size, grown, size*8<<10)
	}
	runtime.KeepAlive(v)
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestManyVerifyAtOnce(t *testing.T) {
	t.Parallel()
	w := &world{now: instant, keys: []jwt.Key{edKey, keyOf(jwt.HS256)}}
	small := 8
	v := w.verifier(&small)
	var texts []string
	for i := range 32 {
		texts = append(texts, must(newSigner(t, jwt.SignerConfig{Key: w.keys[i%2], Type: "JWT"}).Sign(jwt.Claims{Subject: strconv.Itoa(i)})))
	}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 200 {
				at := (i*7 + n) % len(texts)
				if c, err := v.Verify(context.Background(), texts[at]); err != nil || c.Subject != strconv.Itoa(at) {
					t.Errorf("Verify = %q, %v, want the subject %d", c.Subject, err, at)
				}
			}
		})
	}
	all.Wait()
}

func TestCacheSizesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, size := range []int{-1, 1 << 30} {
		_, err := jwt.NewVerifier(jwt.VerifierConfig{
			Keys: jwt.StaticKeys(edKey), Algorithms: algorithms, Issuer: issuer, Audience: audience, CacheSize: &size,
		})
		if err == nil || !strings.Contains(err.Error(), "CacheSize") {
			t.Errorf("NewVerifier with a CacheSize of %d = %v, want an error", size, err)
		}
	}
}
