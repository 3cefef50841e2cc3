package postgres

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

const selectClient = "SELECT id, name, first_party, public, disabled, redirects, grants, scopes, audiences, keys, created FROM clients "

func scanClient(row scanner) (c account.Client, err error) {
	var redirects, grants, audiences string
	var scopes sql.NullString
	var created int64
	err = row.Scan(&c.ID, &c.Name, &c.FirstParty, &c.Public, &c.Disabled, &redirects, &grants, &scopes, &audiences, &c.Keys, &created)
	c.Redirects, c.Grants, c.Audiences, c.Created = texts(redirects), texts(grants), texts(audiences), date(created)
	if scopes.Valid {
		c.Scopes = append([]string{}, texts(scopes.String)...)
	}
	return c, err
}

// texts splits a list whose order was kept; nil if it is empty.
func texts(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

func (t *tx) Client(id string) (account.Client, error) {
	return one(t, account.ErrNoClient, scanClient, selectClient+"WHERE id = $1", id)
}

func (t *tx) Clients(after string, limit int) ([]account.Client, error) {
	return many(t, scanClient, selectClient+"WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

func scanClientSecret(row scanner) (secret account.ClientSecret, err error) {
	var hash []byte
	var expires int64
	if err := row.Scan(&hash, &expires); err != nil {
		return secret, err
	}
	if expires != 0 {
		secret.Expires = date(expires)
	}
	secret.Hash, err = sum(hash)
	return secret, err
}

func (t *tx) ClientSecrets(id string) ([]account.ClientSecret, error) {
	return many(t, scanClientSecret, "SELECT hash, expires FROM client_secrets WHERE client_id = $1 ORDER BY place", id)
}

func (t *tx) PutClient(c account.Client) error {
	if err := t.tellIf(clientChanged, c.ID); err != nil {
		return err
	}
	var scopes any
	if c.Scopes != nil {
		scopes = strings.Join(c.Scopes, " ")
	}
	return t.exec(`
		INSERT INTO clients (id, name, first_party, public, disabled, redirects, grants, scopes, audiences, keys, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, first_party = excluded.first_party, public = excluded.public,
			disabled = excluded.disabled, redirects = excluded.redirects, grants = excluded.grants, scopes = excluded.scopes,
			audiences = excluded.audiences, keys = excluded.keys`,
		c.ID, c.Name, c.FirstParty, c.Public, c.Disabled, strings.Join(c.Redirects, " "), strings.Join(c.Grants, " "), scopes,
		strings.Join(c.Audiences, " "), c.Keys, c.Created.UnixMilli())
}

func (t *tx) PutClientSecrets(id string, secrets []account.ClientSecret) error {
	if _, err := t.Client(id); err != nil {
		return err
	}
	before, err := t.ClientSecrets(id)
	if err != nil {
		return err
	}
	for _, one := range before {
		if !slices.Contains(secrets, one) {
			if err := t.tell(account.ClientChanged, id); err != nil {
				return err
			}
			break
		}
	}
	if err := t.exec("DELETE FROM client_secrets WHERE client_id = $1", id); err != nil {
		return err
	}
	for i, one := range secrets {
		if err := t.exec("INSERT INTO client_secrets (client_id, place, hash, expires) VALUES ($1, $2, $3, $4)", id, i, one.Hash[:], millis(one.Expires)); err != nil {
			return err
		}
	}
	return nil
}

// millis is a moment that may be none.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

func (t *tx) RemoveClient(id string) error {
	if err := t.tellIf(clientChanged, id); err != nil {
		return err
	}
	for _, table := range []string{"sessions", "codes", "consents"} {
		if err := t.exec("DELETE FROM "+table+" WHERE client_id = $1 AND EXISTS (SELECT 1 FROM clients WHERE id = $2)", id, id); err != nil {
			return err
		}
	}
	if err := t.exec("DELETE FROM api_keys WHERE client_id = $1 AND EXISTS (SELECT 1 FROM clients WHERE id = $2)", id, id); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM client_assertions WHERE client_id = $1", id); err != nil {
		return err
	}
	return t.exec("DELETE FROM clients WHERE id = $1", id) // its secrets go with it
}

func (t *tx) UseAssertion(clientID string, assertion [32]byte, now, expires time.Time) (first bool, err error) {
	if err := t.exec("DELETE FROM client_assertions WHERE expires <= $1", now.UnixMilli()); err != nil {
		return false, err
	}
	rows, err := t.affect(`
		INSERT INTO client_assertions (client_id, assertion, expires)
		SELECT $1::text, $2::bytea, $3::int8 WHERE (SELECT count(*) FROM client_assertions WHERE client_id = $1) < $4
		ON CONFLICT DO NOTHING`, clientID, assertion[:], expires.UnixMilli(), account.MaxAssertions)
	return rows == 1, err
}
