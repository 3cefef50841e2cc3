package password_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/holdfast-go/holdfast/password"
)

// cheap is argon2id at a cost for tests.
var cheap = password.Argon2id(password.Argon2Params{Memory: 64, Time: 1})

func newContext(t testing.TB, schemes ...password.Scheme) *password.Context {
	t.Helper()
	c, err := password.NewContext(password.Config{Schemes: schemes})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const long = "0123456789012345678901234567890123456789012345678901234567890123456789AB"
	tests := map[string]struct {
		secret, hash string
		ok           bool
		err          error
	}{
		"OpenWall's U*U":                 {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true, nil},
		"OpenWall's U*U*":                {"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", true, nil},
		"OpenWall's empty password":      {"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", true, nil},
		"the same as $2y$":               {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true, nil},
		"another password":               {"U*V", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false, nil},
		"one byte more than bcrypt sees": {long + "x", "$2b$04$abcdefghijklmnopqrstuuFhIAlYEqyrMo3HvPaSX2nDqgJV.Jz4y", false, nil},
		"the broken $2x$":                {"U*U", "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false, password.ErrRefused},
		"a bcrypt hash cut short":        {"x", "$2b$12$abc", false, password.ErrMalformed},
		"a bcrypt hash of hostile cost":  {"x", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false, password.ErrTooCostly},
		"argon2id of hostile memory":     {"x", "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrTooCostly},
		"argon2id of an old version":     {"x", "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrRefused},
		"argon2id with odd numbers":      {"x", "$argon2id$v=19$m=+64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrMalformed},
		"plain text":                     {"x", "x", false, password.ErrRefused},
		"nothing":                        {"", "", false, password.ErrUnknownHash},
	}
	c := newContext(t, cheap, password.Bcrypt(4))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, err := c.Verify(t.Context(), test.secret, test.hash)
			if ok != test.ok || !errors.Is(err, test.err) {
				t.Errorf("Verify(%q, %q) = %v, %v, want %v, %v", test.secret, test.hash, ok, err, test.ok, test.err)
			}
		})
	}
}

func TestEveryByteOfAPasswordCounts(t *testing.T) {
	t.Parallel()
	for name, scheme := range map[string]password.Scheme{"argon2id": cheap, "bcrypt": password.Bcrypt(4)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newContext(t, scheme)
			const right = "abcxyz \u00e9"
			hash, err := c.Hash(t.Context(), right)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := c.Verify(t.Context(), right, hash); !ok || err != nil {
				t.Errorf("Verify(right) = %v, %v, want true", ok, err)
			}
			for _, wrong := range []string{"", right + "x", right[:len(right)-1], "abcxyw \u00e9", right + "\x00", right + " ", strings.ToUpper(right), "abcxyz e\u0300", "abcxyz e"} {
				if ok, err := c.Verify(t.Context(), wrong, hash); ok || err != nil {
					t.Errorf("Verify(%q) = %v, %v, want false", wrong, ok, err)
				}
			}
		})
	}
}

