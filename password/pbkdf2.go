package password

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // PBKDF2-HMAC-SHA1 does not need what SHA-1 lost
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"io"
	"strings"
)

// maxPBKDF2Rounds bounds what a stored hash may ask for: some seconds.
const maxPBKDF2Rounds = 10_000_000

// digest is a hash function that PBKDF2 is used with.
type digest struct {
	name string
	size int
	new  func() hash.Hash
}

var (
	withSHA1   = digest{"sha1", sha1.Size, sha1.New}
	withSHA256 = digest{"sha256", sha256.Size, sha256.New}
	withSHA512 = digest{"sha512", sha512.Size, sha512.New}
)

// derive computes as many bytes as the checksum has. HMAC fills the password
// up with NUL bytes, so that those at its end do not count: see parsed.nul.
func (d digest) derive(secret string, salt []byte, rounds int) []byte {
	sum, err := pbkdf2.Key(d.new, secret, salt, rounds, d.size)
	if err != nil { // in FIPS mode: a short salt
		return nil
	}
	return sum
}

// checkRounds is called before anything is computed.
func checkRounds(rounds int) error {
	switch {
	case rounds < 1:
		return malformed("PBKDF2 wants a round at least")
	case rounds > maxPBKDF2Rounds:
		return tooCostly("PBKDF2 rounds", rounds, maxPBKDF2Rounds)
	}
	return nil
}

type pbkdf2Scheme struct {
	digest
	ident    string
	rounds   int
	imported bool
}

// PBKDF2SHA256 is RFC 8018's PBKDF2 with HMAC-SHA-256, written as Passlib
// writes it; 600,000 rounds if zero, as OWASP recommends.
func PBKDF2SHA256(rounds int) Scheme {
	if rounds == 0 {
		rounds = 600_000
	}
	return &pbkdf2Scheme{digest: withSHA256, ident: "$pbkdf2-sha256$", rounds: rounds}
}

// PBKDF2SHA512 is RFC 8018's PBKDF2 with HMAC-SHA-512, written as Passlib
// writes it; 210,000 rounds if zero, as OWASP recommends.
func PBKDF2SHA512(rounds int) Scheme {
	if rounds == 0 {
		rounds = 210_000
	}
	return &pbkdf2Scheme{digest: withSHA512, ident: "$pbkdf2-sha512$", rounds: rounds}
}

// pbkdf2SHA1 is only read.
func pbkdf2SHA1() Scheme {
	return &pbkdf2Scheme{digest: withSHA1, ident: "$pbkdf2$", rounds: 1, imported: true}
}

func (s *pbkdf2Scheme) Name() string          { return "pbkdf2_" + s.name }
func (s *pbkdf2Scheme) owns(hash string) bool { return strings.HasPrefix(hash, s.ident) }
func (s *pbkdf2Scheme) valid() error          { return checkRounds(s.rounds) }
func (s *pbkdf2Scheme) blank() string {
	if s.imported {
		return ""
	}
	return s.format(s.rounds, make([]byte, 16), make([]byte, s.size))
}

func (s *pbkdf2Scheme) format(rounds int, salt, sum []byte) string {
	return fmt.Sprintf("%s%d$%s$%s", s.ident, rounds, adapted.EncodeToString(salt), adapted.EncodeToString(sum))
}

func (s *pbkdf2Scheme) hash(random io.Reader, secret string) (string, error) {
	if s.imported {
		return "", ErrImportOnly
	}
	salt, err := newSalt(random, 16)
	if err != nil {
		return "", err
	}
	return s.format(s.rounds, salt, s.derive(secret, salt, s.rounds)), nil
}

// parse reads $pbkdf2-sha256$rounds$salt$sum.
func (s *pbkdf2Scheme) parse(hash string) (parsed, error) {
	parts := strings.Split(strings.TrimPrefix(hash, s.ident), "$")
	if len(parts) != 3 {
		return parsed{}, malformed("PBKDF2 wants rounds$salt$hash")
	}
	rounds, err := number("the count of rounds", parts[0])
	if err != nil {
		return parsed{}, err
	}
	salt, err := unadapted("salt", parts[1])
	if err != nil {
		return parsed{}, err
	}
	sum, err := unadapted("checksum", parts[2])
	if err != nil {
		return parsed{}, err
	}
	if err := sized(sum, s.size); err != nil {
		return parsed{}, err
	}
	return parsed{
		blank: s.format(rounds, make([]byte, len(salt)), make([]byte, s.size)),
		weak:  s.imported || rounds < s.rounds || len(salt) < 16,
		matches: func(secret string) bool {
			return same(sum, s.derive(secret, salt, rounds))
		},
	}, checkRounds(rounds)
}
