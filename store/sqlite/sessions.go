package sqlite

import (
	"errors"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

const selectSession = "SELECT id, user_id, scopes, created, expires, handle, token_hash, client_id, audience FROM sessions "

func scanSession(row scanner) (session account.Session, err error) {
	var created, expires int64
	var scopes, audience string
	var hash []byte
	err = row.Scan(&session.ID, &session.UserID, &scopes, &created, &expires, &session.Handle, &hash, &session.ClientID, &audience)
	if err != nil {
		return session, err
	}
	session.Created, session.Expires, session.Scopes = date(created), date(expires), words(scopes)
	session.Audience = texts(audience)
	session.TokenHash, err = sum(hash)
	return session, err
}

// sum refuses what is no SHA-256: a short one would compare as if padded.
func sum(data []byte) (hash [32]byte, err error) {
	if len(data) != len(hash) {
		return hash, errors.New("a hash in the file is damaged")
	}
	return [32]byte(data), nil
}

func (t *tx) Session(id string) (account.Session, error) {
	return one(t, account.ErrNoSession, scanSession, selectSession+"WHERE id = ?", id)
}

func (t *tx) SessionByHandle(handle string) (account.Session, error) {
	return one(t, account.ErrNoSession, scanSession, selectSession+"WHERE handle = ?", handle)
}

func (t *tx) PutSession(s account.Session) error {
	if _, err := t.PasswordHash(s.UserID); err != nil {
		return err
	}
	return t.exec(`
		INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash, client_id, audience) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, expires = excluded.expires, token_hash = excluded.token_hash`,
		s.ID, s.UserID, strings.Join(s.Scopes, " "), s.Created.UnixMilli(), s.Expires.UnixMilli(), s.Handle, s.TokenHash[:], s.ClientID, strings.Join(s.Audience, " "))
}

func (t *tx) RemoveSession(id string) error {
	if err := t.tellIf(sessionEnded, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM sessions WHERE id = ?", id)
}

func (t *tx) RemoveSessionsOf(userID string) error {
	if err := t.tellIf(userChanged, userID); err != nil {
		return err
	}
	return t.exec("DELETE FROM sessions WHERE user_id = ?", userID)
}

func (t *tx) RemoveSessionsBefore(expiry time.Time) error {
	return t.exec("DELETE FROM sessions WHERE expires <= ?", expiry.UnixMilli())
}

func scanSetup(row scanner) (setup account.PendingSetup, err error) {
	var hash []byte
	var expires int64
	if err := row.Scan(&hash, &expires); err != nil {
		return setup, err
	}
	setup.Expires = date(expires)
	setup.SecretHash, err = sum(hash)
	return setup, err
}

func (t *tx) PendingSetup() (account.PendingSetup, error) {
	return one(t, account.ErrBadSetup, scanSetup, "SELECT secret_hash, expires FROM setup")
}

func (t *tx) PutPendingSetup(setup account.PendingSetup) error {
	return t.exec("INSERT OR REPLACE INTO setup (id, secret_hash, expires) VALUES (1, ?, ?)",
		setup.SecretHash[:], setup.Expires.UnixMilli())
}

func (t *tx) RemovePendingSetup() error { return t.exec("DELETE FROM setup") }
