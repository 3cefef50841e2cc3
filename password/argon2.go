package password

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	ours "github.com/holdfast-go/holdfast/internal/argon2"
)

// Argon2Params is the cost of an argon2id hash. The zero value is OWASP's
// recommendation: 19 MiB, two passes, one thread.
type Argon2Params struct {
	Memory  uint32 // KiB; 19456 if zero
	Time    uint32 // passes; 2 if zero
	Threads uint8  // 1 if zero
}

// The most that a stored hash may ask for: whatever could write to the store may
// have written it. The work is memory times passes.
const (
	maxArgon2Memory  = 1 << 18 // KiB; each worker of a lane may need it at once
	maxArgon2Work    = 1 << 21 // KiB, over all passes
	maxArgon2Threads = 16
)

type argon2id struct{ Argon2Params }

// Argon2id is RFC 9106's argon2id, written as a PHC string. The default. It
// also verifies argon2i, whose hashes are replaced, and refuses argon2d and
// argon2's first version.
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

func (a *argon2id) Name() string { return "argon2" }

func (a *argon2id) owns(hash string) bool {
	return strings.HasPrefix(hash, "$argon2id$") || strings.HasPrefix(hash, "$argon2i$") || strings.HasPrefix(hash, "$argon2d$")
}

func (a *argon2id) valid() error {
	_, err := a.parse(a.blank())
	return err
}

func (a *argon2id) blank() string { return a.format("argon2id", make([]byte, 16), make([]byte, 32)) }

func (p Argon2Params) format(kind string, salt, sum []byte) string {
	return fmt.Sprintf("$%s$v=19$m=%d,t=%d,p=%d$%s$%s", kind, p.Memory, p.Time, p.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

func (a *argon2id) hash(random io.Reader, secret string) (string, error) {
	salt, err := newSalt(random, 16)
	if err != nil {
		return "", err
	}
	sum := argon2idKey([]byte(secret), salt, a.Time, a.Memory, a.Threads, 32)
	return a.format("argon2id", salt, sum), nil
}

// argon2idKey hashes in the goroutine that calls, whatever the number of
// threads, so that a lane's bound and priority hold for all of it.
func argon2idKey(secret, salt []byte, passes, memory uint32, threads uint8, size uint32) []byte {
	return ours.Key(secret, salt, ours.Params{Time: passes, Memory: memory, Lanes: threads, KeySize: size})
}

// parse reads $argon2id$v=19$m=…,t=…,p=…$salt$sum.
func (a *argon2id) parse(hash string) (parsed, error) {
	parts := strings.Split(hash, "$")
	kind := parts[1]
	switch {
	case kind == "argon2d":
		return parsed{}, refused("argon2d, whose memory accesses tell about the password; set a new password")
	case len(parts) == 5 && strings.HasPrefix(parts[2], "m=") || len(parts) == 6 && parts[2] == "v=16":
		return parsed{}, refused("argon2 of the first version (v=16), which is weaker and which Go's library does not compute; set a new password")
	case len(parts) != 6 || parts[2] != "v=19":
		return parsed{}, malformed("argon2 wants $v=19$m=…,t=…,p=…$salt$hash")
	}
	p, err := argon2Params(parts[3])
	if err != nil {
		return parsed{}, err
	}
	salt, err := unbase64(base64.RawStdEncoding.Strict(), "salt", parts[4])
	if err != nil {
		return parsed{}, err
	}
	sum, err := unbase64(base64.RawStdEncoding.Strict(), "checksum", parts[5])
	if err != nil {
		return parsed{}, err
	}
	if len(salt) < 8 || len(salt) > 64 || len(sum) < 12 || len(sum) > 64 {
		return parsed{}, malformed("argon2 wants a salt of 8 to 64 bytes and a checksum of 12 to 64")
	}
	derive := argon2idKey
	if kind == "argon2i" {
		derive = argon2.Key
	}
	return parsed{
		blank: p.format(kind, make([]byte, len(salt)), make([]byte, len(sum))),
		weak:  kind != "argon2id" || p.Memory < a.Memory || p.Time < a.Time || len(sum) < 32 || len(salt) < 16,
		nul:   true,
		matches: func(secret string) bool {
			return same(sum, derive([]byte(secret), salt, p.Time, p.Memory, p.Threads, uint32(len(sum)))) //nolint:gosec // at most 64, see above
		},
	}, nil
}

// argon2Params reads m=…,t=…,p=….
func argon2Params(text string) (p Argon2Params, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return p, malformed("argon2 wants m=…,t=…,p=…")
	}
	var n [3]int
	for i, key := range []string{"m", "t", "p"} {
		if n[i], err = named(key, parts[i]); err != nil {
			return p, err
		}
	}
	memory, passes, threads := n[0], n[1], n[2]
	switch {
	case memory > maxArgon2Memory:
		return p, tooCostly("argon2 memory in KiB", memory, maxArgon2Memory)
	case passes > maxArgon2Work || memory*passes > maxArgon2Work:
		return p, tooCostly("argon2 memory over all passes in KiB", memory*passes, maxArgon2Work)
	case threads > maxArgon2Threads:
		return p, tooCostly("argon2 threads", threads, maxArgon2Threads)
	case passes < 1 || threads < 1 || memory < 8*threads:
		return p, malformed("argon2 wants at least one pass, one thread, and 8 KiB for each thread")
	}
	return Argon2Params{Memory: uint32(memory), Time: uint32(passes), Threads: uint8(threads)}, nil //nolint:gosec // bounded above
}
