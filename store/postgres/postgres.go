// Package postgres is an account store in a PostgreSQL database, for as many
// programs on as many machines as there are. PostgreSQL 13 or newer.
//
// What Update acknowledged is committed in the database, and survives what its
// commits survive: a crash, and with a synchronous standby the loss of the
// machine. An error of Update that says that the outcome of the commit is not
// known means that: it may have been done or not. What others change of what
// callers may do is told by LISTEN, and found by asking where that does not work.
package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

// Config says which database it is, and how much of it is used.
type Config struct {
	// URL is where it is, as in postgres://user:password@host:5432/database. What
	// pgx and libpq know may stand in it (sslmode, several hosts), and what it does
	// not say comes from the usual places, such as PGPASSFILE. Only a server that
	// can be written to is connected to, unless target_session_attrs says otherwise.
	URL string

	// Listen is a URL by which the same database is reached without a pooler of
	// connections, to be told there what others change. If empty, it is URL, or
	// where that leads through a pooler (as PgBouncer), the database is asked four
	// times a second. [DoNotListen] is for programs that run for a moment.
	Listen string

	// MaxConns is how many connections there are at most, beside the one that
	// listens. If zero, what the URL says (pool_max_conns), or 10.
	MaxConns int

	// Timeout is how long a transaction may take, with the wait for a connection
	// and for others that write the same; 5 seconds if zero. It is an error then.
	Timeout time.Duration

	// DoNotMigrate leaves the tables as they are, of whatever version, of which
	// Store.Migrations tells: for who looks at a database, or copies it.
	DoNotMigrate bool

	Log *slog.Logger // slog.Default() if nil
}

// DoNotListen is for Config.Listen: what others change is found within a second
// all the same.
const DoNotListen = "off"

// The defaults.
const (
	defaultMaxConns = 10
	defaultTimeout  = 5 * time.Second
)

// Store is the store. It is safe for concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	timeout time.Duration
	log     *slog.Logger
	me      string // in what it tells others
	pooled  bool   // by somebody between here and the database

	settled    settled
	unpruned   atomic.Int64 // changes since it was last looked what need not be kept
	generation atomic.Uint64
	nobodies   atomic.Int64 // wrong passwords for names without an account, since the start
	listening  atomic.Bool
	retried    atomic.Uint64

	stop     context.CancelFunc // of the watcher
	watching sync.WaitGroup
}

var (
	_ account.Store = (*Store)(nil)
	_ keyring.Store = (*Store)(nil)
)

// Open opens the store in a database that exists, and brings its tables up to
// date, one program at a time. Close it.
func Open(ctx context.Context, config Config) (_ *Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("postgres: open: %w", err)
		}
	}()
	c, err := config.pool()
	if err != nil {
		return nil, err
	}
	s := &Store{timeout: cmp.Or(config.Timeout, defaultTimeout), log: config.Log, me: rand.Text()}
	if s.log == nil {
		s.log = slog.Default()
	}
	if err := s.prepare(ctx, config, c); err != nil {
		return nil, err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.Close() // it was only read
		}
	}()
	if config.DoNotMigrate { // there may be no tables
		return s, s.pool.Ping(ctx)
	}
	if err := s.Ping(ctx); err != nil {
		return nil, err
	}
	return s, s.watch(ctx, config, c.ConnConfig)
}

// prepare looks at what is connected to, and makes the tables.
func (s *Store) prepare(ctx context.Context, config Config, c *pgxpool.Config) (err error) {
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if s.pooled, err = behindPooler(ctx, conn); err != nil {
		return err
	}
	if s.pooled && !config.choosesMode() {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec // a pooler may not know prepared statements
	}
	if config.DoNotMigrate {
		return nil
	}
	return s.migrate(ctx, conn, c.ConnConfig)
}

// Close ends the watch and closes the connections. Transactions must have ended.
func (s *Store) Close() error {
	if s.stop != nil {
		s.stop()
		s.watching.Wait()
	}
	s.pool.Close()
	return nil
}

// Ping reports whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.ask(ctx, func(t *tx) error {
		_, err := one(t, nil, scanned[bool], "SELECT EXISTS (SELECT 1 FROM settings)")
		return err
	})
}

// Stats is how the connections are used.
type Stats struct {
	MaxConns  int           // there may be
	Conns     int           // there are
	Busy      int           // of them are in use
	Waits     uint64        // for a connection, so far
	Waited    time.Duration // in all of them together
	Retried   uint64        // transactions that others got in the way of, so far
	Pooled    bool          // somebody pools connections between here and the database
	Listening bool          // what others change is told, and need not be asked for
}

// Stats returns how the connections are used.
func (s *Store) Stats() Stats {
	p := s.pool.Stat()
	return Stats{
		MaxConns: int(p.MaxConns()), Conns: int(p.TotalConns()), Busy: int(p.AcquiredConns()),
		Waits: uint64(max(0, p.EmptyAcquireCount())), Waited: p.EmptyAcquireWaitTime(),
		Retried: s.retried.Load(), Pooled: s.pooled, Listening: s.listening.Load(),
	}
}
