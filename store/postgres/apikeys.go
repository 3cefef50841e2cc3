package postgres

import (
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

//nolint:gosec // it holds no key
const selectAPIKey = `
	SELECT hash, id, coalesce(user_id, ''), coalesce(client_id, ''), name, scopes, created, expires, last_used, replaced
	FROM api_keys `

func scanAPIKey(row scanner) (key account.APIKey, err error) {
	var hash []byte
	var scopes string
	var created, expires, used int64
	err = row.Scan(&hash, &key.ID, &key.UserID, &key.ClientID, &key.Name, &scopes, &created, &expires, &used, &key.Replaced)
	if err != nil {
		return key, err
	}
	key.Scopes, key.Created, key.Expires = words(scopes), date(created), date(expires)
	if used != 0 {
		key.LastUsed = date(used)
	}
	key.Hash, err = sum(hash)
	return key, err
}

func (t *tx) APIKey(id string) (account.APIKey, error) {
	return one(t, account.ErrNoAPIKey, scanAPIKey, selectAPIKey+"WHERE id = $1", id)
}

func (t *tx) APIKeyByHash(hash [32]byte) (account.APIKey, error) {
	return one(t, account.ErrNoAPIKey, scanAPIKey, selectAPIKey+"WHERE hash = $1", hash[:])
}

// ownedBy is the condition on an owner's keys, in a form for which there is an
// index.
func ownedBy(owner account.APIKeyOwner) (condition, id string) {
	if owner.ClientID != "" {
		return "client_id = $1 ", owner.ClientID
	}
	return "user_id = $1 ", owner.UserID
}

func (t *tx) APIKeysOf(owner account.APIKeyOwner) ([]account.APIKey, error) {
	condition, id := ownedBy(owner)
	return many(t, scanAPIKey, selectAPIKey+"WHERE "+condition+"ORDER BY id", id)
}

func (t *tx) PutAPIKey(key account.APIKey) error {
	if key.ClientID == "" {
		if _, err := t.PasswordHash(key.UserID); err != nil {
			return err
		}
	}
	return t.exec(`
		INSERT INTO api_keys (hash, id, user_id, client_id, name, scopes, created, expires, last_used, replaced)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		key.Hash[:], key.ID, orNull(key.UserID), orNull(key.ClientID), key.Name, strings.Join(key.Scopes, " "),
		key.Created.UnixMilli(), key.Expires.UnixMilli(), millis(key.LastUsed), key.Replaced)
}

// orNull is a text that may be none.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (t *tx) ReplaceAPIKey(id string, ends time.Time, next account.APIKey) (won bool, err error) {
	rows, err := t.affect("UPDATE api_keys SET replaced = $1, expires = least(expires, $2) WHERE id = $3 AND replaced = ''", next.ID, ends.UnixMilli(), id)
	if err != nil || rows == 0 {
		return false, err
	}
	if err := t.tell(account.APIKeyChanged, id); err != nil {
		return false, err
	}
	return true, t.PutAPIKey(next)
}

func (t *tx) RemoveAPIKey(id string) error {
	if err := t.tellIf(apiKeyChanged, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM api_keys WHERE id = $1", id)
}

func (t *tx) RemoveAPIKeysBefore(owner account.APIKeyOwner, expiry time.Time) error {
	condition, id := ownedBy(owner)
	return t.exec("DELETE FROM api_keys WHERE "+condition+"AND expires <= $2", id, expiry.UnixMilli())
}

func (t *tx) UseAPIKeys(used map[string]time.Time) error {
	for id, at := range used {
		if err := t.exec("UPDATE api_keys SET last_used = $1 WHERE id = $2 AND last_used < $3", at.UnixMilli(), id, at.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
