package keyring_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

// issued is a token, and when it expires.
type issued struct {
	text    string
	kid     string
	issued  time.Time
	expires time.Time
}

// process is a server's share: a ring with its schedule, a signer, a verifier.
type process struct {
	ring     *keyring.Ring
	signer   *jwt.Signer
	verifier *jwt.Verifier
}

func newProcess(t *testing.T, store keyring.Store, tokenTTL time.Duration) *process {
	t.Helper()
	ring, err := keyring.Open(t.Context(), keyring.Config{Store: store, TokenTTL: tokenTTL, Period: time.Hour, Announce: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{SigningKey: ring.SigningKey, Issuer: "i", Audience: []string{"a"}, TTL: tokenTTL})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{Keys: ring.Keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "i", Audience: "a"})
	if err != nil {
		t.Fatal(err)
	}
	return &process{ring, signer, verifier}
}

func (p *process) sign(t *testing.T) issued {
	t.Helper()
	text, err := p.signer.SignContext(t.Context(), jwt.Claims{Subject: "alice"})
	if err != nil {
		t.Fatalf("SignContext = %v", err)
	}
	head, err := base64.RawURLEncoding.DecodeString(text[:strings.IndexByte(text, '.')])
	var h struct{ Kid string }
	if err != nil || json.Unmarshal(head, &h) != nil {
		t.Fatal(err)
	}
	c, err := p.verifier.Verify(t.Context(), text)
	if err != nil {
		t.Fatalf("Verify of a new token = %v", err)
	}
	return issued{text, h.Kid, c.IssuedAt, c.Expiry}
}

// Twenty rotations under load: four processes, two of which hear of no change,
// one of which sleeps for minutes again and again, with lifetimes of their
// own. No good token is refused anywhere, none is signed by a key that has
// retired, and the key set always has the key that signs and the one that will.
func TestTwentyRotations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		processes := []*process{
			newProcess(t, store, 15*time.Minute), newProcess(t, deaf{store}, 5*time.Minute),
			newProcess(t, deaf{store}, 40*time.Minute), newProcess(t, store, time.Minute),
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, p := range processes[:3] { // the fourth has no schedule that runs
			running.Go(func() { p.ring.Run(ctx) })
		}
		rng := rand.New(rand.NewSource(1)) //nolint:gosec // which of them acts, and when
		retires := map[string]time.Time{}
		var good []issued
		tokens := 0
		for start := time.Now(); time.Since(start) < 20*time.Hour+30*time.Minute; {
			time.Sleep(time.Duration(rng.Intn(100)) * time.Second) //nolint:forbidigo // the clock is synctest's
			awake := processes
			if time.Since(start)%time.Hour > 50*time.Minute {
				awake = processes[:3] // the fourth sleeps while the others rotate
			}
			good = append(good, awake[rng.Intn(len(awake))].sign(t))
			tokens++
			note(t, store, retires)
			good = check(t, awake[rng.Intn(len(awake))], good, retires)
		}
		stop()
		running.Wait()
		if len(retires) != 20 {
			t.Errorf("%d keys have retired, want 20", len(retires))
		}
		t.Logf("%d tokens, %d rotations", tokens, len(retires))
	})
}

// note remembers when keys retire.
func note(t *testing.T, store keyring.Store, retires map[string]time.Time) {
	t.Helper()
	records, err := keyring.List(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if at := r.Term.Retires; !at.IsZero() && !at.After(time.Now()) {
			retires[r.ID] = at
		}
	}
}

// check verifies tokens that are not over, one in ten of them, and drops
// those that are.
func check(t *testing.T, p *process, good []issued, retires map[string]time.Time) (left []issued) {
	t.Helper()
	set, err := p.ring.PublicSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	published, err := jwt.ParsePublicSet(set)
	if err != nil {
		t.Fatal(err)
	}
	for i, token := range good {
		if !time.Now().Before(token.expires) {
			if _, err := p.verifier.Verify(t.Context(), token.text); !errors.Is(err, jwt.ErrExpired) && !errors.Is(err, jwt.ErrUnknownKey) {
				t.Errorf("Verify of a token that is over = %v", err)
			}
			continue
		}
		left = append(left, token)
		if i%10 != len(good)%10 {
			continue
		}
		if _, err := p.verifier.Verify(t.Context(), token.text); err != nil {
			t.Fatalf("Verify of a token that is good until %v = %v", token.expires, err)
		}
		if _, err := jwt.VerifyJWS(token.text, published.Keys...); err != nil {
			t.Fatalf("the published keys do not verify a good token: %v", err)
		}
		if at, ok := retires[token.kid]; ok && !token.issued.Before(at) {
			t.Fatalf("a token of %v is signed by a key that retired at %v", token.issued, at)
		}
	}
	return left
}

// Run announces the next key when it is time, not when somebody asks, and goes
// on after errors.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &away{Store: memory.New()}
		p := newProcess(t, store, time.Minute)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.ring.Run(ctx); close(done) }()
		time.Sleep(54 * time.Minute) //nolint:forbidigo // the clock is synctest's
		synctest.Wait()
		store.down.Store(true)
		time.Sleep(3 * time.Minute) //nolint:forbidigo // the clock is synctest's
		store.down.Store(false)
		time.Sleep(10 * time.Second) //nolint:forbidigo // the clock is synctest's
		synctest.Wait()
		if got := story(t, store, time.Now()); got != "signing announced" {
			t.Errorf("after the store came back the keys are %q", got)
		}
		time.Sleep(10 * time.Minute) //nolint:forbidigo // the clock is synctest's
		synctest.Wait()
		if got := story(t, store, time.Now()); got != "gone signing" {
			t.Errorf("after a rotation the keys are %q, want that the old one is gone", got)
		}
		time.Sleep(26 * time.Hour) //nolint:forbidigo // the clock is synctest's
		synctest.Wait()
		records, err := keyring.List(t.Context(), store)
		if err != nil || len(records) > 27 || len(records) < 24 {
			t.Errorf("26 rotations later there are %d keys, %v, want those of a day", len(records), err)
		}
		stop()
		<-done
	})
}
