package postgres

import (
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func scanKind(row scanner) (kind account.PasswordKind, err error) {
	err = row.Scan(&kind.Kind, &kind.Users)
	return kind, err
}

func (t *tx) PasswordKinds() ([]account.PasswordKind, error) {
	return many(t, scanKind, `
		SELECT kind, users FROM (
			SELECT kind, sum(users)::int8 AS users FROM password_kinds GROUP BY kind HAVING sum(users) > 0
			ORDER BY users DESC, kind LIMIT $1
		) AS most ORDER BY kind`, account.MaxPasswordKinds)
}

func (t *tx) KnownAddress(userID string, address [32]byte) (bool, error) {
	return one(t, nil, scanned[bool],
		"SELECT EXISTS (SELECT 1 FROM known_addresses WHERE user_id = $1 AND address = $2)", userID, address[:])
}

func (t *tx) PutKnownAddress(userID string, address [32]byte, now time.Time) error {
	if _, err := t.PasswordHash(userID); err != nil {
		return err
	}
	err := t.exec(`
		INSERT INTO known_addresses (user_id, address, seen) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, address) DO UPDATE SET seen = excluded.seen`, userID, address[:], now.UnixMilli())
	if err != nil {
		return err
	}
	return t.exec(`
		DELETE FROM known_addresses WHERE user_id = $1 AND address NOT IN
			(SELECT address FROM known_addresses WHERE user_id = $1 ORDER BY seen DESC LIMIT $2)`,
		userID, account.MaxKnownAddresses)
}

func (t *tx) RemoveKnownAddresses(userID string) error {
	return t.exec("DELETE FROM known_addresses WHERE user_id = $1", userID)
}

func scanReset(row scanner) (reset account.Reset, err error) {
	var secret, before []byte
	var expires int64
	if err := row.Scan(&reset.UserID, &reset.Kind, &secret, &before, &expires); err != nil {
		return reset, err
	}
	reset.Expires = date(expires)
	if reset.SecretHash, err = sum(secret); err != nil {
		return reset, err
	}
	reset.Before, err = sum(before)
	return reset, err
}

func (t *tx) Reset(secretHash [32]byte) (account.Reset, error) {
	return one(t, account.ErrBadReset, scanReset,
		"SELECT user_id, kind, secret_hash, before, expires FROM reset_links WHERE secret_hash = $1", secretHash[:])
}

func (t *tx) PutReset(reset account.Reset, most int) error {
	if _, err := t.PasswordHash(reset.UserID); err != nil {
		return err
	}
	err := t.exec(`
		INSERT INTO reset_links (user_id, kind, secret_hash, before, expires) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (secret_hash) DO UPDATE SET user_id = excluded.user_id, kind = excluded.kind, before = excluded.before, expires = excluded.expires`,
		reset.UserID, string(reset.Kind), reset.SecretHash[:], reset.Before[:], reset.Expires.UnixMilli())
	if err != nil {
		return err
	}
	return t.exec(`
		DELETE FROM reset_links WHERE user_id = $1 AND kind = $2 AND secret_hash <> $3 AND secret_hash NOT IN
			(SELECT secret_hash FROM reset_links WHERE user_id = $1 AND kind = $2 AND secret_hash <> $3 ORDER BY expires DESC, secret_hash LIMIT $4)`,
		reset.UserID, string(reset.Kind), reset.SecretHash[:], most-1)
}

func (t *tx) RemoveResets(userID string) error {
	return t.exec("DELETE FROM reset_links WHERE user_id = $1", userID)
}
