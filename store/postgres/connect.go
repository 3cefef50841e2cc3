package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pool is how the pool's connections are made. Limits of time are no parameters of
// the connection, which a pooler would refuse or give to others: transactions bring
// theirs along.
func (c Config) pool() (*pgxpool.Config, error) {
	p, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case c.MaxConns < 0 || c.MaxConns > 10_000:
		return nil, errors.New("MaxConns must be between 1 and 10000")
	case c.MaxConns > 0:
		p.MaxConns = int32(c.MaxConns)
	case !strings.Contains(c.URL, "pool_max_conns"):
		p.MaxConns = defaultMaxConns
	}
	if !strings.Contains(c.URL, "pool_max_conn_idle_time") {
		p.MaxConnIdleTime = 5 * time.Minute
	}
	if !strings.Contains(c.URL, "pool_max_conn_lifetime") {
		p.MaxConnLifetime, p.MaxConnLifetimeJitter = 30*time.Minute, 5*time.Minute // so that a server that was added is used
	}
	p.PingTimeout = time.Second
	c.complete(p.ConnConfig)
	return p, nil
}

// complete sets what a URL has not said.
func (c Config) complete(conn *pgx.ConnConfig) {
	if !strings.Contains(c.URL, "connect_timeout") {
		conn.ConnectTimeout = cmp.Or(c.Timeout, defaultTimeout)
	}
	if conn.ValidateConnect == nil && !strings.Contains(c.URL, "target_session_attrs") {
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // a standby is no place to write to
	}
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "holdfast"
	}
}

// choosesMode reports whether the URL says how queries are sent.
func (c Config) choosesMode() bool { return strings.Contains(c.URL, "default_query_exec_mode") }

// listens is how to connect in order to listen, nil if that is not to be done.
func (c Config) listens(pooled bool, conn *pgx.ConnConfig) (*pgx.ConnConfig, error) {
	if c.Listen == "" {
		if pooled {
			return nil, nil //nolint:nilnil // as it says
		}
		return conn.Copy(), nil
	}
	direct, err := pgx.ParseConfig(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("the URL to listen at: %w", err)
	}
	Config{URL: c.Listen, Timeout: c.Timeout}.complete(direct)
	return direct, nil
}

// behindPooler reports whether a connection ends at a pooler: it has then another
// process id than the one that the database says.
func behindPooler(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var pid uint32
	var version int
	row := conn.QueryRow(ctx, "SELECT pg_backend_pid()::int8, current_setting('server_version_num')::int8", pgx.QueryExecModeSimpleProtocol)
	if err := row.Scan(&pid, &version); err != nil {
		return false, err
	}
	if version < 130000 {
		return false, fmt.Errorf("this is PostgreSQL %d, and 13 or newer is needed", version/10000)
	}
	return pid != conn.PgConn().PID(), nil
}
