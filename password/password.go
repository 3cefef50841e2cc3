// Package password hashes passwords and verifies them, with the contract of
// Passlib's CryptContext: the first scheme is the default, the others are
// deprecated, and a good password with a deprecated hash comes with a new one.
// It reads what Passlib, Django, Werkzeug, fastapi-users and pwdlib write.
//
// One text has several spellings in Unicode, and which of them arrives is the
// device's choice. What is hashed here is the normal form NFC; a password is right
// if it is so as it came, or else in that form, so that people can sign in from
// all their devices, also with hashes that others made of another spelling. No
// password is truncated. One that a scheme cannot tell from others, because it is
// too long or has a NUL byte, is refused when it is set, and is a wrong one when
// it is verified, after the same work.
//
// A stored hash is not trusted: it says how much work it wants, and one that
// wants too much is refused before any of it is done.
package password

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What can be wrong with a hash or a password. The text of an error says more,
// and never holds the password, the salt or the checksum.
var (
	ErrUnknownHash = errors.New("password: the hash is of an unknown kind")
	ErrMalformed   = errors.New("password: the hash is malformed")
	ErrRefused     = errors.New("password: the hash is of a kind that is refused")
	ErrTooCostly   = errors.New("password: the hash asks for more work than is allowed")
	ErrTooLong     = errors.New("password: it is longer than the scheme can hold")
	ErrNUL         = errors.New("password: it has a NUL byte, which the scheme cannot tell from the end")
	ErrImportOnly  = errors.New("password: the scheme verifies what others made and makes no hashes")
)

// MaxLength is how many bytes a password may have, as in Passlib. Hashing
// refuses longer ones, and verifying finds them wrong, after the same work.
const MaxLength = 4096

// normal is the form of a password that is hashed here. What is too long for any
// hash stays as it is.
func normal(secret string) string {
	if len(secret) > MaxLength {
		return secret
	}
	return norm.NFC.String(secret)
}

// Scheme is one kind of hash. The functions of this package make them. A
// Scheme is safe for concurrent use.
type Scheme interface {
	// Name is the scheme's name in Passlib, where it has one: "argon2",
	// "bcrypt", "pbkdf2_sha256", "django_argon2".
	Name() string

	owns(hash string) bool                                // by its beginning alone
	parse(hash string) (parsed, error)                    // cheap, whatever the hash says
	hash(random io.Reader, secret string) (string, error) // or ErrImportOnly
	valid() error                                         // whether the configured cost is in the bounds
	blank() string                                        // a hash of nothing at the configured cost; "" if import only
}

// parsed is a hash that was read and found to be in the bounds.
type parsed struct {
	blank   string                   // a hash that takes as long to verify, and holds nothing of this one
	weak    bool                     // weaker than the scheme is configured
	limit   int                      // how many bytes of a password count; MaxLength if 0
	nul     bool                     // passwords with NUL bytes are told from others
	cuts    bool                     // other programs compare what limit leaves of a password
	matches func(secret string) bool // the work
}

// fits returns why the hash cannot be one of secret alone.
func (p parsed) fits(secret string) error {
	switch {
	case len(secret) > p.most():
		return fmt.Errorf("%w: at most %d bytes", ErrTooLong, p.most())
	case !p.nul && strings.ContainsRune(secret, 0):
		return ErrNUL
	}
	return nil
}

// verifyTyped verifies a password as it came and, if that is wrong, in its normal
// form where that is another one: twice the work, for names without an account
// as well. another says that a right one is not in its normal form.
func (p parsed) verifyTyped(secret string) (ok, another bool) {
	return p.typed(secret, p.verify)
}

func (p parsed) typed(secret string, verify func(string) bool) (ok, another bool) {
	typed := normal(secret)
	if verify(secret) {
		return true, typed != secret
	}
	return typed != secret && verify(typed), false
}

func (p parsed) most() int {
	if p.limit == 0 {
		return MaxLength
	}
	return p.limit
}

// verify does the same work for a password that does not fit as for another.
func (p parsed) verify(secret string) bool {
	err := p.fits(secret)
	return p.matches(secret[:min(len(secret), p.most())]) && err == nil
}

// verifyCut is verify as programs do it that cut what is too long, with the same
// work.
func (p parsed) verifyCut(secret string) bool {
	err := p.fits(secret)
	return p.matches(secret[:min(len(secret), p.most())]) && (err == nil || p.cuts && errors.Is(err, ErrTooLong) && !strings.ContainsRune(secret, 0))
}

// importOnly is for schemes that verify what others made.
type importOnly struct{}

func (importOnly) hash(io.Reader, string) (string, error) { return "", ErrImportOnly }
func (importOnly) valid() error                           { return nil }
func (importOnly) blank() string                          { return "" }

// Schemes returns all schemes that this package knows, argon2id first, with
// their default costs: what a context needs to read every hash that people
// bring along.
func Schemes() []Scheme {
	return append([]Scheme{
		Argon2id(Argon2Params{}),
		Bcrypt(12),
		Scrypt(ScryptParams{}),
		PBKDF2SHA256(0),
		PBKDF2SHA512(0),
	}, Foreign()...)
}

// Foreign returns the schemes that only verify: hashes of Passlib, Django and
// Werkzeug that should not be made any more. A good password replaces them.
func Foreign() []Scheme {
	return []Scheme{
		pbkdf2SHA1(),
		bcryptSHA256{},
		shaCrypt256(),
		shaCrypt512(),
		djangoPBKDF2{digest: withSHA256},
		djangoPBKDF2{digest: withSHA1},
		djangoArgon2{},
		djangoBcrypt{},
		djangoBcryptSHA256{},
		djangoScrypt{},
		werkzeugScrypt{},
		werkzeugPBKDF2{},
	}
}
