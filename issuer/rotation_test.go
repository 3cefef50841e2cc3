package issuer_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// However many tokens name unknown keys, the set is read once in LookAgain, and
// those who have a good token do not notice.
func TestAFloodOfUnknownKeysIsOneRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		good := token(first)
		sleep(30 * time.Second)
		var all sync.WaitGroup
		var refused, unavailable, others atomic.Int64
		before := s.readsOf("/keys")
		for second := range 2 {
			for i := range 10_000 {
				all.Go(func() {
					_, err := v.Verify(t.Context(), forged(fmt.Sprintf("%d-%d", second, i)))
					switch outcome(err) {
					case "refused":
						refused.Add(1)
					case "unavailable":
						unavailable.Add(1)
					default:
						others.Add(1)
					}
				})
			}
			if _, err := verify(t, v, good); err != nil {
				t.Errorf("Verify of a good token in second %d of the flood = %v, want nil", second, err)
			}
			sleep(time.Second)
		}
		if got := s.readsOf("/keys") - before; got != 1 {
			t.Errorf("the set was read %d times in 2 s, want once", got)
		}
		all.Wait()
		if r, u, o := refused.Load(), unavailable.Load(), others.Load(); r < 1000 || o > 0 || u < 10_000 || r+u != 20_000 {
			t.Errorf("%d refused, %d told to come again, %d others; want a thousand who wait for each read refused, and no others", r, u, o)
		}
		if got := s.readsOf("/keys") - before; got > 3 {
			t.Errorf("the set was read %d times until the last had an answer, want at most 3", got)
		}
		s.set(func() { s.keys = []jwt.Key{second} })
		if _, err := verify(t, v, token(second)); err != nil {
			t.Errorf("Verify by a new key after the flood = %v, want nil", err)
		}
	})
}

// An issuer that takes new keys as no issuer should, without a word before,
// twenty times in a row and faster than LookAgain: callers with a good token
// wait a little at worst.
func TestRotationRefusesNoGoodToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		var callers sync.WaitGroup
		for n := range 20 {
			key := second.WithID(fmt.Sprint("key", n))
			s.set(func() { s.keys = append([]jwt.Key{key}, s.keys...) })
			text := token(key)
			for range 50 {
				callers.Go(func() {
					began := time.Now()
					if _, err := verify(t, v, text); err != nil {
						t.Errorf("Verify of a token by key %d = %v, want nil", n, err)
					}
					if waited := time.Since(began); waited > 5*time.Second {
						t.Errorf("a caller with key %d waited %v, want at most LookAgain", n, waited)
					}
				})
			}
			sleep(700 * time.Millisecond)
		}
		callers.Wait()
		if got := s.readsOf("/keys"); got > 5 {
			t.Errorf("the set was read %d times in 14 s, want at most 5", got)
		}
	})
}

// What a round brings is decided by when it began: a caller who comes while the
// set is being read waits for the next one if need be.
func TestACallerWhoComesDuringARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		sleep(10 * time.Second)
		s.set(func() { s.answer = slowly(s, time.Second) })
		go func() { _, _ = v.Verify(t.Context(), forged("nobody's")) }()
		sleep(500 * time.Millisecond) // the set is on its way, without the key
		s.set(func() { s.keys = []jwt.Key{first, second} })
		began := time.Now()
		_, err := verify(t, v, token(second))
		if waited := time.Since(began); err != nil || waited < 4*time.Second || waited > 6*time.Second {
			t.Errorf("Verify = %v after %v, want nil after the next read", err, waited)
		}
	})
}

// Callers that one read has helped cause no other.
func TestOneReadForCallersWhoComeDuringIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		sleep(10 * time.Second)
		s.set(func() { s.keys, s.answer = []jwt.Key{first, second}, slowly(s, time.Second) })
		text := token(second)
		var callers sync.WaitGroup
		for range 5 {
			callers.Go(func() {
				if _, err := verify(t, v, text); err != nil {
					t.Errorf("Verify = %v, want nil", err)
				}
			})
			sleep(100 * time.Millisecond)
		}
		callers.Wait()
		sleep(time.Minute)
		if got := s.readsOf("/keys"); got != 2 {
			t.Errorf("the set was read %d times, want twice", got)
		}
	})
}