// One text has several spellings, and it is the device that chooses.
func TestPasswordsInOtherSpellings(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "Gr\u00fc\u00dfe aus Z\u00fcrich", "Gru\u0308\u00dfe aus Zu\u0308rich"
	foreign := func(secret string) string {
		hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		return string(hash)
	}
	c := newContext(t, password.Bcrypt(bcrypt.MinCost))
	ours := func(secret string) string {
		hash, err := c.Hash(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	for name, test := range map[string]struct {
		hash, typed string
		ok, newHash bool
	}{
		"ours of the composed one, typed so":          {ours(composed), composed, true, false},
		"ours of the composed one, typed otherwise":   {ours(composed), decomposed, true, false},
		"ours of the decomposed one, typed so":        {ours(decomposed), decomposed, true, false},
		"ours of the decomposed one, typed otherwise": {ours(decomposed), composed, true, false},
		"another's of the composed one":               {foreign(composed), composed, true, false},
		"another's, typed otherwise":                  {foreign(composed), decomposed, true, false},
		"another's of the decomposed one":             {foreign(decomposed), decomposed, true, true}, // and then any spelling will do
		"another's of what is not typed":              {foreign(decomposed), composed, false, false},
		"a letter that only looks alike":              {ours("o\ufb03ce of fi"), "office of fi", false, false},
		"neither":                                     {ours(composed), composed + "\u0301", false, false},
	} {
		ok, newHash, err := c.VerifyAndUpdate(t.Context(), test.typed, test.hash)
		if ok != test.ok || (newHash != "") != test.newHash || err != nil {
			t.Errorf("%s: %v, new hash %q, %v; want %v, %v", name, ok, newHash, err, test.ok, test.newHash)
		}
		if only, err := c.Verify(t.Context(), test.typed, test.hash); only != test.ok || err != nil {
			t.Errorf("%s: Verify = %v, %v, want %v", name, only, err, test.ok)
		}
		for _, spelling := range []string{composed, decomposed} {
			if newHash != "" {
				if again, err := c.Verify(t.Context(), spelling, newHash); !again || err != nil {
					t.Errorf("%s, with the new hash and %q: %v, %v", name, spelling, again, err)
				}
			}
		}
	}
}

func TestBcryptRefusesWhatItWouldTruncate(t *testing.T) {
	t.Parallel()
	c := newContext(t, password.Bcrypt(4))
	if _, err := c.Hash(t.Context(), strings.Repeat("a", 73)); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Hash(73 bytes) = %v, want ErrTooLong", err)
	}
	hash, err := c.Hash(t.Context(), strings.Repeat("a", 72))
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := c.Verify(t.Context(), strings.Repeat("a", 73), hash); ok || err != nil {
		t.Errorf("Verify(73 bytes) = %v, %v, want false", ok, err)
	}
}

func TestBcryptAsThePeopleFromPasslibKnowIt(t *testing.T) {
	t.Parallel()
	cost := 12
	if skipsDear() {
		cost = 5
	}
	c := newContext(t, password.Bcrypt(cost))
	hash, err := c.Hash(t.Context(), "secret123")
	if err != nil || !strings.HasPrefix(hash, fmt.Sprintf("$2b$%02d$", cost)) {
		t.Fatalf("Hash(secret123) = %s, %v, want $2b$12$…", hash, err)
	}
	if ok, newHash, err := c.VerifyAndUpdate(t.Context(), "secret123", hash); !ok || newHash != "" || err != nil {
		t.Errorf("VerifyAndUpdate(right) = %v, %q, %v, want true and no new hash", ok, newHash, err)
	}
	if ok, _ := c.Verify(t.Context(), "secret124", hash); ok {
		t.Error("Verify(secret124) = true, want false")
	}
}

func TestADeprecatedHashIsReplacedAfterARightPasswordOnly(t *testing.T) {
	t.Parallel()
	old, err := newContext(t, password.Bcrypt(4)).Hash(t.Context(), "secret123")
	if err != nil {
		t.Fatal(err)
	}
	c := newContext(t, cheap, password.Bcrypt(4))
	if c.Identify(old) != "bcrypt" || !c.NeedsUpdate(old) {
		t.Errorf("Identify = %s, NeedsUpdate = %v, want bcrypt and true", c.Identify(old), c.NeedsUpdate(old))
	}
	if ok, newHash, err := c.VerifyAndUpdate(t.Context(), "wrong", old); ok || newHash != "" || err != nil {
		t.Errorf("VerifyAndUpdate(wrong) = %v, %q, %v, want nothing", ok, newHash, err)
	}
	ok, newHash, err := c.VerifyAndUpdate(t.Context(), "secret123", old)
	if !ok || !strings.HasPrefix(newHash, "$argon2id$v=19$m=64,t=1,p=1$") || err != nil {
		t.Errorf("VerifyAndUpdate(right) = %v, %q, %v, want a new argon2id hash", ok, newHash, err)
	}
	stronger := newContext(t, password.Argon2id(password.Argon2Params{Memory: 128, Time: 1}))
	if !stronger.NeedsUpdate(newHash) || c.NeedsUpdate(newHash) {
		t.Error("a hash weaker than configured must need an update, and only it")
	}
}

func TestTheDefaultIsOWASPs(t *testing.T) {
	t.Parallel()
	c := newContext(t)
	hash, err := c.Hash(t.Context(), "secret123")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s, %v, want argon2id with 19 MiB and 2 passes", hash, err)
	}
}

