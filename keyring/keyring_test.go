package keyring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/memory"
)

const (
	hour = time.Hour
	ttl  = 15 * time.Minute
)

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is a clock that tests set.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// deaf is a store as another process has it at the worst: it is not told of
// any change.
type deaf struct{ keyring.Store }

func (deaf) Generation() uint64 { return 0 }

func master(t *testing.T, b byte) keyring.MasterKey {
	t.Helper()
	m, err := keyring.ParseMasterKey(fmt.Sprintf("%064x", append(make([]byte, 31), b)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ring opens a ring whose keys sign for ten hours and are announced for one.
func ring(t *testing.T, store keyring.Store, c *clock, change func(*keyring.Config)) *keyring.Ring {
	t.Helper()
	config := keyring.Config{Store: store, TokenTTL: ttl, Period: 10 * hour, Announce: hour, Now: c.read}
	if change != nil {
		change(&config)
	}
	r, err := keyring.Open(t.Context(), config)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return r
}

// story is the stages of all keys, the oldest first, as in "verifying signing
// announced".
func story(t *testing.T, store keyring.Store, now time.Time) string {
	t.Helper()
	records, err := keyring.List(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range records {
		out = append(out, r.Term.At(now).String())
	}
	return strings.Join(out, " ")
}

func maintain(t *testing.T, r *keyring.Ring) time.Time {
	t.Helper()
	next, err := r.Maintain(t.Context())
	if err != nil {
		t.Fatalf("Maintain = %v", err)
	}
	return next
}

func signingID(t *testing.T, r *keyring.Ring) string {
	t.Helper()
	key, err := r.SigningKey(t.Context())
	if err != nil || !key.CanSign() {
		t.Fatalf("SigningKey = %v, %v", key, err)
	}
	return key.ID()
}

func verifyingIDs(t *testing.T, r *keyring.Ring) (ids []string) {
	t.Helper()
	keys, err := r.Keys(t.Context())
	if err != nil {
		t.Fatalf("Keys = %v", err)
	}
	for _, k := range keys {
		ids = append(ids, k.ID())
	}
	return ids
}

func TestALife(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	r := ring(t, store, c, nil)
	first := signingID(t, r)
	second := ""
	for _, step := range []struct {
		at    time.Duration
		story string
		keys  int
	}{
		{0, "signing", 1},
		{9*hour - 1, "signing", 1},
		{9 * hour, "signing announced", 2},
		{10*hour - time.Second, "signing announced", 2},
		{10 * hour, "verifying signing", 2},
		{10*hour + ttl, "verifying signing", 2},
		{10*hour + ttl + time.Minute - 1, "verifying signing", 2},
		{10*hour + ttl + time.Minute, "gone signing", 1},
		{19 * hour, "gone signing announced", 2},
		{20 * hour, "gone verifying signing", 2},
	} {
		c.now = day.Add(step.at)
		maintain(t, r)
		if got := story(t, store, c.now); got != step.story {
			t.Errorf("after %v the keys are %q, want %q", step.at, got, step.story)
		}
		ids := verifyingIDs(t, r)
		if len(ids) != step.keys {
			t.Errorf("after %v %d keys verify, want %d", step.at, len(ids), step.keys)
		}
		signs := signingID(t, r)
		switch {
		case step.at < 10*hour && signs != first:
			t.Errorf("after %v another key signs than the first", step.at)
		case step.at == 10*hour:
			if second = signs; second == first {
				t.Error("after ten hours the first key signs still")
			}
		}
	}
	if signingID(t, r) == second {
		t.Error("after twenty hours the second key signs still")
	}
}

// No process ran for a year: the old key goes on until its successor has been
// announced for as long as always.
func TestASystemThatWasOff(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	first := signingID(t, ring(t, store, c, nil))
	c.now = day.Add(365 * 24 * hour)
	r := ring(t, store, c, nil)
	if maintain(t, r); story(t, store, c.now) != "signing announced" || signingID(t, r) != first {
		t.Errorf("the keys are %q", story(t, store, c.now))
	}
	c.now = c.now.Add(hour - time.Millisecond)
	if maintain(t, r); signingID(t, r) != first {
		t.Error("the successor signs before it was announced for an hour")
	}
	c.now = c.now.Add(time.Millisecond)
	if maintain(t, r); signingID(t, r) == first {
		t.Error("the successor does not sign")
	}
}

// A process that hears of nothing still changes over with the others, and one
// that was asleep reads before it signs.
func TestAProcessThatIsNotTold(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	awake, asleep := ring(t, store, c, nil), ring(t, deaf{store}, c, nil)
	first := signingID(t, asleep)
	c.now = day.Add(9 * hour)
	maintain(t, awake)
	c.now = day.Add(10 * hour)
	if got, want := signingID(t, asleep), signingID(t, awake); got != want || got == first {
		t.Errorf("after the sleep %s signs, want %s", got, want)
	}
	// Within a second of reading, it knows what was announced before.
	if _, err := awake.RotateNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(keyring.Settle)
	if got, want := signingID(t, asleep), signingID(t, awake); got != want {
		t.Errorf("when it takes effect %s signs, want %s", got, want)
	}
}

// A clock that is set back, or behind, leaves somebody to sign, and what
// verifies.
func TestAClockThatIsBehind(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	r := ring(t, store, c, nil)
	first := signingID(t, r)
	c.now = day.Add(9 * hour)
	maintain(t, r)
	c.now = day.Add(-hour)
	if got := signingID(t, r); got != first {
		t.Errorf("%s signs, want %s", got, first)
	}
	if ids := verifyingIDs(t, r); len(ids) != 2 {
		t.Errorf("%d keys verify, want the announced one, too: others may be ahead", len(ids))
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	r := ring(t, store, c, nil)
	next, err := r.Rotate(t.Context())
	if err != nil || !next.Term.Signs.Equal(day.Add(hour)) || next.Data != nil {
		t.Fatalf("Rotate = %+v, %v, want a key that signs in an hour", next, err)
	}
	if _, err := r.Rotate(t.Context()); !errors.Is(err, keyring.ErrAnnounced) || !strings.Contains(err.Error(), next.ID) {
		t.Errorf("Rotate = %v, want %v", err, keyring.ErrAnnounced)
	}
	sooner, err := r.RotateNow(t.Context())
	if err != nil || sooner.ID != next.ID || !sooner.Term.Signs.Equal(day.Add(keyring.Settle)) {
		t.Errorf("RotateNow = %+v, %v, want that the announced key signs in %v", sooner, err, keyring.Settle)
	}
	c.now = day.Add(keyring.Settle)
	if got := signingID(t, r); got != next.ID {
		t.Errorf("%s signs, want %s", got, next.ID)
	}
	if got := story(t, store, c.now); got != "verifying signing" {
		t.Errorf("the keys are %q", got)
	}
	another, err := r.RotateNow(t.Context())
	if err != nil || another.ID == next.ID || !another.Term.Signs.Equal(c.now.Add(keyring.Settle)) {
		t.Errorf("RotateNow = %+v, %v, want a new key", another, err)
	}
}

func TestRetireAndRevoke(t *testing.T) {
	t.Parallel()
	type keys struct{ old, signing, announced string }
	retire := func(which func(keys) string) func(*testing.T, *keyring.Ring, keys) error {
		return func(t *testing.T, r *keyring.Ring, k keys) error {
			_, err := r.Retire(t.Context(), which(k))
			return err
		}
	}
	revoke := func(which func(keys) string) func(*testing.T, *keyring.Ring, keys) error {
		return func(t *testing.T, r *keyring.Ring, k keys) error {
			_, err := r.Revoke(t.Context(), which(k))
			return err
		}
	}
	old, signing := func(k keys) string { return k.old }, func(k keys) string { return k.signing }
	announced, nobody := func(k keys) string { return k.announced }, func(keys) string { return "nobody" }
	for name, test := range map[string]struct {
		alone      bool // there is no announced key
		do         func(*testing.T, *keyring.Ring, keys) error
		want       error
		now, after string // the story at once, and when it has settled
	}{
		"retire one that is not there":     {false, retire(nobody), keyring.ErrNoKey, "verifying signing announced", "verifying signing announced"},
		"retire one that verifies":         {false, retire(old), keyring.ErrVerifying, "verifying signing announced", "verifying signing announced"},
		"retire the one that signs":        {false, retire(signing), nil, "verifying signing announced", "verifying verifying signing"},
		"retire the one that signs, alone": {true, retire(signing), nil, "verifying signing announced", "verifying verifying signing"},
		"retire the announced one":         {false, retire(announced), nil, "verifying signing", "verifying signing"},
		"revoke one that is not there":     {false, revoke(nobody), keyring.ErrNoKey, "verifying signing announced", "verifying signing announced"},
		"revoke one that verifies":         {false, revoke(old), nil, "signing announced", "signing announced"},
		"revoke the one that signs":        {false, revoke(signing), nil, "verifying signing", "verifying signing"},
		"revoke the one that signs, alone": {true, revoke(signing), nil, "verifying signing", "verifying signing"},
		"revoke the announced one":         {false, revoke(announced), nil, "verifying signing", "verifying signing"},
		"rotate after the announced one left": {false, func(t *testing.T, r *keyring.Ring, k keys) error {
			if err := retire(announced)(t, r, k); err != nil {
				return err
			}
			_, err := r.Rotate(t.Context())
			return err
		}, nil, "verifying signing announced", "verifying signing announced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, c := memory.New(), &clock{day}
			r := ring(t, store, c, nil)
			var k keys
			k.old = signingID(t, r)
			c.now = day.Add(9 * hour)
			maintain(t, r)
			c.now = day.Add(10 * hour)
			k.signing = signingID(t, r)
			if !test.alone {
				next, err := r.Rotate(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				k.announced = next.ID
			}
			if err := test.do(t, r, k); !errors.Is(err, test.want) {
				t.Errorf("= %v, want %v", err, test.want)
			}
			if got := story(t, store, c.now); got != test.now {
				t.Errorf("at once the keys are %q, want %q", got, test.now)
			}
			verifyingIDs(t, r)
			c.now = c.now.Add(keyring.Settle)
			if got := story(t, store, c.now); got != test.after {
				t.Errorf("later the keys are %q, want %q", got, test.after)
			}
			wantOneSigner(t, store, c.now)
		})
	}
}

// wantOneSigner fails unless one key signs at any moment from now on.
func wantOneSigner(t *testing.T, store keyring.Store, now time.Time) {
	t.Helper()
	for i := range 1000 {
		at := now.Add(time.Duration(i) * time.Minute)
		if got := story(t, store, at); strings.Count(got, "signing") != 1 {
			t.Errorf("after %v the keys are %q", at.Sub(now), got)
			return
		}
	}
}

func TestAKeyThatIsAboutToSign(t *testing.T) {
	t.Parallel()
	c := &clock{day}
	r := ring(t, memory.New(), c, nil)
	next, err := r.RotateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retire(t.Context(), next.ID); !errors.Is(err, keyring.ErrSettling) {
		t.Errorf("Retire = %v, want %v", err, keyring.ErrSettling)
	}
	c.now = day.Add(keyring.Settle)
	if _, err := r.Retire(t.Context(), next.ID); err != nil {
		t.Errorf("Retire when it signs = %v", err)
	}
}

// What lives longest decides how long a key is kept, whichever process opened the ring.
func TestTokensThatLiveLonger(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	ring(t, store, c, nil)
	ring(t, store, c, func(config *keyring.Config) { config.TokenTTL = 3 * hour })
	shell := ring(t, store, c, func(config *keyring.Config) { config.TokenTTL = 0 })
	next, err := shell.RotateNow(t.Context())
	if err != nil || next.Term.TokenTTL != 3*hour {
		t.Errorf("RotateNow = %+v, %v, want the others' longest time", next, err)
	}
	for after, want := range map[time.Duration]string{
		3*hour + keyring.Settle:                   "verifying signing",
		3*hour + keyring.Settle + time.Minute + 1: "gone signing",
	} {
		if got := story(t, store, day.Add(after)); got != want {
			t.Errorf("after %v the keys are %q, want %q", after, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*keyring.Config)
		want   string
	}{
		"no store":                      {func(c *keyring.Config) { c.Store = nil }, "no Store"},
		"an announcement nobody sees":   {func(c *keyring.Config) { c.Announce = time.Second }, "Announce is shorter than 2s"},
		"a period within announcement":  {func(c *keyring.Config) { c.Period = hour }, "Period is not longer than Announce"},
		"a negative period":             {func(c *keyring.Config) { c.Period = -1 }, "negative"},
		"tokens of a negative lifetime": {func(c *keyring.Config) { c.TokenTTL = -1 }, "negative"},
		"an algorithm without pairs":    {func(c *keyring.Config) { c.Algorithm = jwt.HS256 }, "no key pair"},
	} {
		config := keyring.Config{Store: memory.New(), TokenTTL: ttl, Period: 10 * hour, Announce: hour}
		test.change(&config)
		if _, err := keyring.Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v, want %q", name, err, test.want)
		}
	}
}

func TestMasterKey(t *testing.T) {
	t.Parallel()
	store, c := memory.New(), &clock{day}
	plain := ring(t, store, c, nil)
	first := signingID(t, plain)
	sealed := func() (n int) {
		records, err := store.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Sealed != !json.Valid(r.Data) || r.Sealed && bytes.Contains(r.Data, []byte("OKP")) {
				t.Errorf("sealed: %v, data: %q", r.Sealed, r.Data)
			}
			if r.Sealed {
				n++
			}
		}
		return n
	}
	if sealed() != 0 {
		t.Error("a key is sealed although there is no master key")
	}
	with := func(m keyring.MasterKey) func(*keyring.Config) { return func(c *keyring.Config) { c.Master = m } }
	r := ring(t, store, c, with(master(t, 1)))
	if got := signingID(t, r); got != first || sealed() != 1 {
		t.Errorf("%s signs and %d are sealed, want %s and 1", got, sealed(), first)
	}
	if _, err := r.RotateNow(t.Context()); err != nil || sealed() != 2 {
		t.Errorf("RotateNow = %v, %d are sealed, want 2", err, sealed())
	}
	signingID(t, ring(t, store, c, with(master(t, 1))))

	// Another takes its place.
	changed := ring(t, store, c, func(c *keyring.Config) { c.Master, c.OldMaster = master(t, 3), master(t, 1) })
	if got := signingID(t, changed); got != first || sealed() != 2 {
		t.Errorf("after the master key has changed %s signs and %d are sealed, want %s and 2", got, sealed(), first)
	}
	if _, err := r.SigningKey(t.Context()); !errors.Is(err, keyring.ErrMasterKey) {
		t.Errorf("SigningKey with the old master key = %v, want %v", err, keyring.ErrMasterKey)
	}
	for name, config := range map[string]keyring.Config{
		"the old one alone":     {Master: master(t, 1)},
		"a wrong old one":       {Master: master(t, 4), OldMaster: master(t, 5)},
		"an old one and no new": {OldMaster: master(t, 3)},
	} {
		config.Store = store
		if _, err := keyring.Open(t.Context(), config); err == nil {
			t.Errorf("Open with %s = nil, want an error", name)
		}
	}

	for name, test := range map[string]struct {
		master keyring.MasterKey
		want   error
	}{
		"none":    {keyring.MasterKey{}, keyring.ErrSealed},
		"another": {master(t, 2), keyring.ErrMasterKey},
	} {
		_, err := keyring.Open(t.Context(), keyring.Config{Store: store, Master: test.master, Now: c.read})
		if !errors.Is(err, test.want) {
			t.Errorf("Open with %s = %v, want %v", name, err, test.want)
		}
	}
	// The one that was open before sees sealed keys: nothing of them is used.
	if _, err := plain.SigningKey(t.Context()); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("SigningKey without the master key = %v, want %v", err, keyring.ErrSealed)
	}
}

// An attacker who can write to the store cannot make one record stand in for another,
// nor slip in a key in the clear.
func TestRecordsThatWereTamperedWith(t *testing.T) {
	t.Parallel()
	other, err := jwt.GenerateKey(jwt.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	private, err := other.MarshalPrivate()
	if err != nil {
		t.Fatal(err)
	}
	for name, tamper := range map[string]func(keys []keyring.Record){
		"under another id":   func(keys []keyring.Record) { keys[0].ID = "x" },
		"under another's id": func(keys []keyring.Record) { keys[0].Data, keys[1].Data = keys[1].Data, keys[0].Data },
		"a byte changed":     func(keys []keyring.Record) { keys[0].Data[30] ^= 1 },
		"cut short":          func(keys []keyring.Record) { keys[0].Data = keys[0].Data[:10] },
		"emptied":            func(keys []keyring.Record) { keys[0].Data = nil },
		"a key in the clear": func(keys []keyring.Record) {
			keys[0] = keyring.Record{ID: other.ID(), Algorithm: jwt.EdDSA, Data: private, Term: keys[0].Term}
		},
		"said to be in clear":    func(keys []keyring.Record) { keys[0].Sealed = false },
		"for another algorithm":  func(keys []keyring.Record) { keys[0].Algorithm = jwt.ES256 },
		"all of them taken away": func(keys []keyring.Record) { keys[0].ID, keys[1].ID = "", "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, c := memory.New(), &clock{day}
			r := ring(t, store, c, func(config *keyring.Config) { config.Master = master(t, 1) })
			if _, err := r.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
			signingID(t, r)
			if err := store.UpdateKeys(t.Context(), func(keys []keyring.Record) ([]keyring.Record, error) {
				tamper(keys)
				if keys[0].ID == "" {
					return nil, nil
				}
				return keys, nil
			}); err != nil {
				t.Fatal(err)
			}
			if key, err := r.SigningKey(t.Context()); err == nil {
				t.Errorf("SigningKey = %v, want an error", key)
			}
			if keys, err := r.Keys(t.Context()); err == nil {
				t.Errorf("Keys = %v, want an error", keys)
			}
		})
	}
}

// Without a master key, too, a record is the key that it says it is.
func TestRecordsOfAnotherName(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(*keyring.Record){
		"id":        func(r *keyring.Record) { r.ID = "x" },
		"algorithm": func(r *keyring.Record) { r.Algorithm = jwt.ES256 },
	} {
		store, c := memory.New(), &clock{day}
		ring(t, store, c, nil)
		if err := store.UpdateKeys(t.Context(), func(keys []keyring.Record) ([]keyring.Record, error) {
			tamper(&keys[0])
			return keys, nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Open(t.Context(), keyring.Config{Store: store, Now: c.read}); err == nil || !strings.Contains(err.Error(), "is another") {
			t.Errorf("Open with another %s = %v, want an error", name, err)
		}
	}
}

func TestParseMasterKey(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"base64":               {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true},
		"base64 and a newline": {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", true},
		"base64url":            {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-_8", true},
		"hexadecimal":          {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", true},
		"nothing":              {"", false},
		"words":                {"correct horse battery staple correct horse battery", false},
		"31 bytes":             {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false},
		"33 bytes":             {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", false},
		"all zeros":            {strings.Repeat("0", 64), false},
		"all the same":         {strings.Repeat("ab", 32), false},
	} {
		m, err := keyring.ParseMasterKey(test.text)
		if (err == nil) != test.ok || m.IsZero() == test.ok {
			t.Errorf("%s: ParseMasterKey = %v, want that it is one: %v", name, err, test.ok)
		}
		if err != nil && len(test.text) > 20 && strings.Contains(err.Error(), test.text[:20]) {
			t.Errorf("%s: ParseMasterKey = %v, which quotes it", name, err)
		}
	}
}

func TestWhatAKeyDoesInWords(t *testing.T) {
	t.Parallel()
	of := func(signs, retires time.Duration) keyring.Term {
		out := keyring.Term{Announced: day, Signs: day.Add(signs), TokenTTL: ttl}
		if retires > 0 {
			out.Retires = day.Add(retires)
		}
		return out
	}
	for name, test := range map[string]struct {
		term keyring.Term
		want string
	}{
		"one to come":          {of(hour, 0), "announced; it signs from 2030-01-02T04:04:05Z"},
		"one that signs":       {of(-hour, 0), "signing"},
		"one with a successor": {of(-hour, hour), "signing; it leaves at 2030-01-02T04:20:05Z"},
		"one that has retired": {keyring.Term{Signs: day.Add(-hour), Retires: day.Add(-time.Minute), TokenTTL: ttl}, "verifying; it leaves at 2030-01-02T03:19:05Z"},
		"one that is over":     {keyring.Term{Signs: day.Add(-2 * hour), Retires: day.Add(-hour), TokenTTL: ttl}, "gone"},
		"none":                 {keyring.Term{}, "gone"},
	} {
		if got := test.term.Describe(day); got != test.want {
			t.Errorf("%s: Describe = %q, want %q", name, got, test.want)
		}
	}
}

// A master key in a file is one in memory, unless others may read the file.
func TestReadMasterKey(t *testing.T) {
	t.Parallel()
	const good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	for name, test := range map[string]struct {
		text string
		mode fs.FileMode
		want string // in the error; "" for none
	}{
		"a file of the owner":                {good, 0o600, ""},
		"a file of the group, in containers": {good, 0o440, ""},
		"a file that all may read":           {good, 0o644, "others may read or change it"},
		"a file without a key":               {"AAECAwQF\n", 0o600, "master: keyring: a master key is 32 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && test.mode != 0o600 {
				t.Skip("a mode says nothing on Windows")
			}
			path := filepath.Join(t.TempDir(), "master")
			if err := errors.Join(os.WriteFile(path, []byte(test.text), 0o600), os.Chmod(path, test.mode)); err != nil {
				t.Fatal(err)
			}
			m, err := keyring.ReadMasterKey(path)
			if m.IsZero() != (err != nil) || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("ReadMasterKey = %v, %v, want %q", m, err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "AAEC") {
				t.Errorf("ReadMasterKey = %v, which quotes the file", err)
			}
		})
	}
	if m, err := keyring.ReadMasterKey(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) || !m.IsZero() {
		t.Errorf("ReadMasterKey of no file = %v, %v", m, err)
	}
}

func TestMasterKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	m := master(t, 0xcd)
	for _, thing := range []any{m, &m, struct{ m keyring.MasterKey }{m}, keyring.Config{Master: m}, []keyring.MasterKey{m}} {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "thing", thing)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			fmt.Fprintf(&out, verb, thing)
		}
		if text := out.String(); strings.Contains(text, "cd") && strings.Contains(text, "0 0 0 0") || strings.Contains(text, "205 205") { // an address may have one
			t.Errorf("%T prints itself: %s", thing, text)
		}
	}
}

// A store that cannot be asked signs nothing and lets no caller in.
func TestAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	store, c := &away{Store: memory.New()}, &clock{day}
	r := ring(t, store, c, nil)
	store.down.Store(true)
	c.now = day.Add(time.Second)
	if _, err := r.SigningKey(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("SigningKey = %v, want the store's error", err)
	}
	if _, err := r.PublicSet(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("PublicSet = %v, want the store's error", err)
	}
	if _, err := r.Maintain(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("Maintain = %v, want the store's error", err)
	}
	store.down.Store(false)
	signingID(t, r)
}

// away is a store that fails while it is down. It may go down at any time.
type away struct {
	keyring.Store
	down atomic.Bool
}

var errAway = errors.New("disk on fire")

func (a *away) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	if a.down.Load() {
		return account.ChangePage{}, errAway
	}
	return a.Store.Changes(ctx, after)
}

func (a *away) Keys(ctx context.Context) ([]keyring.Record, error) {
	if a.down.Load() {
		return nil, errAway
	}
	return a.Store.Keys(ctx)
}
