package keyring

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/holdfast-go/holdfast/internal/secretfile"
)

// MasterKey encrypts private keys in a store (XChaCha20-Poly1305, with the
// key's id as associated data, so that no record can stand in for another). It
// does not print itself. The zero MasterKey is none: keys are kept as they are.
type MasterKey struct {
	aead func() cipher.AEAD // a function: fmt looks into fields, but not into those
}

// ParseMasterKey reads a master key: 32 random bytes, as base64 or as 64
// hexadecimal digits. `openssl rand -base64 32` makes one.
func ParseMasterKey(text string) (MasterKey, error) {
	secret, ok := decodeMaster(strings.TrimSpace(text))
	if !ok {
		return MasterKey{}, errors.New("keyring: a master key is 32 bytes as base64 or 64 hexadecimal digits; `openssl rand -base64 32` makes one")
	}
	if bytes.Count(secret, secret[:1]) == len(secret) {
		return MasterKey{}, errors.New("keyring: the master key is one byte 32 times, not random")
	}
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return MasterKey{}, fmt.Errorf("keyring: %w", err)
	}
	return MasterKey{func() cipher.AEAD { return aead }}, nil
}

// ReadMasterKey reads a master key from a file, as ParseMasterKey does. A file
// that any other user may read or change, but for its group, is refused: what is
// in it is no secret.
func ReadMasterKey(path string) (MasterKey, error) {
	text, err := secretfile.Read(path)
	if err != nil {
		return MasterKey{}, err
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func decodeMaster(text string) ([]byte, bool) {
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if secret, err := decode(text); err == nil && len(secret) == chacha20poly1305.KeySize {
			return secret, true
		}
	}
	return nil, false
}

// IsZero reports whether there is no master key.
func (m MasterKey) IsZero() bool { return m.aead == nil }

// String tells nothing.
func (m MasterKey) String() string { return "[master key]" }

// GoString tells nothing.
func (m MasterKey) GoString() string { return m.String() }

// LogValue tells nothing.
func (m MasterKey) LogValue() slog.Value { return slog.StringValue(m.String()) }

// associated is what a sealed record is bound to.
func associated(id string) []byte { return []byte("holdfast signing key\x00" + id) }

// SealSecret encrypts a secret of another kind than a signing key, bound to its
// name. There must be a master key.
func (m MasterKey) SealSecret(name string, secret []byte) []byte {
	return m.sealed(associatedSecret(name), secret)
}

// OpenSecret decrypts what SealSecret has made. Errors: ErrSealed if there is no
// master key, ErrMasterKey if this is another one.
func (m MasterKey) OpenSecret(name string, sealed []byte) ([]byte, error) {
	if m.IsZero() {
		return nil, ErrSealed
	}
	return m.opened(associatedSecret(name), sealed)
}

func associatedSecret(name string) []byte { return []byte("holdfast secret\x00" + name) }

func (m MasterKey) seal(id string, data []byte) []byte { return m.sealed(associated(id), data) }

func (m MasterKey) open(id string, sealed []byte) ([]byte, error) {
	return m.opened(associated(id), sealed)
}

func (m MasterKey) sealed(to, data []byte) []byte {
	aead := m.aead()
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(data)+aead.Overhead())
	_, _ = rand.Read(nonce) // it never fails
	return aead.Seal(nonce, nonce, data, to)
}

func (m MasterKey) opened(to, sealed []byte) ([]byte, error) {
	aead := m.aead()
	if len(sealed) < aead.NonceSize() {
		return nil, ErrMasterKey
	}
	data, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], to)
	if err != nil {
		return nil, ErrMasterKey
	}
	return data, nil
}