func TestHashingGoesThroughTheLane(t *testing.T) {
	t.Parallel()
	busy := errors.New("busy")
	calls := 0
	c, err := password.NewContext(password.Config{Schemes: []password.Scheme{cheap}, Run: func(context.Context, func() error) error {
		calls++
		return busy
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := c.Hash(t.Context(), "x")
	_, err2 := c.Verify(t.Context(), "x", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ")
	err3 := c.DummyVerify(t.Context(), "x")
	if calls != 3 || !errors.Is(err1, busy) || !errors.Is(err2, busy) || !errors.Is(err3, busy) {
		t.Errorf("%d calls: %v, %v, %v, want 3 refused by the lane", calls, err1, err2, err3)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$2b$04$abcdefghijklmnopqrstuuFhIAlYEqyrMo3HvPaSX2nDqgJV.Jz4y")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ")
	c := newContext(f, cheap, password.Bcrypt(4))
	f.Fuzz(func(t *testing.T, hash string) {
		if len(hash) > 6 && (hash[4:6] > "06" || strings.Contains(hash, "m=")) && !strings.Contains(hash, "m=64,t=1,p=1") {
			return // right, but slow
		}
		if ok, err := c.Verify(t.Context(), "", hash); ok && err != nil {
			t.Errorf("Verify(%q) = true, %v", hash, err)
		}
	})
}

// bcrypt repeats a password with a NUL between, and HMAC fills it up with
// NULs: schemes that could not tell two passwords apart take none with a NUL.
func TestNULBytes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scheme password.Scheme
		holds  bool
	}{
		"argon2id":      {cheap, true},
		"bcrypt":        {password.Bcrypt(4), false},
		"scrypt":        {password.Scrypt(password.ScryptParams{LogN: 4}), false},
		"PBKDF2-SHA256": {password.PBKDF2SHA256(10), false},
		"PBKDF2-SHA512": {password.PBKDF2SHA512(10), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newContext(t, test.scheme)
			const with = "abc\x00xyz"
			hash, err := c.Hash(t.Context(), with)
			if test.holds {
				if ok, err := c.Verify(t.Context(), with, hash); !ok || err != nil {
					t.Errorf("Verify(%q) = %v, %v, want true", with, ok, err)
				}
				if ok, err := c.Verify(t.Context(), "abc\x00xyw", hash); ok || err != nil {
					t.Errorf("Verify(another after the NUL) = %v, %v, want false", ok, err)
				}
			} else if !errors.Is(err, password.ErrNUL) || hash != "" {
				t.Errorf("Hash(%q) = %q, %v, want ErrNUL", with, hash, err)
			}
			hash, err = c.Hash(t.Context(), "abc")
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range []string{"abc\x00", "abc\x00abc", "\x00abc"} {
				if ok, err := c.Verify(t.Context(), wrong, hash); ok || err != nil {
					t.Errorf("Verify(%q) = %v, %v, want false", wrong, ok, err)
				}
			}
		})
	}
}

func TestPasswordsOfTenThousandBytes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	for name, scheme := range map[string]password.Scheme{"argon2id": cheap, "bcrypt": password.Bcrypt(4), "scrypt": password.Scrypt(password.ScryptParams{LogN: 4})} {
		c := newContext(t, scheme)
		if hash, err := c.Hash(t.Context(), long); !errors.Is(err, password.ErrTooLong) || hash != "" {
			t.Errorf("%s: Hash(10,000 bytes) = %q, %v, want ErrTooLong", name, hash, err)
		}
		hash, err := c.Hash(t.Context(), long[:72])
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := c.Verify(t.Context(), long, hash); ok || err != nil {
			t.Errorf("%s: Verify(10,000 bytes) = %v, %v, want false", name, ok, err)
		}
	}
	c := newContext(t, cheap)
	hash, err := c.Hash(t.Context(), long[:password.MaxLength])
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := c.Verify(t.Context(), long[:password.MaxLength+1], hash); ok || err != nil {
		t.Errorf("Verify(one byte more than MaxLength) = %v, %v, want false", ok, err)
	}
}

// The work is done before the refusal, so that the time does not tell.
func TestTheRefusalOfALongPasswordIsWork(t *testing.T) {
	t.Parallel()
	runs := 0
	c, err := password.NewContext(password.Config{
		Schemes: []password.Scheme{password.Bcrypt(4)},
		Run:     func(_ context.Context, fn func() error) error { runs++; return fn() },
		Rand:    strings.NewReader(""),
	})
	if err != nil {
		t.Fatal(err)
	}
	if runs != 0 {
		t.Errorf("NewContext ran %d pieces of work, want none", runs)
	}
	if _, err := c.Hash(t.Context(), strings.Repeat("a", 73)); !errors.Is(err, password.ErrTooLong) || runs != 1 {
		t.Errorf("Hash(73 bytes) = %v after %d runs, want ErrTooLong after 1", err, runs)
	}
}

