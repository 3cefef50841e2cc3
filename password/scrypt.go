package password

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/bits"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// ScryptParams is the cost of a scrypt hash. The zero value is OWASP's
// recommendation: 2^17, 8, 1, which is 128 MiB.
type ScryptParams struct {
	LogN        int // the binary logarithm of N; 17 if zero
	BlockSize   int // r; 8 if zero
	Parallelism int // p; 1 if zero
}

// maxScryptWork bounds N times r times p, which is eight times the default.
// N times r times 128 is the memory: a gibibyte at most.
const maxScryptWork = 1 << 23

type scryptScheme struct{ ScryptParams }

// Scrypt is RFC 7914's scrypt, written as Passlib writes it, and also read in
// the form that begins with $7$.
func Scrypt(p ScryptParams) Scheme {
	if p.LogN == 0 {
		p.LogN = 17
	}
	if p.BlockSize == 0 {
		p.BlockSize = 8
	}
	if p.Parallelism == 0 {
		p.Parallelism = 1
	}
	return &scryptScheme{p}
}

func (s *scryptScheme) Name() string { return "scrypt" }

func (s *scryptScheme) owns(hash string) bool {
	return strings.HasPrefix(hash, "$scrypt$") || strings.HasPrefix(hash, "$7$")
}

func (s *scryptScheme) valid() error { return s.check() }

func (s *scryptScheme) blank() string { return s.format(make([]byte, 16), make([]byte, 32)) }

func (p ScryptParams) format(salt, sum []byte) string {
	return fmt.Sprintf("$scrypt$ln=%d,r=%d,p=%d$%s$%s", p.LogN, p.BlockSize, p.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// check is called before anything is computed with the parameters.
func (p ScryptParams) check() error {
	switch {
	case p.LogN < 1 || p.BlockSize < 1 || p.Parallelism < 1:
		return malformed("scrypt's parameters are at least 1")
	case p.LogN > 23 || p.BlockSize > maxScryptWork || p.Parallelism > maxScryptWork ||
		p.BlockSize*p.Parallelism > maxScryptWork>>p.LogN:
		return fmt.Errorf("%w: scrypt ln=%d, r=%d, p=%d", ErrTooCostly, p.LogN, p.BlockSize, p.Parallelism)
	}
	return nil
}

// derive computes n bytes. The parameters have been checked.
func (p ScryptParams) derive(secret string, salt []byte, n int) []byte {
	sum, err := scrypt.Key([]byte(secret), salt, 1<<p.LogN, p.BlockSize, p.Parallelism, n)
	if err != nil { // parameters that check lets pass and the library does not
		return nil
	}
	return sum
}

func (s *scryptScheme) hash(random io.Reader, secret string) (string, error) {
	salt, err := newSalt(random, 16)
	if err != nil {
		return "", err
	}
	return s.format(salt, s.derive(secret, salt, 32)), nil
}

func (s *scryptScheme) parse(hash string) (parsed, error) {
	read := readScrypt
	if strings.HasPrefix(hash, "$7$") {
		read = readScrypt7
	}
	p, salt, sum, err := read(hash)
	if err != nil {
		return parsed{}, err
	}
	return parsed{
		blank: p.format(make([]byte, len(salt)), make([]byte, 32)),
		weak:  p.LogN < s.LogN || p.BlockSize < s.BlockSize || p.Parallelism < s.Parallelism || len(salt) < 16,
		matches: func(secret string) bool {
			return same(sum, p.derive(secret, salt, len(sum)))
		},
	}, nil
}

// readScrypt reads $scrypt$ln=…,r=…,p=…$salt$sum.
func readScrypt(hash string) (p ScryptParams, salt, sum []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 5 {
		return p, nil, nil, malformed("scrypt wants $ln=…,r=…,p=…$salt$hash")
	}
	costs := strings.Split(parts[2], ",")
	if len(costs) != 3 {
		return p, nil, nil, malformed("scrypt wants ln=…,r=…,p=…")
	}
	for i, key := range []string{"ln", "r", "p"} {
		*[]*int{&p.LogN, &p.BlockSize, &p.Parallelism}[i], err = named(key, costs[i])
		if err != nil {
			return p, nil, nil, err
		}
	}
	if salt, err = unadapted("salt", parts[3]); err != nil {
		return p, nil, nil, err
	}
	if sum, err = unadapted("checksum", parts[4]); err != nil {
		return p, nil, nil, err
	}
	if err = sized(sum, 32); err == nil {
		err = p.check()
	}
	return p, salt, sum, err
}

// readScrypt7 reads $7$, one character of ln, five each of r and p, the salt as
// it is, a dollar, and the sum; all in crypt's own base64, least bits first.
func readScrypt7(hash string) (p ScryptParams, salt, sum []byte, err error) {
	body, checksum, ok := strings.Cut(hash[len("$7$"):], "$")
	if !ok || len(body) < 11 || !of(body[:11], alphabet) || !of(checksum, alphabet) || len(checksum) != 43 {
		return p, nil, nil, malformed("scrypt's $7$ wants 11 characters of costs, a salt, and 43 of checksum")
	}
	p = ScryptParams{LogN: crypt24(body[:1]), BlockSize: crypt24(body[1:6]), Parallelism: crypt24(body[6:11])}
	for i := 0; i < len(checksum); i += 4 {
		group := checksum[i:min(i+4, len(checksum))]
		n := crypt24(group)
		for range len(group) * 6 / 8 {
			sum = append(sum, byte(n&0xff))
			n >>= 8
		}
	}
	return p, []byte(body[11:]), sum, p.check()
}

// crypt24 reads a number in crypt's base64, least bits first.
func crypt24(text string) (n int) {
	for i := len(text) - 1; i >= 0; i-- {
		n = n<<6 | strings.IndexByte(alphabet, text[i])
	}
	return n
}

// logOf returns the binary logarithm of N as others write it, which must be a
// power of two.
func logOf(n int) (int, error) {
	if n < 2 || n&(n-1) != 0 {
		return 0, malformed("scrypt's N is a power of two")
	}
	return bits.Len(uint(n)) - 1, nil
}
