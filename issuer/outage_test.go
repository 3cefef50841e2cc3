package issuer_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

var errDown = errors.New("connection refused")

// An issuer that is down when the service starts is waited for.
func TestAnIssuerThatIsDownAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		s.down = errDown
		v := discover(t, s.config())
		_, err := verify(t, v, token(first))
		if outcome(err) != "unavailable" || !errors.Is(err, errDown) || !contains(err, home) {
			t.Errorf("Verify while the issuer is down = %v, want that it is unavailable because the connection was refused", err)
		}
		if err := v.Ready(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Ready while the issuer is down = %v, want %v", err, errDown)
		}
		sleep(10 * time.Minute)
		const place = "/.well-known/openid-configuration"
		if got := s.readsOf(place); got < 15 || got > 16 { // 0, 1, 3, 7, 15, 31, 63 s, then each minute
			t.Errorf("the issuer was asked %d times in ten minutes, want ever more seldom and once a minute at last", got)
		}
		s.set(func() { s.down = nil })
		sleep(time.Minute + time.Second)
		if _, err := verify(t, v, token(first)); err != nil {
			t.Errorf("Verify when the issuer is up = %v, want nil", err)
		}
		if err := v.Ready(t.Context()); err != nil {
			t.Errorf("Ready when the issuer is up = %v, want nil", err)
		}
	})
}

// An issuer that goes down later: what is known is good for MaxStale, what is
// not is not refused but unavailable.
func TestAnIssuerThatGoesDownLater(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		maxStale, want time.Duration
	}{
		"for the default":       {0, 24 * time.Hour},
		"for a configured time": {3 * time.Hour, 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(first)
				config := s.config()
				config.MaxStale = test.maxStale
				v := discover(t, config)
				s.set(func() { s.down = errDown })
				sleep(test.want)
				if _, err := verify(t, v, token(first)); err != nil {
					t.Errorf("Verify by a known key after %v = %v, want nil", test.want, err)
				}
				if _, err := verify(t, v, token(second)); outcome(err) != "unavailable" {
					t.Errorf("Verify by an unknown key = %v, want that it is unavailable", err)
				}
				sleep(time.Minute)
				if _, err := verify(t, v, token(first)); outcome(err) != "unavailable" {
					t.Errorf("Verify by a known key after more than %v = %v, want that it is unavailable", test.want, err)
				}
				if err := v.Ready(t.Context()); outcome(err) != "unavailable" {
					t.Errorf("Ready after more than %v = %v, want that it is unavailable", test.want, err)
				}
				s.set(func() { s.down = nil })
				sleep(6 * time.Second) // somebody has asked, so that LookAgain counts
				if _, err := verify(t, v, token(second)); outcome(err) != "refused" {
					t.Errorf("Verify by an unknown key when the issuer is up = %v, want that it is refused", err)
				}
			})
		})
	}
}

// Each outage begins with quick attempts, whatever there was before.
func TestASecondOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		for n := range 2 {
			before := s.readsOf("/keys")
			s.set(func() { s.down = errDown })
			sleep(6 * time.Minute)
			if got := s.readsOf("/keys") - before; got < 6 {
				t.Errorf("outage %d: the set was asked for %d times in the minute after the first failure, want 6 times or more", n, got)
			}
			s.set(func() { s.down = nil })
			sleep(10 * time.Second)
			if err := v.Ready(t.Context()); err != nil {
				t.Errorf("Ready = %v, want nil", err)
			}
		}
	})
}

// Keys do not grow stale while the issuer is up, however long it says that they
// may be kept.
func TestAShortMaxStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		s.header.Set("Cache-Control", "max-age=3600")
		config := s.config()
		config.MaxStale = 4 * time.Minute
		v := discover(t, config)
		for range 60 {
			sleep(time.Minute)
			if err := v.Ready(t.Context()); err != nil {
				t.Fatalf("Ready = %v, want nil", err)
			}
		}
	})
}

// Something that is wrong with the issuer's answers leaves what is known.
func TestAnswersThatBringNothing(t *testing.T) {
	t.Parallel()
	page := func(w http.ResponseWriter, body string) { _, _ = w.Write([]byte(body)) }
	for name, test := range map[string]struct {
		path, body string
		want       string
	}{
		"a set without keys":               {"/keys", `{"keys":[]}`, "is empty"},
		"a set without a usable key":       {"/keys", `{"keys":[{"kty":"RSA","use":"enc","kid":"e"}]}`, `of 1 the first, "e", is skipped because the key is for another use`},
		"a set with a secret":              {"/keys", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, "there is a secret in it"},
		"a page instead of the set":        {"/keys", `<!doctype html><title>Maintenance</title>`, `is no key set (it is "text/html`},
		"a member twice":                   {"/keys", `{"keys":[],"keys":[]}`, "duplicate member"},
		"a document of another issuer":     {"/.well-known/openid-configuration", `{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}`, "wanted is exactly"},
		"a document with the issuer twice": {"/.well-known/openid-configuration", `{"issuer":"https://id.example","issuer":"https://evil.example","jwks_uri":"https://id.example/keys"}`, ""},
		"a document that leads elsewhere":  {"/.well-known/openid-configuration", `{"issuer":"https://id.example","jwks_uri":"https://169.254.169.254/keys"}`, "is not of the public internet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(first)
				broken := false
				s.answer = func(w http.ResponseWriter, r *http.Request) bool {
					if broken && r.URL.Path == test.path {
						page(w, test.body)
						return true
					}
					return false
				}
				log := &lines{}
				config := s.config()
				config.Log = log.logger()
				v := discover(t, config)
				s.set(func() { broken = true })
				sleep(2 * time.Hour)
				if _, err := verify(t, v, token(first)); err != nil {
					t.Errorf("Verify by a known key = %v, want nil", err)
				}
				if err := v.Ready(t.Context()); err != nil {
					t.Errorf("Ready = %v, want nil", err)
				}
				if test.want == "" { // the document of before stays in use, and its keys are read
					s.set(func() { s.keys = []jwt.Key{second} })
					if _, err := verify(t, v, token(second)); err != nil {
						t.Errorf("Verify by a new key = %v, want nil", err)
					}
					return
				}
				if !log.has("keys of an issuer cannot be read", test.want) {
					t.Errorf("the log has not %q:\n%s", test.want, log)
				}
				_, err := verify(t, v, token(second))
				if outcome(err) != "unavailable" || !contains(err, test.want) {
					t.Errorf("Verify by an unknown key = %v, want that it is unavailable, with %q", err, test.want)
				}
			})
		})
	}
}

