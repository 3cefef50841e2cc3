package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-go/holdfast/internal/argon2"
)

// Argon2Params is the cost of an argon2id hash. The zero value is OWASP's
// recommendation: 19 MiB, two passes, one thread.
type Argon2Params struct {
	Memory  uint32 // KiB; 19456 if zero
	Time    uint32 // passes; 2 if zero
	Threads uint8  // 1 if zero
}

// The most that a stored hash may ask for: it was written by whoever could
// write to the store.
const (
	maxArgon2Memory  = 1 << 20 // KiB
	maxArgon2Time    = 32
	maxArgon2Threads = 16
)

const argon2Prefix = "$argon2id$"

type argon2id struct{ Argon2Params }

// Argon2id is RFC 9106's argon2id, written as a PHC string. The default.
func Argon2id(p Argon2Params) Scheme {
	if p.Memory == 0 {
		p.Memory = 19456
	}
	if p.Time == 0 {
		p.Time = 2
	}
	if p.Threads == 0 {
		p.Threads = 1
	}
	return &argon2id{p}
}

func (a *argon2id) Name() string          { return "argon2" }
func (a *argon2id) owns(hash string) bool { return strings.HasPrefix(hash, argon2Prefix) }

func (a *argon2id) hash(random io.Reader, secret string) (string, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	sum := argon2Key(secret, salt, a.Argon2Params, 32)
	return fmt.Sprintf("%sv=19$m=%d,t=%d,p=%d$%s$%s", argon2Prefix, a.Memory, a.Time, a.Threads, b64(salt), b64(sum)), nil
}

// argon2Key hashes in the goroutine that calls, whatever p.Threads says, so
// that a lane's bound and priority hold for all of it.
func argon2Key(secret string, salt []byte, p Argon2Params, size int) []byte {
	return argon2.Key([]byte(secret), salt, argon2.Params{
		Time: p.Time, Memory: p.Memory, Lanes: p.Threads, KeySize: uint32(size), //nolint:gosec // at most 64, says parseArgon2
	})
}

func b64(data []byte) string { return base64.RawStdEncoding.EncodeToString(data) }

func (a *argon2id) verify(secret, hash string) (bool, error) {
	p, salt, sum, err := parseArgon2(hash)
	if err != nil {
		return false, err
	}
	got := argon2Key(secret, salt, p, len(sum))
	return subtle.ConstantTimeCompare(got, sum) == 1, nil
}

func (a *argon2id) weak(hash string) bool {
	p, _, sum, err := parseArgon2(hash)
	return err != nil || p.Memory < a.Memory || p.Time < a.Time || len(sum) < 32
}

// parseArgon2 reads $argon2id$v=19$m=…,t=…,p=…$salt$sum.
func parseArgon2(hash string) (p Argon2Params, salt, sum []byte, err error) {
	parts := strings.Split(strings.TrimPrefix(hash, argon2Prefix), "$")
	if len(parts) != 4 || parts[0] != "v=19" {
		return p, nil, nil, fmt.Errorf("%w: argon2id wants $v=19$m=…,t=…,p=…$salt$hash", ErrMalformed)
	}
	if _, err := fmt.Sscanf(parts[1], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); err != nil ||
		parts[1] != fmt.Sprintf("m=%d,t=%d,p=%d", p.Memory, p.Time, p.Threads) {
		return p, nil, nil, fmt.Errorf("%w: argon2id parameters", ErrMalformed)
	}
	switch {
	case p.Time < 1 || p.Threads < 1 || p.Memory < 8*uint32(p.Threads):
		return p, nil, nil, fmt.Errorf("%w: argon2id parameters", ErrMalformed)
	case p.Memory > maxArgon2Memory || p.Time > maxArgon2Time || p.Threads > maxArgon2Threads:
		return p, nil, nil, ErrTooCostly
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[2])
	sum, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[3])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(sum) < 12 || len(sum) > 64 {
		return p, nil, nil, fmt.Errorf("%w: argon2id salt or hash", ErrMalformed)
	}
	return p, salt, sum, nil
}
