package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

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
		"the broken $2x$":                {"U*U", "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false, password.ErrUnknownHash},
		"a bcrypt hash cut short":        {"x", "$2b$12$abc", false, password.ErrMalformed},
		"a bcrypt hash of hostile cost":  {"x", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false, password.ErrTooCostly},
		"argon2id of hostile memory":     {"x", "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrTooCostly},
		"argon2id of an old version":     {"x", "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrMalformed},
		"argon2id with odd numbers":      {"x", "$argon2id$v=19$m=+64,t=1,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NQ", false, password.ErrMalformed},
		"plain text":                     {"x", "x", false, password.ErrUnknownHash},
		"nothing":                        {"", "", false, password.ErrUnknownHash},
	}
	c := newContext(t, cheap, password.Bcrypt(4))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ok, err := c.Verify(t.Context(), test.secret, test.hash)
			if ok != test.ok || !errors.Is(err, test.err) {
				t.Errorf("Verify(%q, %q) = %v, %v, want %v, %v", test.secret, test.hash, ok, err, test.ok, test.err)
			}
		})
	}
}

func TestEveryByteOfAPasswordCounts(t *testing.T) {
	for name, scheme := range map[string]password.Scheme{"argon2id": cheap, "bcrypt": password.Bcrypt(4)} {
		t.Run(name, func(t *testing.T) {
			c := newContext(t, scheme)
			const right = "abc\x00xyz \u00e9"
			hash, err := c.Hash(t.Context(), right)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := c.Verify(t.Context(), right, hash); !ok || err != nil {
				t.Errorf("Verify(right) = %v, %v, want true", ok, err)
			}
			for _, wrong := range []string{"", right + "x", right[:len(right)-1], "abc\x00xyw \u00e9", right + "\x00", right + " ", strings.ToUpper(right), "abc\x00xyz e\u0301"} {
				if ok, err := c.Verify(t.Context(), wrong, hash); ok || err != nil {
					t.Errorf("Verify(%q) = %v, %v, want false", wrong, ok, err)
				}
			}
		})
	}
}

func TestBcryptRefusesWhatItWouldTruncate(t *testing.T) {
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
	c := newContext(t, password.Bcrypt(12))
	hash, err := c.Hash(t.Context(), "secret123")
	if err != nil || !strings.HasPrefix(hash, "$2b$12$") {
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
	c := newContext(t)
	hash, err := c.Hash(t.Context(), "secret123")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s, %v, want argon2id with 19 MiB and 2 passes", hash, err)
	}
}

func TestHashingGoesThroughTheLane(t *testing.T) {
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
