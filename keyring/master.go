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

// MasterKey encrypts private keys and other secrets in a store
// (XChaCha20-Poly1305, with the key's id or the purpose as associated data, so that
// none can stand in for another). It
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

// Seal encrypts another secret of the program's than a signing key, for a purpose of
// which there is one secret: nothing that was sealed can stand in for something else.
// The zero MasterKey panics.
func (m MasterKey) Seal(purpose string, data []byte) []byte { return m.seal(otherSecret+purpose, data) }

// Open decrypts what Seal has encrypted for a purpose. Error: ErrMasterKey.
func (m MasterKey) Open(purpose string, sealed []byte) ([]byte, error) {
	return m.open(otherSecret+purpose, sealed)
}

// otherSecret begins what is no id of a signing key: those have no NUL.
const otherSecret = "\x00other secret\x00"

// associated is what a sealed record is bound to.
func associated(id string) []byte { return []byte("holdfast signing key\x00" + id) }

func (m MasterKey) seal(id string, data []byte) []byte {
	aead := m.aead()
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(data)+aead.Overhead())
	_, _ = rand.Read(nonce) // it never fails
	return aead.Seal(nonce, nonce, data, associated(id))
}

func (m MasterKey) open(id string, sealed []byte) ([]byte, error) {
	aead := m.aead()
	if len(sealed) < aead.NonceSize() {
		return nil, ErrMasterKey
	}
	data, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], associated(id))
	if err != nil {
		return nil, ErrMasterKey
	}
	return data, nil
}
