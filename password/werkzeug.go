package password

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Werkzeug, and with it Flask, writes method:costs$salt$sum with the sum in
// hex; a salt is used as the text that it is.

// werkzeugParts splits and decodes what is common to both.
func werkzeugParts(hash string, size int) (costs []string, salt string, sum []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 || parts[1] == "" {
		return nil, "", nil, malformed("Werkzeug's hashes are method$salt$hash")
	}
	sum, err = hex.DecodeString(parts[2])
	if err != nil {
		return nil, "", nil, malformed("the checksum is no hex")
	}
	return strings.Split(parts[0], ":"), parts[1], sum, sized(sum, size)
}

// werkzeugBlank is the same costs with nothing behind them.
func werkzeugBlank(costs []string, salt string, size int) string {
	return fmt.Sprintf("%s$%s$%s", strings.Join(costs, ":"), strings.Repeat("0", len(salt)), strings.Repeat("0", 2*size))
}

// werkzeugScrypt is scrypt:N:r:p$salt$sum.
type werkzeugScrypt struct{ importOnly }

func (werkzeugScrypt) Name() string          { return "werkzeug_scrypt" }
func (werkzeugScrypt) owns(hash string) bool { return strings.HasPrefix(hash, "scrypt:") }

func (werkzeugScrypt) parse(hash string) (parsed, error) {
	costs, salt, sum, err := werkzeugParts(hash, 64)
	if err != nil {
		return parsed{}, err
	}
	if len(costs) != 4 {
		return parsed{}, malformed("Werkzeug's scrypt wants scrypt:N:r:p$salt$hash")
	}
	p, err := scryptParams(costs[1], costs[2], costs[3])
	return parsed{
		blank: werkzeugBlank(costs, salt, 64), weak: true,
		matches: func(secret string) bool { return same(sum, p.derive(secret, []byte(salt), 64)) },
	}, err
}

// werkzeugPBKDF2 is pbkdf2:sha256:rounds$salt$sum.
type werkzeugPBKDF2 struct{ importOnly }

func (werkzeugPBKDF2) Name() string          { return "werkzeug_pbkdf2" }
func (werkzeugPBKDF2) owns(hash string) bool { return strings.HasPrefix(hash, "pbkdf2:") }

func (werkzeugPBKDF2) parse(hash string) (parsed, error) {
	method, _, _ := strings.Cut(hash, "$")
	costs := strings.Split(method, ":")
	if len(costs) != 3 {
		return parsed{}, malformed("Werkzeug's PBKDF2 wants pbkdf2:digest:rounds$salt$hash")
	}
	var with digest
	for _, one := range []digest{withSHA1, withSHA256, withSHA512} {
		if one.name == costs[1] {
			with = one
		}
	}
	if with.new == nil {
		return parsed{}, refused("Werkzeug's PBKDF2 with a digest other than sha1, sha256 and sha512; set a new password")
	}
	_, salt, sum, err := werkzeugParts(hash, with.size)
	if err != nil {
		return parsed{}, err
	}
	rounds, err := number("the count of rounds", costs[2])
	if err == nil {
		err = checkRounds(rounds)
	}
	return parsed{
		blank: werkzeugBlank(costs, salt, with.size), weak: true,
		matches: func(secret string) bool { return same(sum, with.derive(secret, []byte(salt), rounds)) },
	}, err
}
