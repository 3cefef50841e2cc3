package account

import (
	"context"
	"strconv"
)

// FailuresOf returns the wrong passwords in a row of a user. Error: ErrNoUser.
func (s *Service) FailuresOf(ctx context.Context, userID string) (Failures, error) {
	if _, err := s.User(ctx, userID); err != nil {
		return Failures{}, err
	}
	return s.config.Store.Failures(ctx, s.rowOf(userID, ""))
}

// ClearFailures begins a new row of a user's, so that strangers may try again; other
// processes know within a second. Error: ErrNoUser.
func (s *Service) ClearFailures(ctx context.Context, userID string) error {
	user, err := s.User(ctx, userID)
	if err != nil {
		return err
	}
	row, err := s.config.Store.Failures(ctx, s.rowOf(userID, ""))
	if err != nil {
		return err
	}
	// The record comes first: counts are in no transaction.
	what := did(AuditFailuresCleared, ofUser(user), "before", strconv.Itoa(row.Count))
	if err := s.change(ctx, what, func(Writer) error { return nil }); err != nil {
		return err
	}
	return s.gate.EndRow(ctx, s.rowOf(userID, ""))
}
