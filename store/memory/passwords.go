package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// address is one from which a user has signed in.
type address struct {
	userID string
	sum    [32]byte
}

func (s *state) PasswordKinds() ([]account.PasswordKind, error) {
	users := map[string]int{}
	for _, kind := range s.kinds {
		if kind != "" {
			users[kind]++
		}
	}
	var list []account.PasswordKind
	for kind, n := range users {
		list = append(list, account.PasswordKind{Kind: kind, Users: n})
	}
	slices.SortFunc(list, func(a, b account.PasswordKind) int {
		return cmp.Or(cmp.Compare(b.Users, a.Users), strings.Compare(a.Kind, b.Kind))
	})
	list = list[:min(len(list), account.MaxPasswordKinds)]
	slices.SortFunc(list, func(a, b account.PasswordKind) int { return strings.Compare(a.Kind, b.Kind) })
	return list, nil
}

func (s *state) KnownAddress(userID string, sum [32]byte) (bool, error) {
	_, ok := s.addresses[address{userID, sum}]
	return ok, nil
}

func (s *state) PutKnownAddress(userID string, sum [32]byte, now time.Time) error {
	if _, ok := s.users[userID]; !ok {
		return account.ErrNoUser
	}
	s.addresses[address{userID, sum}] = now
	var own []address
	for one := range s.addresses {
		if one.userID == userID {
			own = append(own, one)
		}
	}
	slices.SortFunc(own, func(a, b address) int { return s.addresses[b].Compare(s.addresses[a]) })
	for _, one := range own[min(len(own), account.MaxKnownAddresses):] {
		delete(s.addresses, one)
	}
	return nil
}

func (s *state) RemoveKnownAddresses(userID string) error {
	for one := range s.addresses {
		if one.userID == userID {
			delete(s.addresses, one)
		}
	}
	return nil
}

func (s *state) Reset(secretHash [32]byte) (account.Reset, error) {
	for _, list := range s.resets {
		for _, reset := range list {
			if reset.SecretHash == secretHash {
				return reset, nil
			}
		}
	}
	return account.Reset{}, account.ErrBadReset
}

func (s *state) PutReset(reset account.Reset, most int) error {
	if _, ok := s.users[reset.UserID]; !ok {
		return account.ErrNoUser
	}
	var same, kept []account.Reset // new lists: others may read the one before
	for _, one := range s.resets[reset.UserID] {
		switch {
		case one.SecretHash == reset.SecretHash: // put again
		case one.Kind == reset.Kind:
			same = append(same, one)
		default:
			kept = append(kept, one)
		}
	}
	slices.Reverse(same) // of those that expire together the newest stay
	slices.SortStableFunc(same, func(a, b account.Reset) int { return b.Expires.Compare(a.Expires) })
	s.resets[reset.UserID] = append(append(kept, same[:min(len(same), most-1)]...), reset)
	return nil
}

func (s *state) RemoveResets(userID string) error {
	delete(s.resets, userID)
	return nil
}

// TakeAttempts implements account.Store.
func (s *Store) TakeAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) (wait time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	next := make([]time.Time, len(buckets))
	for i, b := range buckets {
		var one time.Duration
		next[i], one = b.Take(s.attempts[b.Key], now)
		wait = max(wait, one)
	}
	if wait > 0 {
		return wait, nil
	}
	for i, b := range buckets {
		s.attempts[b.Key] = next[i]
	}
	s.sweepAttempts(now)
	return 0, nil
}

// ReturnAttempts implements account.Store.
func (s *Store) ReturnAttempts(ctx context.Context, now time.Time, buckets []account.Bucket) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	for _, b := range buckets {
		if fullAt := s.attempts[b.Key].Add(-b.Every); fullAt.After(now) {
			s.attempts[b.Key] = fullAt
		} else {
			delete(s.attempts, b.Key)
		}
	}
	return nil
}

// AttemptWaits implements account.Store.
func (s *Store) AttemptWaits(ctx context.Context, now time.Time, buckets []account.Bucket) ([]time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	waits := make([]time.Duration, len(buckets))
	for i, b := range buckets {
		_, waits[i] = b.Take(s.attempts[b.Key], now)
	}
	return waits, nil
}

// sweepAttempts throws out the full buckets, each time that there are twice as
// many as were left the last time.
func (s *Store) sweepAttempts(now time.Time) {
	if len(s.attempts) < s.sweep {
		return
	}
	for key, fullAt := range s.attempts {
		if !fullAt.After(now) {
			delete(s.attempts, key)
		}
	}
	s.sweep = max(1024, 2*len(s.attempts))
}
