package postgres

import (
	"errors"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// A session of another epoch than its user's has ended.
const (
	selectSession = `
		SELECT id, user_id, scopes, created, expires, handle, token_hash, client_id, audience,
		       previous, successor, rotated, last_used, device, address, auth_time
		FROM sessions `
	alive = " AND epoch = (SELECT epoch FROM users WHERE users.id = sessions.user_id)"
)

func scanSession(row scanner) (session account.Session, err error) {
	var created, expires, rotated, used, signedIn int64
	var scopes, audience string
	var hash, previous []byte
	err = row.Scan(&session.ID, &session.UserID, &scopes, &created, &expires, &session.Handle, &hash, &session.ClientID, &audience,
		&previous, &session.Successor, &rotated, &used, &session.Device, &session.Address, &signedIn)
	if err != nil {
		return session, err
	}
	if signedIn != 0 {
		session.AuthTime = date(signedIn)
	}
	session.Created, session.Expires, session.Scopes = date(created), date(expires), words(scopes)
	session.LastUsed, session.Audience = date(used), texts(audience)
	if session.TokenHash, err = sum(hash); err != nil || len(previous) == 0 {
		session.Successor = nil
		return session, err
	}
	session.Rotated = date(rotated)
	if len(session.Successor) == 0 {
		session.Successor = nil
	}
	session.Previous, err = sum(previous)
	return session, err
}

// rotation is what a row says of a session's last rotation: nothing if there was
// none.
func rotation(s account.Session) (previous, successor []byte, rotated int64) {
	if s.Rotated.IsZero() {
		return []byte{}, []byte{}, 0
	}
	return s.Previous[:], append([]byte{}, s.Successor...), s.Rotated.UnixMilli()
}

// sum refuses what is no SHA-256: a short one would compare as if padded.
func sum(data []byte) (hash [32]byte, err error) {
	if len(data) != len(hash) {
		return hash, errors.New("a hash in the database is damaged")
	}
	return [32]byte(data), nil
}

func (t *tx) Session(id string) (account.Session, error) {
	return one(t, account.ErrNoSession, scanSession, selectSession+"WHERE id = $1"+alive, id)
}

func (t *tx) SessionByHandle(handle string) (account.Session, error) {
	return one(t, account.ErrNoSession, scanSession, selectSession+"WHERE handle = $1"+alive, handle)
}

func (t *tx) SessionsOf(userID, after string, limit int) ([]account.Session, error) {
	return many(t, scanSession, selectSession+`
		WHERE user_id = $1 AND epoch = (SELECT epoch FROM users WHERE id = $1) AND id > $2 ORDER BY id LIMIT $3`, userID, after, limit)
}

// LatestSessions reads the primary key from its end: ids sort by when they were made.
func (t *tx) LatestSessions(before string, limit int) ([]account.Session, error) {
	if before == "" {
		before = last
	}
	return many(t, scanSession, selectSession+"WHERE id < $1"+alive+" ORDER BY id DESC LIMIT $2", before, limit)
}

func (t *tx) PutSession(s account.Session) error {
	if _, err := t.PasswordHash(s.UserID); err != nil {
		return err
	}
	previous, successor, rotated := rotation(s)
	return t.exec(`
		INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash, client_id, audience,
			previous, successor, rotated, last_used, device, address, auth_time, epoch)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, (SELECT epoch FROM users WHERE id = $2))
		ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, expires = excluded.expires, token_hash = excluded.token_hash,
			previous = excluded.previous, successor = excluded.successor, rotated = excluded.rotated,
			last_used = excluded.last_used, epoch = excluded.epoch`,
		s.ID, s.UserID, strings.Join(s.Scopes, " "), s.Created.UnixMilli(), s.Expires.UnixMilli(), s.Handle, s.TokenHash[:], s.ClientID, strings.Join(s.Audience, " "),
		previous, successor, rotated, s.LastUsed.UnixMilli(), s.Device, s.Address, millis(s.AuthTime))
}

func (t *tx) RotateSession(id string, from [32]byte, to account.Session) (won bool, err error) {
	previous, successor, rotated := rotation(to)
	n, err := t.affect(`
		UPDATE sessions SET token_hash = $1, previous = $2, successor = $3, rotated = $4, last_used = $5
		WHERE id = $6 AND token_hash = $7`+alive,
		to.TokenHash[:], previous, successor, rotated, to.LastUsed.UnixMilli(), id, from[:])
	return n == 1, err
}

func (t *tx) TouchSession(id string, used time.Time) error {
	return t.exec("UPDATE sessions SET last_used = $1 WHERE id = $2 AND last_used < $1", used.UnixMilli(), id)
}

func (t *tx) RemoveSession(id string) error {
	if err := t.tellIf(sessionEnded, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM sessions WHERE id = $1", id)
}

// RemoveSessionsOf implements account.SessionWriter. What is left is for
// SweepSessions.
func (t *tx) RemoveSessionsOf(userID string) error {
	if !areTexts([]any{userID}) {
		return nil // there is no such user
	}
	if err := t.tellIf(userChanged, userID); err != nil {
		return err
	}
	if err := t.exec("UPDATE users SET epoch = epoch + 1 WHERE id = $1", userID); err != nil {
		return err
	}
	return t.sweepLater(userID)
}

func (t *tx) sweepLater(userID string) error {
	return t.exec("INSERT INTO session_sweeps SELECT id FROM users WHERE id = $1 ON CONFLICT DO NOTHING", userID)
}

// TrimSessions implements account.SessionWriter. What is left is for
// SweepSessions.
func (t *tx) TrimSessions(userID string, keep, most int) error {
	ended, err := t.trim(userID, keep, most)
	if err == nil && ended == most {
		err = t.sweepLater(userID)
	}
	return err
}

// trim ends those that follow the ones that are kept, in the order of the index:
// it looks at no more of them than it has to.
func (t *tx) trim(userID string, keep, most int) (ended int, err error) {
	ids, err := many(t, scanned[string], `
		SELECT id FROM sessions WHERE user_id = $1 AND epoch = (SELECT epoch FROM users WHERE id = $1)
		ORDER BY last_used DESC, id DESC LIMIT $2 OFFSET $3`, userID, most, keep)
	for _, id := range ids {
		if err == nil {
			err = t.RemoveSession(id)
		}
	}
	return len(ids), err
}

// SweepSessions implements account.SessionWriter.
func (t *tx) SweepSessions(now time.Time, keep, most int) (more bool, err error) {
	n, err := t.affect("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires <= $1 LIMIT $2)", now.UnixMilli(), most)
	if err != nil || int(n) == most {
		return true, err
	}
	userID, err := one(t, account.ErrNoUser, scanned[string], "SELECT user_id FROM session_sweeps LIMIT 1")
	if errors.Is(err, account.ErrNoUser) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	left := most - int(n)
	n, err = t.affect(`
		DELETE FROM sessions WHERE id IN
			(SELECT id FROM sessions WHERE user_id = $1 AND epoch < (SELECT epoch FROM users WHERE id = $1) LIMIT $2)`, userID, left)
	if err != nil || int(n) == left {
		return true, err
	}
	left -= int(n)
	ended, err := t.trim(userID, keep, left)
	if err != nil || ended == left {
		return true, err
	}
	return true, t.exec("DELETE FROM session_sweeps WHERE user_id = $1", userID)
}
