package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
)

// SetOnce stores a setting that is chosen once, and returns the value that
// holds: the one from before if there is one.
func (s *Store) SetOnce(ctx context.Context, name, value string) (stored string, err error) {
	err = s.update(ctx, func(t *tx) error {
		if err := t.set(name, "", value, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value); err != nil {
			return err
		}
		stored, err = one(t, errNoSetting, scanned[string], "SELECT value FROM settings WHERE name = ?", name)
		return err
	})
	return stored, err
}

// ReplaceSetting stores a setting in place of a value that it has now, and
// returns the value that holds: another one if the setting was not old. The value from
// before is overwritten, in the write-ahead log as well, as UpdateKeys does: it may
// have been a secret in the clear.
func (s *Store) ReplaceSetting(ctx context.Context, name, old, value string) (stored string, err error) {
	err = s.update(ctx, func(t *tx) error {
		if err := t.set(name, old, value, "UPDATE settings SET value = ?1 WHERE name = ?2 AND value = ?3 AND value <> ?1", value, name, old); err != nil {
			return err
		}
		stored, err = one(t, errNoSetting, scanned[string], "SELECT value FROM settings WHERE name = ?", name)
		if errors.Is(err, errNoSetting) {
			stored, err = "", nil
		}
		return err
	})
	if err == nil && stored == value {
		err = s.wipe(ctx)
	}
	return stored, err
}

// set runs a statement that may change a setting.
func (t *tx) set(name, before, value, statement string, args ...any) error {
	rows, err := t.affect(statement, args...)
	if err != nil || rows == 0 {
		return err
	}
	if err := t.record(account.AuditSettingChosen, account.AuditSubject{Kind: "setting", ID: name}, audit.OfSetting(name, before, value)); err != nil {
		return err
	}
	return t.tell(account.SettingChanged, name)
}

var errNoSetting = errors.New("sqlite: the setting is gone")

// Setting returns a setting, or "" if it was never chosen.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fail(err)
	}
	return value, nil
}
