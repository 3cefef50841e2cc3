package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func (s *state) PasswordMark(userID string) (account.PasswordMark, error) {
	return s.marks[userID], nil
}

func (s *state) PutPasswordMark(userID string, mark account.PasswordMark) error {
	if _, ok := s.users[userID]; !ok {
		return account.ErrNoUser
	}
	delete(s.marks, userID)
	if mark != (account.PasswordMark{}) {
		s.marks[userID] = mark
	}
	return nil
}

func (s *state) RemoveCutMarks(until time.Time) error {
	maps.DeleteFunc(s.marks, func(_ string, mark account.PasswordMark) bool {
		return !mark.CutUntil.IsZero() && !mark.CutUntil.After(until)
	})
	return nil
}

func (s *state) PendingSetup(secretHash [32]byte) (account.PendingSetup, error) {
	expires, ok := s.setups[secretHash]
	if !ok {
		return account.PendingSetup{}, account.ErrBadSetup
	}
	return account.PendingSetup{SecretHash: secretHash, Expires: expires}, nil
}

func (s *state) PutPendingSetup(setup account.PendingSetup) error {
	delete(s.setups, setup.SecretHash)
	hashes := slices.SortedFunc(maps.Keys(s.setups), func(a, b [32]byte) int {
		return cmp.Or(s.setups[b].Compare(s.setups[a]), bytes.Compare(a[:], b[:]))
	})
	for _, hash := range hashes[min(len(hashes), account.MaxPendingSetups-1):] {
		delete(s.setups, hash)
	}
	s.setups[setup.SecretHash] = setup.Expires
	return nil
}

func (s *state) RemovePendingSetups() error {
	clear(s.setups)
	return nil
}
