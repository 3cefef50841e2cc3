package jwt

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// checkRSA refuses keys whose signatures somebody could forge, and such as
// would take too long to verify with.
func checkRSA(key *rsa.PublicKey) error {
	bits := key.N.BitLen()
	switch {
	case bits < minVerifyRS || bits > maxVerifyRS:
		return fmt.Errorf("an RSA key has %d to %d bits, this one has %d", minVerifyRS, maxVerifyRS, bits)
	case key.E < 3 || key.E%2 == 0: // with e = 1 the padding is the signature
		return errors.New("the RSA key's exponent is not odd and at least 3")
	case key.N.Bit(0) == 0:
		return errors.New("the RSA key's modulus is even")
	case ofROCA(key.N):
		return errors.New("the RSA key was made by a chip with CVE-2017-15361 (ROCA), so that its private part can be computed")
	}
	return nil
}

// rocaPrimes are those that the fingerprint of CVE-2017-15361 looks at. A key
// of another make passes all of them with a chance of about 2^-154.
var rocaPrimes = []uint64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
	89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// ofROCA reports whether a modulus has the form that the library with the
// flaw gives it: to each small prime it is a power of 65537 (Nemec et al., The
// Return of Coppersmith's Attack, 2017, section 3).
func ofROCA(n *big.Int) bool {
	var rest, prime big.Int
	for _, p := range rocaPrimes {
		prime.SetUint64(p)
		if !isPower(rest.Mod(n, &prime).Uint64(), p) {
			return false
		}
	}
	return true
}

// isPower reports whether rest is a power of 65537 modulo p.
func isPower(rest, p uint64) bool {
	for power := uint64(1); ; {
		if power == rest {
			return true
		}
		if power = power * 65537 % p; power == 1 {
			return false
		}
	}
}
