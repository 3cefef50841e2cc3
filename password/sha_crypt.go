package password

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"strings"

	"github.com/go-crypt/x/crypt"
)

// shaCrypt is sha256_crypt and sha512_crypt, of Linux's /etc/shadow and of
// Passlib.
type shaCrypt struct {
	importOnly
	name  string
	ident string
	size  int // of the checksum, in characters
	new   func() hash.Hash
}

func shaCrypt256() Scheme {
	return shaCrypt{name: "sha256_crypt", ident: "$5$", size: 43, new: sha256.New}
}

func shaCrypt512() Scheme {
	return shaCrypt{name: "sha512_crypt", ident: "$6$", size: 86, new: sha512.New}
}

const (
	minSHACryptRounds     = 1000
	maxSHACryptRounds     = 2_000_000 // Passlib's default is 656,000
	defaultSHACryptRounds = 5000

	// shaCryptWork bounds rounds times bytes: every round hashes all of the
	// password. At Passlib's default of rounds that is 780 bytes, at the most
	// rounds 256, and up to 125,000 rounds the 4,096 bytes that Passlib takes.
	shaCryptWork = 512_000_000
)

func (s shaCrypt) Name() string          { return s.name }
func (s shaCrypt) owns(hash string) bool { return strings.HasPrefix(hash, s.ident) }

// parse reads $5$salt$sum and $5$rounds=…$salt$sum.
func (s shaCrypt) parse(hash string) (parsed, error) {
	parts := strings.Split(strings.TrimPrefix(hash, s.ident), "$")
	rounds, costs := defaultSHACryptRounds, ""
	if strings.HasPrefix(parts[0], "rounds=") {
		n, err := named("rounds", parts[0])
		if err != nil {
			return parsed{}, err
		}
		rounds, costs, parts = n, parts[0]+"$", parts[1:]
	}
	if len(parts) != 2 {
		return parsed{}, malformed("%s wants rounds=…$salt$hash or salt$hash", s.name)
	}
	salt, sum := parts[0], parts[1]
	switch {
	case len(salt) > 16 || !of(salt, alphabet):
		return parsed{}, malformed("the salt has more than 16 characters, or one that is none of crypt's")
	case len(sum) != s.size || !of(sum, alphabet):
		return parsed{}, malformed("the checksum has not %d characters, or one that is none of crypt's", s.size)
	case rounds < minSHACryptRounds:
		return parsed{}, malformed("%s has 1000 rounds at least", s.name)
	case rounds > maxSHACryptRounds:
		return parsed{}, tooCostly(s.name+" rounds", rounds, maxSHACryptRounds)
	}
	return parsed{
		blank: fmt.Sprintf("%s%s%s$%s", s.ident, costs, strings.Repeat(".", len(salt)), strings.Repeat(".", s.size)),
		weak:  true,
		limit: min(MaxLength, shaCryptWork/rounds),
		nul:   true,
		matches: func(secret string) bool {
			return same([]byte(sum), crypt.KeySHACrypt(s.new, []byte(secret), []byte(salt), rounds))
		},
	}, nil
}
