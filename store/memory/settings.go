package memory

import (
	"context"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
)

// SetOnce stores a setting that is chosen once, and returns the value that
// holds: the one from before if there is one.
func (s *Store) SetOnce(ctx context.Context, name, value string) (stored string, err error) {
	return s.ReplaceSetting(ctx, name, "", value)
}

// ReplaceSetting stores a setting in place of a value that it has now, and
// returns the value that holds: another one if the setting was not old.
func (s *Store) ReplaceSetting(ctx context.Context, name, old, value string) (stored string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.state.Load().clone()
	if next.settings[name] != old || value == old {
		return next.settings[name], nil
	}
	next.settings[name] = value
	if err := next.record(ctx, account.AuditSettingChosen, account.AuditSubject{Kind: "setting", ID: name}, audit.OfSetting(name, old, value)); err != nil {
		return "", err
	}
	next.log.tell(account.SettingChanged, name)
	s.state.Store(next)
	return value, nil
}

// Setting returns a setting, or "" if it was never chosen.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	return s.state.Load().settings[name], ctx.Err()
}

// Ping reports whether the store can be read, which it always can.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }
