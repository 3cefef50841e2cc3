package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
)

// seal encrypts a secret so that it opens with another one alone, whose hash is
// all that is kept: AES-256-GCM under a key that HKDF derives from the other one
// (RFC 5869), bound to the session. The result is a nonce and the ciphertext.
func seal(random io.Reader, with, session, secret string) ([]byte, error) {
	aead := sealer(with)
	out := make([]byte, aead.NonceSize(), aead.NonceSize()+len(secret)+aead.Overhead())
	if _, err := io.ReadFull(random, out); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return aead.Seal(out, out, []byte(secret), []byte(session)), nil
}

// unseal is the secret that was sealed, if it was, with this one and unchanged.
func unseal(with, session string, sealed []byte) (secret string, ok bool) {
	aead := sealer(with)
	n := aead.NonceSize()
	if len(sealed) < n {
		return "", false
	}
	out, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(session))
	return string(out), err == nil
}

func sealer(with string) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, []byte(with), nil, "holdfast refresh token's successor", 32)
	if err == nil {
		var block cipher.Block
		if block, err = aes.NewCipher(key); err == nil {
			var aead cipher.AEAD
			if aead, err = cipher.NewGCM(block); err == nil {
				return aead
			}
		}
	}
	panic(err) // the sizes are constants
}