// The keys move when the document says so: at once if they are not where they
// were.
func TestKeysThatMove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		s.header.Set("ETag", `"v1"`)
		v := discover(t, s.config())
		s.set(func() {
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				switch r.URL.Path {
				case "/.well-known/openid-configuration":
					_, _ = w.Write([]byte(`{"issuer":"https://id.example","jwks_uri":"https://id.example/new-keys"}`))
				case "/new-keys":
					if r.Header.Get("If-None-Match") != "" { // that was the tag of another set
						w.WriteHeader(http.StatusNotModified)
						return true
					}
					_, _ = w.Write(must(jwt.MarshalPublicSet(second)))
				default:
					http.NotFound(w, r)
				}
				return true
			}
		})
		sleep(6 * time.Minute)
		if _, err := verify(t, v, token(second)); err != nil {
			t.Errorf("Verify by a key at the new place = %v, want nil", err)
		}
		sleep(61 * time.Minute)
		if got := s.readsOf("/.well-known/openid-configuration"); got != 3 {
			t.Errorf("the document was read %d times in an hour, want 3 times", got)
		}
	})
}

// Discover waits for the first attempt, but not longer than its caller.
func TestTheFirstAttemptIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deadline time.Duration
		took     time.Duration
	}{
		"by the timeout":      {time.Hour, 10 * time.Second},
		"by the caller's own": {2 * time.Second, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(first)
				hangs := true
				s.answer = func(_ http.ResponseWriter, r *http.Request) bool {
					if hangs {
						<-r.Context().Done()
					}
					return hangs
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				began := time.Now()
				v, err := issuer.Discover(ctx, home, s.config())
				if took := time.Since(began); err != nil || took != test.took {
					t.Fatalf("Discover = %v after %v, want nil after %v", err, took, test.took)
				}
				defer func() { _ = v.Close() }()
				s.set(func() { hangs = false })
				sleep(2 * time.Second)
				if err := v.Ready(t.Context()); err != nil {
					t.Errorf("Ready when the issuer answers = %v, want nil", err)
				}
			})
		})
	}
}

func TestDiscoverThatIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if v, err := issuer.Discover(ctx, home, newServer(first).config()); v != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("Discover = %v, %v, want %v", v, err, context.Canceled)
		}
	})
}

// A caller who hangs up does not wait for keys, and others go on waiting.
func TestACallerWhoHangsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		v := discover(t, s.config())
		s.set(func() { s.keys = []jwt.Key{second} })
		var others sync.WaitGroup
		others.Go(func() {
			if _, err := verify(t, v, token(second)); err != nil {
				t.Errorf("Verify of who stays = %v, want nil", err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := v.Verify(ctx, token(second))
		if outcome(err) != "stopped" || time.Since(began) != time.Second {
			t.Errorf("Verify of who hangs up = %v after %v, want that it is stopped after a second", err, time.Since(began))
		}
		others.Wait()
	})
}

// Close ends the goroutine, also while it reads; what is known stays good.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		log := &lines{}
		config := s.config()
		config.Log = log.logger()
		v := must(issuer.Discover(t.Context(), home, config))
		s.set(func() {
			s.answer = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
		})
		sleep(5*time.Minute + time.Second) // it is reading
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := verify(t, v, token(second)); outcome(err) != "unavailable" {
				t.Errorf("Verify of who waits when it closes = %v, want that it is unavailable", err)
			}
		})
		synctest.Wait()
		if err := v.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
		waiting.Wait()
		if _, err := verify(t, v, token(first)); err != nil {
			t.Errorf("Verify by a known key after Close = %v, want nil", err)
		}
		if _, err := verify(t, v, token(second)); outcome(err) != "unavailable" {
			t.Errorf("Verify by an unknown key after Close = %v, want that it is unavailable", err)
		}
		sleep(25 * time.Hour)
		if _, err := verify(t, v, token(first)); outcome(err) != "unavailable" {
			t.Errorf("Verify a day after Close = %v, want that it is unavailable", err)
		}
		if log.has("cannot be read") {
			t.Errorf("Close is in the log as a failure:\n%s", log)
		}
	})
}
