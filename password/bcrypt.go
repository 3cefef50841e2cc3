package password

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost bounds what a stored hash may ask for: 2^16 rounds take
// seconds.
const maxBcryptCost = 16

// bcryptLimit is how much of a password bcrypt looks at. It repeats a shorter
// one with a NUL between, so that "a" and "a\x00a" have the same hashes: see
// parsed.nul.
const bcryptLimit = 72

type bcryptScheme struct{ cost int }

// Bcrypt is bcrypt with a cost of 4 to 16, written as $2b$ and read as $2a$,
// $2b$ and $2y$, which are the same. It refuses to hash more than 72 bytes,
// where others truncate.
func Bcrypt(cost int) Scheme { return &bcryptScheme{cost} }

func (b *bcryptScheme) Name() string { return "bcrypt" }

func (b *bcryptScheme) owns(hash string) bool {
	return strings.HasPrefix(hash, "$2a$") || strings.HasPrefix(hash, "$2b$") || strings.HasPrefix(hash, "$2y$")
}

func (b *bcryptScheme) valid() error {
	if b.cost < bcrypt.MinCost || b.cost > maxBcryptCost {
		return fmt.Errorf("password: bcrypt cost %d: use %d to %d", b.cost, bcrypt.MinCost, maxBcryptCost)
	}
	return nil
}

func (b *bcryptScheme) blank() string { return blankBcrypt(b.cost) }

func blankBcrypt(cost int) string { return fmt.Sprintf("$2b$%02d$%s", cost, strings.Repeat(".", 53)) }

// hash takes its salt from crypto/rand, whatever the context's Rand: the
// library has no way to be given one.
func (b *bcryptScheme) hash(_ io.Reader, secret string) (string, error) {
	data, err := bcrypt.GenerateFromPassword([]byte(secret), b.cost)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return "$2b$" + string(data[4:]), nil
}

func (b *bcryptScheme) parse(hash string) (parsed, error) {
	h, err := parseBcrypt(hash)
	if err != nil {
		return parsed{}, err
	}
	return parsed{
		blank: blankBcrypt(h.cost), weak: h.cost < b.cost, limit: bcryptLimit, cuts: true, matches: h.matches,
	}, nil
}

// bcryptHash is one that was read, in the spelling that the library writes.
type bcryptHash struct {
	text string
	cost int
}

func (h bcryptHash) matches(secret string) bool {
	return bcrypt.CompareHashAndPassword([]byte(h.text), []byte(secret)) == nil
}

// parseBcrypt reads $2b$12$, 22 characters of salt and 31 of checksum.
func parseBcrypt(hash string) (bcryptHash, error) {
	if len(hash) != 60 || hash[0] != '$' || hash[1] != '2' || !strings.ContainsRune("aby", rune(hash[2])) || hash[3] != '$' || hash[6] != '$' {
		return bcryptHash{}, malformed("bcrypt wants $2b$, two digits, and 53 characters of salt and checksum")
	}
	cost, err := number("bcrypt's cost", strings.TrimPrefix(hash[4:6], "0"))
	switch {
	case err != nil:
		return bcryptHash{}, err
	case cost < bcrypt.MinCost || cost > bcrypt.MaxCost:
		return bcryptHash{}, malformed("bcrypt's cost is from %d to %d", bcrypt.MinCost, bcrypt.MaxCost)
	case cost > maxBcryptCost:
		return bcryptHash{}, tooCostly("bcrypt cost", cost, maxBcryptCost)
	}
	salt, err := canonical64(hash[7:29])
	if err != nil {
		return bcryptHash{}, err
	}
	sum, err := canonical64(hash[29:])
	if err != nil {
		return bcryptHash{}, err
	}
	return bcryptHash{fmt.Sprintf("$2b$%02d$%s%s", cost, salt, sum), cost}, nil
}

// canonical64 clears the bits of the last character that mean nothing, as
// Passlib does: some programs wrote others than zeros there, and the library
// compares texts.
func canonical64(text string) (string, error) {
	data, err := unbase64(crypt64, "bcrypt salt or checksum", text)
	return crypt64.EncodeToString(data), err
}
