package password

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Django writes the algorithm's name, then dollars between the parts; a salt is
// used as the text that it is.

// djangoPBKDF2 is Django's default: pbkdf2_sha256$rounds$salt$sum.
type djangoPBKDF2 struct {
	importOnly
	digest
}

func (d djangoPBKDF2) Name() string          { return "django_pbkdf2_" + d.name }
func (d djangoPBKDF2) owns(hash string) bool { return strings.HasPrefix(hash, "pbkdf2_"+d.name+"$") }

func (d djangoPBKDF2) parse(hash string) (parsed, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[2] == "" {
		return parsed{}, malformed("Django's PBKDF2 wants pbkdf2_%s$rounds$salt$hash", d.name)
	}
	rounds, err := number("the count of rounds", parts[1])
	if err != nil {
		return parsed{}, err
	}
	salt := parts[2]
	sum, err := unbase64(base64.StdEncoding, "checksum", parts[3])
	if err == nil {
		err = sized(sum, d.size)
	}
	if err == nil {
		err = checkRounds(rounds)
	}
	return parsed{
		blank: fmt.Sprintf("pbkdf2_%s$%d$%s$%s", d.name, rounds, strings.Repeat("0", len(salt)), base64.StdEncoding.EncodeToString(make([]byte, d.size))),
		weak:  true,
		matches: func(secret string) bool {
			return same(sum, d.derive(secret, []byte(salt), rounds))
		},
	}, err
}

// djangoArgon2 is argon2$ before a PHC string.
type djangoArgon2 struct{ importOnly }

func (djangoArgon2) Name() string          { return "django_argon2" }
func (djangoArgon2) owns(hash string) bool { return strings.HasPrefix(hash, "argon2$argon2") }

func (djangoArgon2) parse(hash string) (parsed, error) {
	inner := strings.TrimPrefix(hash, "argon2")
	if !(&argon2id{}).owns(inner) {
		return parsed{}, malformed("Django's argon2 wants argon2$argon2id$…")
	}
	return prefixed("argon2", Argon2id(Argon2Params{}), inner)
}

// djangoBcrypt is bcrypt$ before bcrypt.
type djangoBcrypt struct{ importOnly }

func (djangoBcrypt) Name() string          { return "django_bcrypt" }
func (djangoBcrypt) owns(hash string) bool { return strings.HasPrefix(hash, "bcrypt$") }

func (djangoBcrypt) parse(hash string) (parsed, error) {
	return prefixed("bcrypt$", Bcrypt(12), strings.TrimPrefix(hash, "bcrypt$"))
}

// prefixed parses a hash of another scheme that stands after a prefix.
func prefixed(prefix string, s Scheme, hash string) (parsed, error) {
	p, err := s.parse(hash)
	p.blank, p.weak = prefix+p.blank, true
	return p, err
}

// djangoBcryptSHA256 is bcrypt of the password's SHA-256 in hex.
type djangoBcryptSHA256 struct{ importOnly }

func (djangoBcryptSHA256) Name() string          { return "django_bcrypt_sha256" }
func (djangoBcryptSHA256) owns(hash string) bool { return strings.HasPrefix(hash, "bcrypt_sha256$") }

func (djangoBcryptSHA256) parse(hash string) (parsed, error) {
	inner, err := parseBcrypt(strings.TrimPrefix(hash, "bcrypt_sha256$"))
	return parsed{
		blank: "bcrypt_sha256$" + blankBcrypt(inner.cost),
		weak:  true,
		nul:   true,
		matches: func(secret string) bool {
			sum := sha256.Sum256([]byte(secret))
			return inner.matches(hex.EncodeToString(sum[:]))
		},
	}, err
}

// djangoScrypt is scrypt$N$salt$r$p$sum.
type djangoScrypt struct{ importOnly }

func (djangoScrypt) Name() string          { return "django_scrypt" }
func (djangoScrypt) owns(hash string) bool { return strings.HasPrefix(hash, "scrypt$") }

func (djangoScrypt) parse(hash string) (parsed, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[2] == "" {
		return parsed{}, malformed("Django's scrypt wants scrypt$N$salt$r$p$hash")
	}
	p, err := scryptParams(parts[1], parts[3], parts[4])
	if err != nil {
		return parsed{}, err
	}
	salt := parts[2]
	sum, err := unbase64(base64.StdEncoding, "checksum", parts[5])
	if err == nil {
		err = sized(sum, 64)
	}
	return parsed{
		blank: fmt.Sprintf("scrypt$%s$%s$%s$%s$%s", parts[1], strings.Repeat("0", len(salt)), parts[3], parts[4], base64.StdEncoding.EncodeToString(make([]byte, 64))),
		weak:  true,
		matches: func(secret string) bool {
			return same(sum, p.derive(secret, []byte(salt), 64))
		},
	}, err
}

// scryptParams reads the three costs as numbers, N itself in place of its
// logarithm.
func scryptParams(n, r, p string) (params ScryptParams, err error) {
	var costs [3]int
	for i, text := range []string{n, r, p} {
		if costs[i], err = number("a cost of scrypt", text); err != nil {
			return params, err
		}
	}
	params = ScryptParams{BlockSize: costs[1], Parallelism: costs[2]}
	if params.LogN, err = logOf(costs[0]); err != nil {
		return params, err
	}
	return params, params.check()
}
