package postgres

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/holdfast-go/holdfast/account"
)

// tell writes a change into the log.
func (t *tx) tell(kind account.ChangeKind, key string) error {
	return t.tellIf("INSERT INTO changes (kind, key) VALUES ($1, $2)", string(kind), key)
}

// tellIf writes the changes that a statement finds a reason for.
func (t *tx) tellIf(insert string, args ...any) error {
	if !areTexts(args) {
		return nil // so it is not there
	}
	rows, err := t.affect(insert, args...)
	t.told += rows
	return err
}

// Changes of what is there. What is new concerns no caller yet.
const (
	userChanged   = "INSERT INTO changes (kind, key) SELECT 'user', id FROM users WHERE id = $1"
	roleChanged   = "INSERT INTO changes (kind, key) SELECT 'role', name FROM roles WHERE name = $1"
	clientChanged = "INSERT INTO changes (kind, key) SELECT 'client', id FROM clients WHERE id = $1"
	apiKeyChanged = "INSERT INTO changes (kind, key) SELECT 'apikey', id FROM api_keys WHERE id = $1"
	sessionEnded  = "INSERT INTO changes (kind, key) SELECT 'session', id FROM sessions WHERE id = $1"
)

// Generation implements account.ChangeLog.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// settled knows up to which number every change that will ever be seen can be
// seen.
//
// Transactions overlap: number 7 may be seen while the transaction that has 6 still
// runs. A transaction that tells something has numberLock before it has a number,
// as others may at the same time, and lets go of it when it can be seen, or has
// failed. So after the last number was read, one looks who has the lock: all up to
// that number are seen by whom looks at the log then, or belong to these. As soon
// as none of these has it any more, the number is settled.
//
//	last number         7
//	the lock have       5/112 (which has 6)
//	seen                7, and not more is settled than before
//	later the lock have 9/3: so 5/112 is over, and 7 is settled, with 6 or without
//
// The ids that snapshots have would not do as well: the least that runs may be of
// another database on the same server, and a snapshot's xmax may be less than one
// that runs.
type settled struct {
	mu     sync.Mutex
	number int64
	marks  []mark // the older ones first
}

// mark is a number that is settled as soon as none of those who had the lock when
// it was read has it any more.
type mark struct {
	number  int64
	writers []string
}

const (
	numberLock = 1751477350 // of two numbers, the second of which is 1; see next_change
	maxMarks   = 32
)

// look is what there is to know before the log is read.
type look struct {
	last    int64    // the last number that was given
	known   int64    // what was settled before it was read
	writers []string // who had the lock after it was read, if that matters
}

// pending is what is settled, and whether anything waits to be.
func (s *settled) pending() (number int64, waiting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.number, len(s.marks) > 0
}

// see takes in what was known before a snapshot, and returns what is settled in it.
// A last number that is less than what was settled is that of another database, as
// after a failover that lost some: the log's end has gone back.
func (s *settled) see(l look, pruned int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.last < l.known && s.number >= l.known {
		s.number, s.marks = 0, nil
	}
	if l.last > s.number && len(s.marks) < maxMarks {
		s.marks = append(s.marks, mark{l.last, l.writers})
	}
	s.marks = slices.DeleteFunc(s.marks, func(m mark) bool {
		over := !slices.ContainsFunc(m.writers, func(id string) bool { return slices.Contains(l.writers, id) })
		if over || len(m.writers) == 0 {
			s.number = max(s.number, m.number)
		}
		return over || m.number <= s.number
	})
	s.number = max(s.number, pruned) // whose number who has pruned it knew to be settled
	return s.number
}

// Changes implements account.ChangeLog.
func (s *Store) Changes(ctx context.Context, after int64) (page account.ChangePage, err error) {
	page, _, err = s.changes(ctx, after)
	return page, err
}

// changes returns the last number that was given as well.
func (s *Store) changes(ctx context.Context, after int64) (page account.ChangePage, last int64, err error) {
	l, err := s.look(ctx)
	if err != nil {
		return page, 0, err
	}
	err = s.view(ctx, func(t *tx) error {
		page.Pruned, err = one(t, errNoSetting, scanned[int64], "SELECT number FROM changes_pruned")
		if err != nil {
			return err
		}
		page.Settled = s.settled.see(l, page.Pruned)
		if after >= l.last && after >= page.Settled {
			return nil // as most of the time
		}
		page.Changes, err = many(t, scanChange, "SELECT number, kind, key FROM changes WHERE number > $1 ORDER BY number LIMIT $2", after, account.MaxChangePage)
		return err
	})
	return page, l.last, err
}

// look reads the last number, and then who has the lock if that number is news.
func (s *Store) look(ctx context.Context) (l look, err error) {
	known, waiting := s.settled.pending()
	l.known = known
	err = s.ask(ctx, func(t *tx) error {
		l.last, err = one(t, errNoSetting, scanned[int64], "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM changes_number")
		if err != nil || l.last == known && !waiting {
			return err
		}
		l.writers, err = many(t, scanned[string], `
			SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = 1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, numberLock)
		return err
	})
	return l, err
}

func scanChange(row scanner) (change account.Change, err error) {
	err = row.Scan(&change.Number, &change.Kind, &change.Key)
	return change, err
}

// pruneEvery is after how many changes of its own a process throws out what need
// not be kept: forty processes keep less than twice as many together.
const pruneEvery = account.KeepChanges / 40

// pruneAfter throws out, now and then, what need not be kept. It is no part of the
// transaction that made it necessary: two of them would be in each other's way.
func (s *Store) pruneAfter(ctx context.Context, told int64) {
	if s.unpruned.Add(told) < pruneEvery {
		return
	}
	s.unpruned.Store(0)
	if err := s.prune(context.WithoutCancel(ctx)); err != nil {
		s.unpruned.Store(pruneEvery) // the next one tries
		s.log.LogAttrs(ctx, slog.LevelWarn, "the log of changes could not be pruned", slog.String("error", err.Error()))
	}
}

func (s *Store) prune(ctx context.Context) error {
	page, err := s.Changes(ctx, account.EndOfChanges)
	limit := page.Settled - account.KeepChanges
	if err != nil || limit <= page.Pruned {
		return err
	}
	return s.lightly(ctx, func(t *tx) error {
		if err := t.exec("UPDATE changes_pruned SET number = greatest(number, $1)", limit); err != nil { // whose turn it is
			return err
		}
		return t.exec("DELETE FROM changes WHERE number <= $1", limit)
	})
}
