package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// failures are wrong passwords in a row.
type failures struct {
	account.Failures

	nobody bool
}

// slack is how many more names without an account are kept than there may be, until
// it is worth looking for those to forget.
const slack = 1000

// CountFailure implements account.Store.
func (s *Store) CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	one, ok := s.failures[key]
	if !ok {
		one = failures{account.Failures{First: now}, nobody}
		if nobody {
			s.nobodies++
		}
	}
	one.Count++
	one.Last = now
	s.failures[key] = one
	if s.nobodies > account.MaxNobodies+slack {
		s.forgetNobodies()
	}
	return nil
}

// forgetNobodies forgets those of the lowest counts that are too many.
func (s *Store) forgetNobodies() {
	var keys [][32]byte
	for key, one := range s.failures {
		if one.nobody {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b [32]byte) int {
		x, y := s.failures[a], s.failures[b]
		return cmp.Or(cmp.Compare(x.Count, y.Count), x.Last.Compare(y.Last))
	})
	for _, key := range keys[:len(keys)-account.MaxNobodies] {
		delete(s.failures, key)
	}
	s.nobodies = account.MaxNobodies
}

// Failures implements account.Store.
func (s *Store) Failures(ctx context.Context, key [32]byte) (account.Failures, error) {
	if err := ctx.Err(); err != nil {
		return account.Failures{}, err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	return s.failures[key].Failures, nil
}

// ClearFailures implements account.Store.
func (s *Store) ClearFailures(ctx context.Context, key [32]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.counting.Lock()
	defer s.counting.Unlock()
	if s.failures[key].nobody {
		s.nobodies--
	}
	delete(s.failures, key)
	return nil
}
