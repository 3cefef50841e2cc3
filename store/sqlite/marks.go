package sqlite

import (
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func scanMark(row scanner) (mark account.PasswordMark, err error) {
	var until int64
	err = row.Scan(&mark.Given, &until)
	if until != 0 {
		mark.CutUntil = date(until)
	}
	return mark, err
}

func (t *tx) PasswordMark(userID string) (account.PasswordMark, error) {
	mark, err := one(t, errNoMark, scanMark, "SELECT given, cut_until FROM password_marks WHERE user_id = ?", userID)
	if errors.Is(err, errNoMark) {
		err = nil
	}
	return mark, err
}

var errNoMark = errors.New("the password has no mark")

func (t *tx) PutPasswordMark(userID string, mark account.PasswordMark) error {
	if _, err := t.PasswordHash(userID); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM password_marks WHERE user_id = ?", userID); err != nil || mark == (account.PasswordMark{}) {
		return err
	}
	return t.exec("INSERT INTO password_marks (user_id, given, cut_until) VALUES (?, ?, ?)", userID, mark.Given, millis(mark.CutUntil))
}

func (t *tx) RemoveCutMarks(until time.Time) error {
	return t.exec("DELETE FROM password_marks WHERE cut_until > 0 AND cut_until <= ?", until.UnixMilli())
}