// slowly answers with the keys of the moment of asking, after a time.
func slowly(s *server, d time.Duration) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		s.mu.Lock()
		set := must(jwt.MarshalPublicSet(s.keys...))
		s.mu.Unlock()
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return true
		}
		_, _ = w.Write(set)
		return true
	}
}

// A token without a kid may be a new key's, too.
func TestRotationOfKeysWithoutID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first.WithID(""))
		v := discover(t, s.config())
		sleep(10 * time.Second)
		s.set(func() { s.keys = []jwt.Key{second.WithID("")} })
		if _, err := verify(t, v, token(second.WithID(""))); err != nil {
			t.Errorf("Verify of a token by the new key = %v, want nil", err)
		}
		if _, err := verify(t, v, token(first.WithID(""))); outcome(err) != "refused" {
			t.Errorf("Verify of a token by the old key = %v, want that it is refused", err)
		}
	})
}

// Tokens that would be refused whatever their key cause no read and no wait.
func TestNoReadForATokenThatIsBadAnyway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		sleep(10 * time.Second)
		foreign := must(jwt.NewSigner(jwt.SignerConfig{Key: second, Issuer: "https://other.example", Audience: []string{audience}}))
		for name, text := range map[string]string{
			"another issuer's":                     must(foreign.Sign(jwt.Claims{})),
			"expired":                              tokenAt(second, time.Now().Add(-time.Hour)),
			"for another audience":                 custom(second, "at+jwt", map[string]any{"aud": "bar"}),
			"of another type":                      custom(second, "logout+jwt", nil),
			"known key, bad signature":             token(second.WithID("first")),
			"of an algorithm that is not expected": must(jwt.SignJWS(must(jwt.GenerateKey(jwt.ES384)), "at+jwt", []byte("{}"))),
		} {
			began := time.Now()
			if _, err := verify(t, v, text); outcome(err) != "refused" || time.Since(began) > 0 {
				t.Errorf("Verify of a token that is %s = %v after %v, want that it is refused at once", name, err, time.Since(began))
			}
		}
		if got := s.readsOf("/keys"); got != 1 {
			t.Errorf("the set was read %d times, want once", got)
		}
	})
}

// A key that is announced before it signs is there when its first token comes,
// and one that was taken out verifies for an hour at most.
func TestKeysAreReadAgainWithoutACaller(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header http.Header
		after  time.Duration
	}{
		"the issuer says nothing":       {nil, 5 * time.Minute},
		"ten minutes":                   {http.Header{"Cache-Control": {"public, max-age=600"}}, 10 * time.Minute},
		"ten minutes, six of them over": {http.Header{"Cache-Control": {"max-age=600"}, "Age": {"360"}}, 4 * time.Minute},
		"ten minutes, all of them over": {http.Header{"Cache-Control": {"max-age=600"}, "Age": {"999"}}, time.Minute},
		"nothing, but how old it is":    {http.Header{"Age": {"240"}}, 5 * time.Minute},
		"in two headers":                {http.Header{"Cache-Control": {"public", `max-age="600"`}}, 10 * time.Minute},
		"twice, of which the first":     {http.Header{"Cache-Control": {"max-age=600, max-age=1200"}}, 10 * time.Minute},
		"a day":                         {http.Header{"Cache-Control": {"max-age=86400"}}, time.Hour},
		"for ever":                      {http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, time.Hour},
		"no second":                     {http.Header{"Cache-Control": {"max-age=0, must-revalidate"}}, time.Minute},
		"not to be kept":                {http.Header{"Cache-Control": {"no-store"}}, time.Minute},
		"not to be kept, for ten":       {http.Header{"Cache-Control": {"max-age=600, no-cache"}}, time.Minute},
		"garbage":                       {http.Header{"Cache-Control": {"max-age=-5, =, max-age=ten"}}, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(first)
				s.header = test.header
				discover(t, s.config())
				sleep(test.after - time.Second)
				if got := s.readsOf("/keys"); got != 1 {
					t.Errorf("the set was read %d times in less than %v, want once", got, test.after)
				}
				sleep(2 * time.Second)
				if got := s.readsOf("/keys"); got != 2 {
					t.Errorf("the set was read %d times in %v, want twice", got, test.after)
				}
			})
		})
	}
}

func TestARemovedKeyVerifiesForAnHourAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first, second)
		s.header.Set("Cache-Control", "max-age=31536000")
		v := discover(t, s.config())
		s.set(func() { s.keys = []jwt.Key{second} })
		sleep(time.Hour + time.Second)
		if _, err := verify(t, v, token(first)); outcome(err) != "refused" {
			t.Errorf("Verify of a token by a key that was taken out an hour ago = %v, want that it is refused", err)
		}
	})
}

// The log says which keys are used and skipped, when that changes.
func TestChangesOfKeysAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first, must(jwt.GenerateKey(jwt.ES384)).WithID("other"))
		log := &lines{}
		config := s.config()
		config.Log = log.logger()
		discover(t, config)
		sleep(11 * time.Minute) // two more reads
		if got := strings.Count(log.String(), "\n"); got != 1 || !log.has("keys of an issuer", home, `[EdDSA key "first"]`, `other: algorithm "ES384" is not among those`) {
			t.Errorf("the log has %d lines, want one about a key that is used and one that is not:\n%s", got, log)
		}
		s.set(func() { s.keys = []jwt.Key{second} })
		sleep(5 * time.Minute)
		if got := strings.Count(log.String(), "\n"); got != 2 || !log.has(`[EdDSA key "second"]`) {
			t.Errorf("the log has %d lines, want another one about the new key:\n%s", got, log)
		}
	})
}

// An issuer that has not changed anything says so by the entity tag.
func TestEntityTags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		etag string
		sent bool
	}{
		"a tag":                {`"v1"`, true},
		"a weak tag":           {`W/"v1"`, true},
		"an empty tag":         {`""`, true},
		"none":                 {"", false},
		"without quotes":       {"v1", false},
		"half a tag":           {`"`, false},
		"a quote inside":       {`"v"1"`, false},
		"a space inside":       {`"v 1"`, false},
		"not ASCII":            {`"vé"`, false},
		"longer than sensible": {`"` + string(make64k()) + `"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(first)
				s.header.Set("ETag", test.etag)
				s.header.Set("Cache-Control", "max-age=600")
				var got atomic.Value // the keeper asks meanwhile
				s.answer = func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path != "/keys" {
						return false
					}
					tag := r.Header.Get("If-None-Match")
					got.Store(tag)
					if tag != "" {
						w.Header().Set("Cache-Control", "max-age=1200")
						w.WriteHeader(http.StatusNotModified)
					}
					return tag != ""
				}
				v := discover(t, s.config())
				sleep(11 * time.Minute)
				if want := map[bool]string{true: test.etag}[test.sent]; got.Load() != want {
					t.Errorf("If-None-Match = %q, want %q", got.Load(), want)
				}
				if _, err := verify(t, v, token(first)); err != nil {
					t.Errorf("Verify after the set was said to be unchanged = %v, want nil", err)
				}
				sleep(10 * time.Minute) // the time that 304 gave, or else 200
				if reads := s.readsOf("/keys"); reads != map[bool]int{true: 2, false: 3}[test.sent] {
					t.Errorf("the set was read %d times in 21 minutes", reads)
				}
			})
		})
	}
}

func make64k() []byte {
	out := make([]byte, 64<<10)
	for i := range out {
		out[i] = 'x'
	}
	return out
}

// An issuer that says "unchanged" to somebody who did not ask that is broken.
func TestNotModifiedThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		s.answer = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/keys" {
				w.WriteHeader(http.StatusNotModified)
			}
			return r.URL.Path == "/keys"
		}
		v := discover(t, s.config())
		if err := v.Ready(t.Context()); !contains(err, "304") {
			t.Errorf("Ready = %v, want that it says 304", err)
		}
	})
}