func TestDeprecated(t *testing.T) {
	t.Parallel()
	bcryptHash, err := newContext(t, password.Bcrypt(4)).Hash(t.Context(), "secret123")
	if err != nil {
		t.Fatal(err)
	}
	schemes := []password.Scheme{cheap, password.Bcrypt(4), password.PBKDF2SHA256(10)}
	for name, test := range map[string]struct {
		deprecated []string
		update     bool
	}{
		"all but the first by default": {nil, true},
		"by name":                      {[]string{"bcrypt"}, true},
		"another by name":              {[]string{"pbkdf2_sha256"}, false},
		"none":                         {[]string{}, false},
	} {
		c, err := password.NewContext(password.Config{Schemes: schemes, Deprecated: test.deprecated})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.NeedsUpdate(bcryptHash); got != test.update {
			t.Errorf("%s: NeedsUpdate = %v, want %v", name, got, test.update)
		}
	}
}

func TestConfigsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]password.Config{
		"an import-only default":      {Schemes: password.Foreign()},
		"another import-only default": {Schemes: password.Foreign()[1:]},
		"a scheme twice":              {Schemes: []password.Scheme{cheap, cheap}},
		"an unknown deprecated one":   {Schemes: []password.Scheme{cheap}, Deprecated: []string{"bcrypt"}},
		"a deprecated default":        {Schemes: []password.Scheme{cheap}, Deprecated: []string{"argon2"}},
		"bcrypt of cost 3":            {Schemes: []password.Scheme{password.Bcrypt(3)}},
		"bcrypt of cost 17":           {Schemes: []password.Scheme{password.Bcrypt(17)}},
		"argon2id of 2 GiB":           {Schemes: []password.Scheme{password.Argon2id(password.Argon2Params{Memory: 2 << 20})}},
		"scrypt of 2^30":              {Schemes: []password.Scheme{password.Scrypt(password.ScryptParams{LogN: 30})}},
		"PBKDF2 of a negative count":  {Schemes: []password.Scheme{password.PBKDF2SHA256(-1)}},
	} {
		if _, err := password.NewContext(config); err == nil {
			t.Errorf("NewContext with %s = nil, want an error", name)
		}
	}
}

func TestEverySchemeMakesWhatItReads(t *testing.T) {
	t.Parallel()
	for _, scheme := range []password.Scheme{cheap, password.Bcrypt(4), password.Scrypt(password.ScryptParams{LogN: 4}), password.PBKDF2SHA256(10), password.PBKDF2SHA512(10)} {
		t.Run(scheme.Name(), func(t *testing.T) {
			t.Parallel()
			c := newContext(t, scheme)
			hash, err := c.Hash(t.Context(), theirSecret)
			if err != nil {
				t.Fatal(err)
			}
			if c.Identify(hash) != scheme.Name() || c.NeedsUpdate(hash) {
				t.Errorf("%s: Identify = %q, NeedsUpdate = %v, want its own and false", hash, c.Identify(hash), c.NeedsUpdate(hash))
			}
			other, err := c.Hash(t.Context(), theirSecret)
			if err != nil || other == hash {
				t.Errorf("Hash twice = %s, %s, %v, want two salts", hash, other, err)
			}
			if ok, err := newContext(t).Verify(t.Context(), theirSecret, hash); !ok || err != nil {
				t.Errorf("Verify by the context of all schemes = %v, %v, want true", ok, err)
			}
			if ok, newHash, err := newContext(t, cheap, scheme2(scheme)).VerifyAndUpdate(t.Context(), "wrong", hash); ok || newHash != "" || err != nil {
				t.Errorf("VerifyAndUpdate(wrong) = %v, %q, %v, want false and nothing", ok, newHash, err)
			}
		})
	}
}

// scheme2 is a second scheme beside argon2id.
func scheme2(s password.Scheme) password.Scheme {
	if s.Name() == "argon2" {
		return password.Bcrypt(4)
	}
	return s
}
