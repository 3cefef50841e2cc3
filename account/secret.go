package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// Secret is a text that does not print itself: only a conversion to string
// shows it.
type Secret string

const hidden = "[secret]"

// Format writes the same for every secret.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText writes the same for every secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Key is 256 random bits that do not print themselves.
type Key [32]byte

// Format writes the same for every key.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText writes the same for every key.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// newSecret makes 256 random bits as text.
func (s *Service) newSecret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(s.config.Rand, b[:]); err != nil {
		return "", fmt.Errorf("account: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// Only hashes of secrets are kept. One round of SHA-256 is enough for a text
// of 256 random bits.
func hashOf(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

func sameSecret(secret string, hash [32]byte) bool {
	sum := hashOf(secret)
	return subtle.ConstantTimeCompare(sum[:], hash[:]) == 1
}

// A refresh token is the prefix, its session's handle, a dot and a secret. The
// prefix lets those who search for leaked secrets find it.
const refreshPrefix = "hfr_"

func splitRefresh(token string) (handle, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, refreshPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ".")
}
