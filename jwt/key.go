package jwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// Algorithm is a signature algorithm's name in RFC 7518 and RFC 8037. Names
// are case-sensitive.
type Algorithm string

// The algorithms. EdDSA is Ed25519.
const (
	EdDSA Algorithm = "EdDSA"
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	ES512 Algorithm = "ES512"
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
)

// known reports whether the package has the algorithm.
func (a Algorithm) known() bool {
	_, ec := curves[a]
	_, hmac := secretSizes[a]
	return ec || hmac || a == EdDSA || slices.Contains(rsaAlgorithms, a)
}

// Sizes of RSA keys in bits. Larger ones than the largest would take a
// verifier's time.
const (
	minVerifyRS = 2048
	maxVerifyRS = 8192
	newRS       = 3072
)

// Key is one key with its one algorithm. Keys that sign hold the private part;
// a key prints as its id and algorithm only. The zero Key is good for nothing.
//
// What is secret is behind functions: fmt looks into unexported fields without
// asking any method, but it cannot look into a function.
type Key struct {
	id      string
	alg     Algorithm
	secret  func() []byte        // HMAC; nil otherwise
	macs    *macs                // HMAC; nil otherwise
	private func() crypto.Signer // nil if the key only verifies
	public  crypto.PublicKey

	// What the key's key_ops leave out (RFC 7517 section 4.3).
	noSign, noVerify bool
}

func keyPair(id string, alg Algorithm, private crypto.Signer) Key {
	return Key{id: id, alg: alg, private: func() crypto.Signer { return private }, public: private.Public()}
}

// hmacKey takes the secret over, whatever it is.
func hmacKey(id string, alg Algorithm, secret []byte) Key {
	return Key{id: id, alg: alg, secret: func() []byte { return secret }, macs: newMACs(alg, secret)}
}

// GenerateKey makes a key pair with a new random id. HMAC keys are made with
// [SecretKey].
func GenerateKey(alg Algorithm) (Key, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ES256, ES384, ES512:
		private, err = ecdsa.GenerateKey(curves[alg], rand.Reader)
	case RS256, RS384, RS512, PS256, PS384, PS512:
		private, err = rsa.GenerateKey(rand.Reader, newRS)
	default:
		return Key{}, fmt.Errorf("jwt: no key pair is made for %q", alg)
	}
	if err != nil {
		return Key{}, fmt.Errorf("jwt: %w", err)
	}
	return keyPair(rand.Text(), alg, private), nil
}

var curves = map[Algorithm]elliptic.Curve{ES256: elliptic.P256(), ES384: elliptic.P384(), ES512: elliptic.P521()}

var rsaAlgorithms = []Algorithm{RS256, RS384, RS512, PS256, PS384, PS512}

// secretSizes are the least sizes of secrets in bytes (RFC 7518 section 3.2).
var secretSizes = map[Algorithm]int{HS256: 32, HS384: 48, HS512: 64}

// knownSecrets stand in tutorials, and so in every attacker's list. Shorter
// ones are refused for their length.
var knownSecrets = []string{
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", // FastAPI's
	"a-string-secret-at-least-256-bits-long",                           // jwt.io's
}

// SecretKey makes an HMAC key without an id. The secret must be random, of at
// least 32 bytes and at least as long as the algorithm's hash; secrets of
// tutorials are refused.
func SecretKey(alg Algorithm, secret []byte) (Key, error) {
	size, ok := secretSizes[alg]
	if !ok {
		return Key{}, fmt.Errorf("jwt: %q is no HMAC algorithm", alg)
	}
	if len(secret) < size {
		return Key{}, fmt.Errorf("jwt: a secret for %s has at least %d bytes, this one has %d", alg, size, len(secret))
	}
	for _, known := range knownSecrets {
		decoded, _ := hex.DecodeString(known)
		if string(secret) == known || bytes.Equal(secret, decoded) {
			return Key{}, errors.New("jwt: this secret is published in a tutorial; generate one")
		}
	}
	if len(bytes.Trim(secret, "\x00")) == 0 {
		return Key{}, errors.New("jwt: this secret is all zeros; was it never filled?")
	}
	return hmacKey("", alg, bytes.Clone(secret)), nil
}

// ID returns the key's id (kid), or "" if it has none.
func (k Key) ID() string { return k.id }

// Algorithm returns the key's one algorithm.
func (k Key) Algorithm() Algorithm { return k.alg }

// IsPrivate reports whether the key holds a secret, a private key or an HMAC
// key, whether or not it may be used to sign.
func (k Key) IsPrivate() bool { return k.secret != nil || k.private != nil }

// CanSign reports whether the key holds what signs and may be used for it.
func (k Key) CanSign() bool { return k.IsPrivate() && !k.noSign }

// CanVerify reports whether the key may be used to verify.
func (k Key) CanVerify() bool { return (k.secret != nil || k.public != nil) && !k.noVerify }

// WithID returns the key under another id.
func (k Key) WithID(id string) Key { k.id = id; return k }

// String names the key without its secret.
func (k Key) String() string { return fmt.Sprintf("[%s key %q]", k.alg, k.id) }

// GoString is String: the secret does not print.
func (k Key) GoString() string { return k.String() }

// LogValue is String: the secret does not print.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON refuses: use MarshalPrivate, whose name says what comes out.
func (k Key) MarshalJSON() ([]byte, error) {
	return nil, errors.New("jwt: a Key does not marshal by itself; use MarshalPrivate or MarshalPublicSet")
}

// check makes sure that the key is of its algorithm's kind, and strong enough.
func (k Key) check() error {
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		if k.alg == EdDSA && len(public) == ed25519.PublicKeySize {
			return nil
		}
	case *ecdsa.PublicKey:
		if curve, ok := curves[k.alg]; ok && curve == public.Curve {
			return nil
		}
	case *rsa.PublicKey:
		if err := checkRSA(public); err != nil {
			return err
		}
		if slices.Contains(rsaAlgorithms, k.alg) {
			return nil
		}
	}
	return fmt.Errorf("the key is not one for algorithm %q", k.alg)
}

// matches makes sure that an ECDSA key's two parts are of one pair, which its
// form does not say. The other kinds were checked when they were read.
func matches(private crypto.Signer) error {
	key, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		return nil
	}
	secret, err := key.ECDH()
	if err != nil {
		return errors.New("the private part is not on the curve")
	}
	public, err := key.PublicKey.ECDH()
	if err != nil || !secret.PublicKey().Equal(public) {
		return errors.New("the private and the public part are not of one pair")
	}
	return nil
}
