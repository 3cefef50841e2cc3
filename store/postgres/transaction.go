package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/spans"
)

// Transactions that write are serializable: of two that could not have happened
// one after the other the database ends one, which is run again. It may have to be
// run a third time; after that it waits until it is alone, and cannot fail because
// of others. That is what the table turns is for: who is optimistic has a lock
// that others may have too, and who is alone one that nobody else may have. The
// lock is taken before the transaction looks at anything.
//
// Without seq scans, because who has read a table to its end has read what others
// put there, and small tables would all be read so. The planner says of such a scan
// that it costs ten thousand million, where there is no other way; without jit, because
// the database would compile a program for it, which takes 50 times as long as to run it.
const (
	optimists = 3  // tries before one waits to be alone
	tries     = 10 // in all
)

// begin begins a transaction with its limits of time, in one message. They are the
// transaction's own: behind a pooler the connection is others' a moment later.
func (s *Store) begin(how string) string {
	ms := s.timeout.Milliseconds()
	return fmt.Sprintf("BEGIN %s; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = %d", how, ms, ms, ms)
}

// commit has no limit on the database's side: a commit that waits for a
// synchronous standby would be cut short by one, and called done.
const commit = "SET LOCAL statement_timeout = 0; COMMIT"

func (s *Store) beginWriting(try int) string {
	lock := "ROW SHARE"
	if try >= optimists {
		lock = "EXCLUSIVE"
	}
	return s.begin("ISOLATION LEVEL SERIALIZABLE") + "; SET LOCAL enable_seqscan = off; SET LOCAL jit = off; LOCK TABLE turns IN " + lock + " MODE"
}

// View implements account.Store.
func (s *Store) View(ctx context.Context, fn func(account.Reader) error) error {
	return s.view(ctx, func(t *tx) error { return fn(t) })
}

func (s *Store) view(ctx context.Context, fn func(*tx) error) error {
	begin := s.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY")
	return s.run(ctx, "read", func(int) string { return begin }, fn)
}

// ask runs a function that reads with one statement, which needs no transaction
// around it.
func (s *Store) ask(ctx context.Context, fn func(*tx) error) error {
	return s.run(ctx, "read", func(int) string { return "" }, fn)
}

// Update implements account.Store.
func (s *Store) Update(ctx context.Context, fn func(account.Writer) error) error {
	return s.update(ctx, func(t *tx) error { return fn(t) })
}

func (s *Store) update(ctx context.Context, fn func(*tx) error) error {
	told := int64(0)
	err := s.run(ctx, "write", s.beginWriting, func(t *tx) error {
		err := fn(t)
		if told = t.told; err == nil && told > 0 {
			err = t.exec("SELECT pg_notify($1, $2)", channel, s.me)
		}
		return err
	})
	if told > 0 && (err == nil || errors.Is(err, errUnknown)) {
		s.generation.Add(1)
		s.pruneAfter(ctx, told)
	}
	return err
}

// lightly runs a transaction on what may be lost, in which rows are locked.
func (s *Store) lightly(ctx context.Context, fn func(*tx) error) error {
	begin := s.begin("ISOLATION LEVEL READ COMMITTED") + "; SET LOCAL synchronous_commit = off"
	return s.run(ctx, "count", func(int) string { return begin }, fn)
}

var (
	errSlow    = errors.New("the database did not answer in time")
	errUnknown = errors.New("whether the commit was done is not known")
)

// run runs a transaction, again if others got in its way.
func (s *Store) run(ctx context.Context, what string, begin func(try int) string, fn func(*tx) error) (err error) {
	ctx, span := spans.Begin(ctx, spans.Store, what)
	defer func() { span.EndWith(err) }()
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errSlow)
	defer cancel()
	for try := 0; ; try++ {
		err := s.once(ctx, begin(try), fn)
		if err == nil || !mayRunAgain(err, try) || try == tries {
			return explain(ctx, err)
		}
		s.retried.Add(1)
		if err := pause(ctx, try); err != nil {
			return explain(ctx, err)
		}
	}
}

// explain says of an error whose time was over.
func explain(ctx context.Context, err error) error {
	if err != nil && context.Cause(ctx) == errSlow { //nolint:errorlint // it is this one
		return fmt.Errorf("postgres: %w: %w", errSlow, err)
	}
	return err
}

// pause waits a moment of a random length, so that those who met do not meet again.
func pause(ctx context.Context, try int) error {
	longest := time.Millisecond << min(try, 6)
	late := time.NewTimer(rand.N(longest)) //nolint:gosec // nothing secret
	defer late.Stop()
	select {
	case <-late.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lostError is a connection that broke before the commit was asked for: nothing
// was done.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// once runs a transaction once.
func (s *Store) once(ctx context.Context, begin string, fn func(*tx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer release(ctx, conn)
	t := &tx{ctx: ctx, conn: conn.Conn()}
	if begin != "" {
		err = t.exec(begin)
	}
	if err == nil {
		err = fn(t)
	}
	if t.broken != nil {
		err = s.trouble(ctx, conn, t.broken) // whatever the function made of it
	}
	if err != nil || begin == "" {
		return err
	}
	done, err := conn.Exec(ctx, commit)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && !conn.Conn().IsClosed():
		return fmt.Errorf("postgres: commit: %w", err) // refused, and not done
	case err != nil:
		return fmt.Errorf("postgres: %w: %w", errUnknown, err)
	case done.String() != "COMMIT":
		return fmt.Errorf("postgres: commit: the database answered %s", done)
	}
	return nil
}

// trouble marks what a new connection may mend.
func (s *Store) trouble(ctx context.Context, conn *pgxpool.Conn, err error) error {
	if code(err) == readOnly { // another server is the one to write to now
		s.pool.Reset()
		return lostError{err}
	}
	if ctx.Err() == nil && conn.Conn().IsClosed() {
		return lostError{err}
	}
	return err
}

// release gives a connection back, without its transaction. One that cannot be
// cleared is closed by the pool.
func release(ctx context.Context, conn *pgxpool.Conn) {
	defer conn.Release()
	if pg := conn.Conn().PgConn(); !pg.IsClosed() && !pg.IsBusy() && pg.TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "ROLLBACK") // the pool closes it if that fails
	}
}

// Codes of errors.
const (
	notSerial  = "40001"
	deadlock   = "40P01"
	duplicate  = "23505"
	noParent   = "23503"
	readOnly   = "25006"
	noDatabase = "3D000"
	noLock     = "55P03" // within lock_timeout
)

func code(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// mayRunAgain reports whether a transaction that failed was not done, and may
// succeed the next time. A name that another transaction has taken meanwhile, and a
// user who is gone meanwhile, are seen as such by the next try; alone there is no
// other transaction.
func mayRunAgain(err error, try int) bool {
	switch code(err) {
	case notSerial, deadlock:
		return true
	case duplicate, noParent:
		return try <= optimists
	}
	_, lost := errors.AsType[lostError](err)
	return lost && try == 0
}
