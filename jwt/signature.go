package jwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512" // for crypto.Hash
	"hash"
	"math/big"
	"sync"
)

// hash is the hash of an algorithm other than EdDSA: its name ends in the size.
func (a Algorithm) hash() crypto.Hash {
	switch a[2:] {
	case "256":
		return crypto.SHA256
	case "384":
		return crypto.SHA384
	}
	return crypto.SHA512
}

func digest(h crypto.Hash, input []byte) []byte {
	sum := h.New()
	sum.Write(input)
	return sum.Sum(nil)
}

// macs computes one key's MACs with states that are used again, since setting
// one up costs as much as a short message. It is safe for concurrent use.
type macs struct{ idle sync.Pool } // of *mac

// mac is a state, with room for what goes in and comes out.
type mac struct {
	hash    hash.Hash
	in, out []byte
}

func newMACs(alg Algorithm, secret []byte) *macs {
	h := alg.hash().New
	m := &macs{}
	m.idle.New = func() any { return &mac{hash: hmac.New(h, secret)} }
	return m
}

// do calls fn with the MAC of input, which fn must not keep.
func (m *macs) do(input string, fn func(sum []byte)) {
	one, _ := m.idle.Get().(*mac)
	defer m.idle.Put(one)
	one.hash.Reset()
	one.in = append(one.in[:0], input...)
	one.hash.Write(one.in)
	one.out = one.hash.Sum(one.out[:0])
	fn(one.out)
}

// sign signs the text with the key's algorithm.
func (k Key) sign(text string) (sig []byte, err error) {
	if !k.CanSign() {
		return nil, ErrKeyUse
	}
	if k.macs != nil {
		k.macs.do(text, func(sum []byte) { sig = bytes.Clone(sum) })
		return sig, nil
	}
	input := []byte(text)
	switch private := k.private().(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input), nil
	case *ecdsa.PrivateKey:
		return signECDSA(private, digest(k.alg.hash(), input))
	case *rsa.PrivateKey:
		h := k.alg.hash()
		if k.alg[0] == 'P' {
			return rsa.SignPSS(rand.Reader, private, h, digest(h, input), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(nil, private, h, digest(h, input))
	}
	return nil, ErrKeyUse
}

// signECDSA writes r and s side by side, as RFC 7518 section 3.4 wants.
func signECDSA(private *ecdsa.PrivateKey, sum []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, private, sum)
	if err != nil {
		return nil, err
	}
	size := (private.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, nil
}

// verify reports whether sig is the key's signature of the text.
func (k Key) verify(text string, sig []byte) (ok bool) {
	if k.macs != nil {
		k.macs.do(text, func(sum []byte) { ok = hmac.Equal(sum, sig) })
		return ok
	}
	input := []byte(text)
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, input, sig)
	case *ecdsa.PublicKey:
		return verifyECDSA(public, digest(k.alg.hash(), input), sig)
	case *rsa.PublicKey:
		h := k.alg.hash()
		if k.alg[0] == 'P' {
			return rsa.VerifyPSS(public, h, digest(h, input), sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(public, h, digest(h, input), sig) == nil
	}
	return false
}

func verifyECDSA(public *ecdsa.PublicKey, sum, sig []byte) bool {
	size := (public.Curve.Params().BitSize + 7) / 8
	if len(sig) != 2*size {
		return false
	}
	return ecdsa.Verify(public, sum, new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:]))
}
