package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// bcryptSHA256 is Passlib's bcrypt_sha256: bcrypt of the password's SHA-256 in
// base64, so that bcrypt's 72 bytes hold any password. The second version
// takes HMAC-SHA-256 with the salt as key instead.
type bcryptSHA256 struct{ importOnly }

const bcryptSHA256Prefix = "$bcrypt-sha256$"

func (bcryptSHA256) Name() string          { return "bcrypt_sha256" }
func (bcryptSHA256) owns(hash string) bool { return strings.HasPrefix(hash, bcryptSHA256Prefix) }

// parse reads $bcrypt-sha256$2b,12$salt$sum and
// $bcrypt-sha256$v=2,t=2b,r=12$salt$sum.
func (bcryptSHA256) parse(hash string) (parsed, error) {
	parts := strings.Split(strings.TrimPrefix(hash, bcryptSHA256Prefix), "$")
	if len(parts) != 3 || len(parts[1]) != 22 {
		return parsed{}, malformed("bcrypt_sha256 wants costs$salt$hash")
	}
	costs, second := strings.CutPrefix(parts[0], "v=2,t=")
	kind, costs, _ := strings.Cut(costs, ",")
	if second {
		costs, second = strings.CutPrefix(costs, "r=")
		if !second || kind != "2b" {
			return parsed{}, malformed("bcrypt_sha256 of version 2 wants v=2,t=2b,r=…")
		}
	}
	rounds, err := number("bcrypt's cost", costs)
	if err != nil || kind != "2a" && kind != "2b" {
		return parsed{}, malformed("bcrypt_sha256 wants 2b,12 or v=2,t=2b,r=12")
	}
	inner, err := parseBcrypt(fmt.Sprintf("$%s$%02d$%s%s", kind, rounds, parts[1], parts[2]))
	if err != nil {
		return parsed{}, err
	}
	salt := []byte(inner.text[7:29])
	return parsed{
		blank: fmt.Sprintf("%s%s$%s$%s", bcryptSHA256Prefix, parts[0], strings.Repeat(".", 22), strings.Repeat(".", 31)),
		weak:  true,
		nul:   true,
		matches: func(secret string) bool {
			sum := sha256.Sum256([]byte(secret))
			key := sum[:]
			if second {
				mac := hmac.New(sha256.New, salt)
				mac.Write([]byte(secret))
				key = mac.Sum(nil)
			}
			return inner.matches(base64.StdEncoding.EncodeToString(key))
		},
	}, nil
}
