package postgres

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

const codeColumns = "hash, client_id, user_id, redirect, challenge, scopes, audience, asked_by, auth_time, expires, session_id"

func scanCode(row scanner) (c account.Code, err error) {
	var hash []byte
	var scopes, audience string
	var authTime, expires int64
	err = row.Scan(&hash, &c.ClientID, &c.UserID, &c.Redirect, &c.Challenge, &scopes, &audience, &c.AskedBy, &authTime, &expires, &c.SessionID)
	if err != nil {
		return c, err
	}
	c.Scopes, c.Audience, c.AuthTime, c.Expires = words(scopes), texts(audience), date(authTime), date(expires)
	c.Hash, err = sum(hash)
	return c, err
}

func (t *tx) Code(hash [32]byte) (account.Code, error) {
	return one(t, account.ErrNoCode, scanCode, "SELECT "+codeColumns+" FROM codes WHERE hash = $1", hash[:])
}

func (t *tx) PutCode(c account.Code) error {
	if _, err := t.PasswordHash(c.UserID); err != nil {
		return err
	}
	return t.exec("INSERT INTO codes ("+codeColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		c.Hash[:], c.ClientID, c.UserID, c.Redirect, c.Challenge, strings.Join(c.Scopes, " "), strings.Join(c.Audience, " "),
		c.AskedBy, c.AuthTime.UnixMilli(), c.Expires.UnixMilli(), c.SessionID)
}

func (t *tx) UseCode(hash [32]byte, sessionID string) (code account.Code, won bool, err error) {
	rows, err := t.affect("UPDATE codes SET session_id = $1 WHERE hash = $2 AND session_id = ''", sessionID, hash[:])
	if err != nil {
		return code, false, err
	}
	code, err = t.Code(hash)
	return code, rows == 1, err
}

func (t *tx) RemoveCode(hash [32]byte) error {
	return t.exec("DELETE FROM codes WHERE hash = $1", hash[:])
}

func (t *tx) RemoveCodesBefore(expiry time.Time) error {
	return t.exec(`DELETE FROM codes WHERE expires <= $1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = codes.session_id)`, expiry.UnixMilli())
}

func (t *tx) RemoveCodesOf(userID, clientID string) error {
	return t.exec("DELETE FROM codes WHERE user_id = $1 AND client_id = $2 AND session_id = ''", userID, clientID)
}

func (t *tx) RemoveSessionsOfClient(userID, clientID string) error {
	if err := t.tellIf(userChanged, userID); err != nil {
		return err
	}
	return t.exec("DELETE FROM sessions WHERE user_id = $1 AND client_id = $2", userID, clientID)
}

const selectConsent = "SELECT user_id, client_id, scopes, audience, given FROM consents "

func scanConsent(row scanner) (c account.Consent, err error) {
	var scopes, audience string
	var given int64
	err = row.Scan(&c.UserID, &c.ClientID, &scopes, &audience, &given)
	c.Scopes, c.Audience, c.Given = words(scopes), texts(audience), date(given)
	slices.Sort(c.Audience)
	return c, err
}

func (t *tx) Consent(userID, clientID string) (account.Consent, error) {
	return one(t, account.ErrNoConsent, scanConsent, selectConsent+"WHERE user_id = $1 AND client_id = $2", userID, clientID)
}

func (t *tx) Consents(userID string) ([]account.Consent, error) {
	return many(t, scanConsent, selectConsent+"WHERE user_id = $1 ORDER BY client_id", userID)
}

func (t *tx) PutConsent(c account.Consent) error {
	if _, err := t.PasswordHash(c.UserID); err != nil {
		return err
	}
	return t.exec(`
		INSERT INTO consents (user_id, client_id, scopes, audience, given) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes, audience = excluded.audience, given = excluded.given`,
		c.UserID, c.ClientID, strings.Join(c.Scopes, " "), strings.Join(c.Audience, " "), c.Given.UnixMilli())
}

func (t *tx) RemoveConsent(userID, clientID string) error {
	return t.exec("DELETE FROM consents WHERE user_id = $1 AND client_id = $2", userID, clientID)
}
