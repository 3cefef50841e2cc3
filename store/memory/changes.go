package memory

import (
	"context"
	"slices"

	"github.com/holdfast-go/holdfast/account"
)

// changeLog is the changes that are kept, in the order of their numbers, which
// have no gaps. A copy of it shares the array, of which it sees no more than it
// saw when it was made.
type changeLog struct {
	list []account.Change
	last int64 // the number of the last change
}

// tell writes a change, and throws old ones out when there are twice as many as
// have to be kept.
func (l *changeLog) tell(kind account.ChangeKind, key string) {
	l.last++
	l.list = append(l.list, account.Change{Number: l.last, Kind: kind, Key: key})
	if extra := len(l.list) - account.KeepChanges; extra > account.KeepChanges {
		l.list = slices.Clone(l.list[extra:])
	}
}

// Generation implements account.ChangeLog: with one process, it is the number of
// the last change.
func (s *Store) Generation() uint64 { return uint64(s.state.Load().log.last) } //nolint:gosec // it is never negative

// Changes implements account.ChangeLog.
func (s *Store) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	if err := ctx.Err(); err != nil {
		return account.ChangePage{}, err
	}
	log := s.state.Load().log
	page := account.ChangePage{Settled: log.last, Pruned: log.last - int64(len(log.list))}
	if after < log.last {
		from := max(0, after-page.Pruned)
		to := min(int64(len(log.list)), from+account.MaxChangePage)
		page.Changes = slices.Clone(log.list[from:to])
	}
	return page, nil
}
