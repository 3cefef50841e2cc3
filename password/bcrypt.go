package password

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost bounds what a stored hash may ask for: 2^16 rounds take
// seconds.
const maxBcryptCost = 16

// bcryptLimit is how much of a password bcrypt looks at.
const bcryptLimit = 72

type bcryptScheme struct{ cost int }

// Bcrypt is bcrypt with a cost, written as $2b$ and read as $2a$, $2b$ and
// $2y$, which are the same. It refuses to hash more than 72 bytes, where
// others truncate.
func Bcrypt(cost int) Scheme { return &bcryptScheme{cost} }

func (b *bcryptScheme) Name() string { return "bcrypt" }

func (b *bcryptScheme) owns(hash string) bool {
	return strings.HasPrefix(hash, "$2a$") || strings.HasPrefix(hash, "$2b$") || strings.HasPrefix(hash, "$2y$")
}

// hash takes its salt from crypto/rand, whatever the context's Rand: the
// library has no way to be given one.
func (b *bcryptScheme) hash(_ io.Reader, secret string) (string, error) {
	if len(secret) > bcryptLimit {
		return "", ErrTooLong
	}
	if b.cost > maxBcryptCost || b.cost < bcrypt.MinCost {
		return "", fmt.Errorf("password: bcrypt cost %d: use %d to %d", b.cost, bcrypt.MinCost, maxBcryptCost)
	}
	data, err := bcrypt.GenerateFromPassword([]byte(secret), b.cost)
	if err != nil {
		return "", err
	}
	return "$2b$" + string(data[4:]), nil
}

func (b *bcryptScheme) verify(secret, hash string) (bool, error) {
	cost, err := bcryptCost(hash)
	switch {
	case err != nil:
		return false, err
	case cost > maxBcryptCost:
		return false, ErrTooCostly
	}
	long := len(secret) > bcryptLimit
	if long {
		secret = secret[:bcryptLimit] // for the time it takes; the answer is no
	}
	err = bcrypt.CompareHashAndPassword([]byte(hash), []byte(secret))
	switch {
	case err == nil:
		return !long, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	}
	return false, fmt.Errorf("%w: %w", ErrMalformed, err)
}

func (b *bcryptScheme) weak(hash string) bool {
	cost, err := bcryptCost(hash)
	return err != nil || cost < b.cost
}

func bcryptCost(hash string) (int, error) {
	if len(hash) != 60 {
		return 0, fmt.Errorf("%w: a bcrypt hash has 60 characters", ErrMalformed)
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return cost, nil
}
