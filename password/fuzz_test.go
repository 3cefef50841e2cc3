package password_test

import (
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/password"
)

// fuzz runs a scheme's parser on anything that begins as its hashes do. What it
// lets pass must have a blank that it lets pass as well: costs that were
// accepted once are in the bounds.
func fuzz(f *testing.F, prefixes ...string) {
	c, err := password.NewContext(password.Config{})
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range theirs {
		for i, prefix := range prefixes {
			if rest, ok := strings.CutPrefix(one.hash, prefix); ok {
				f.Add(uint8(i), rest)
			}
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, rest string) {
		hash := prefixes[int(n)%len(prefixes)] + rest
		if c.Check(hash) != nil {
			if c.Blank(hash) != "" || !c.NeedsUpdate(hash) {
				t.Errorf("%q is refused, and has a blank", hash)
			}
			return
		}
		blank := c.Blank(hash)
		if err := c.Check(blank); err != nil || c.Blank(blank) != blank || c.Identify(blank) != c.Identify(hash) {
			t.Errorf("Blank(%q) = %q: %v", hash, blank, err)
		}
	})
}

func FuzzArgon2(f *testing.F)       { fuzz(f, "$argon2id$", "$argon2i$", "$argon2d$") }
func FuzzBcrypt(f *testing.F)       { fuzz(f, "$2a$", "$2b$", "$2y$", "$2x$") }
func FuzzScrypt(f *testing.F)       { fuzz(f, "$scrypt$", "$7$") }
func FuzzPBKDF2(f *testing.F)       { fuzz(f, "$pbkdf2$", "$pbkdf2-sha256$", "$pbkdf2-sha512$") }
func FuzzBcryptSHA256(f *testing.F) { fuzz(f, "$bcrypt-sha256$") }
func FuzzSHACrypt(f *testing.F)     { fuzz(f, "$5$", "$6$") }
func FuzzDjango(f *testing.F) {
	fuzz(f, "pbkdf2_sha256$", "pbkdf2_sha1$", "argon2$argon2", "bcrypt$", "bcrypt_sha256$", "scrypt$")
}
func FuzzWerkzeug(f *testing.F) { fuzz(f, "scrypt:", "pbkdf2:") }
func FuzzOthers(f *testing.F)   { fuzz(f, "", "$", "{") }
