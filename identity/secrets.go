package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

// loginKeySetting is the setting of a store that is the key of what is counted and
// remembered about those who sign in. It is the only setting that is a secret.
const loginKeySetting = "login-key"

// sealedMark begins a setting that is encrypted with the master key.
const sealedMark = "sealed:"

// SealSecrets encrypts with the master key what a store keeps as a secret beside the
// signing keys, or encrypts it again if the old one did, as Open does: for commands
// that change the master key. Without a master key it does nothing. Error:
// keyring.ErrMasterKey.
func SealSecrets(ctx context.Context, store Settings, keys Keys) error {
	if keys.Master.IsZero() {
		return nil
	}
	stored, err := store.Setting(ctx, loginKeySetting)
	if err != nil || stored == "" {
		return err
	}
	_, err = keys.keep(ctx, store, loginKeySetting, stored)
	return err
}

// loginKey returns the key of what is counted and remembered about those who sign
// in. The first process makes it. Errors: keyring.ErrSealed, keyring.ErrMasterKey.
func loginKey(ctx context.Context, store Settings, keys Keys) (key account.Key, err error) {
	stored, err := store.Setting(ctx, loginKeySetting)
	if err == nil && stored == "" {
		if _, err := rand.Read(key[:]); err != nil {
			return key, err
		}
		stored, err = store.SetOnce(ctx, loginKeySetting, keys.sealed(loginKeySetting, hex.EncodeToString(key[:])))
	}
	if err != nil {
		return key, err
	}
	text, err := keys.keep(ctx, store, loginKeySetting, stored)
	if err != nil {
		return key, err
	}
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(key) {
		return key, errors.New("identity: the login key in the store is damaged")
	}
	return account.Key(data), nil
}

// sealed is a secret as it is kept.
func (k Keys) sealed(name, secret string) string {
	if k.Master.IsZero() {
		return secret
	}
	return sealedMark + base64.StdEncoding.EncodeToString(k.Master.Seal(name, []byte(secret)))
}

// open is a secret that was kept, and whether it is kept as it should be.
func (k Keys) open(name, stored string) (secret string, asItShould bool, err error) {
	text, isSealed := strings.CutPrefix(stored, sealedMark)
	switch {
	case !isSealed:
		return stored, k.Master.IsZero(), nil
	case k.Master.IsZero():
		return "", false, keyring.ErrSealed
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", false, fmt.Errorf("identity: the setting %s in the store is damaged: %w", name, err)
	}
	open, err := k.Master.Open(name, data)
	if errors.Is(err, keyring.ErrMasterKey) && !k.OldMaster.IsZero() {
		open, err = k.OldMaster.Open(name, data)
		return string(open), false, err
	}
	return string(open), true, err
}

// keep returns a secret that a store has, and sees to it that it is sealed if there
// is a master key. Another program may do the same.
func (k Keys) keep(ctx context.Context, store Settings, name, stored string) (secret string, err error) {
	for {
		secret, fine, err := k.open(name, stored)
		if err != nil || fine {
			return secret, err
		}
		sealed := k.sealed(name, secret)
		if stored, err = store.ReplaceSetting(ctx, name, stored, sealed); err != nil || stored == sealed {
			return secret, err
		}
	}
}

// locked is a store whose key of attempts is sealed: who would be counted is refused,
// because one who counts with another key does not count with the others.
type locked struct{ Store }

// TakeAttempts implements account.Attempts.
func (locked) TakeAttempts(context.Context, time.Time, []account.Bucket) (time.Duration, error) {
	return 0, keyring.ErrSealed
}
