package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/holdfast-go/holdfast/internal/migrations"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// The lock under which tables are made. It is a transaction's: a pooler gives the
// database's sessions to one after the other, so that a session's lock would be
// found, and let go, by somebody else.
const migrationLock = 0x686f6c6466617374 // holdfast

// migrate brings the tables up to date, while other programs that are about to do so
// wait. Those that serve already go on: a step that does not get its locks, because
// somebody reads a table for long as pg_dump does, gives up after some time and is tried
// again: all that asks for the table after it would wait for it.
func (s *Store) migrate(ctx context.Context, conn *pgx.Conn, config *pgx.ConnConfig) error {
	dir, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config.Copy(), stdlib.OptionAfterConnect(s.giveUpLocks))
	defer func() { _ = db.Close() }() // it has committed what it has to say
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	target := sources[len(sources)-1].Version
	for {
		done, err := inTurn(ctx, conn, target, provider)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == noLock {
			s.log.LogAttrs(ctx, slog.LevelWarn, "a table is in use, and cannot be brought up to date yet; trying again", slog.String("error", err.Error()))
			err = nil
		}
		if done || err != nil {
			return err
		}
		if err := pause(ctx, 6); err != nil {
			return err
		}
	}
}

// giveUpLocks bounds how long a step waits for locks: half of what a transaction may
// take that waits behind it. A pooler would keep the setting for others, so behind one
// there is no such bound.
func (s *Store) giveUpLocks(ctx context.Context, conn *pgx.Conn) error {
	if s.pooled {
		return nil
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", max(1, s.timeout.Milliseconds()/2)))
	return err
}

// inTurn makes the tables unless another program does, which it does not wait for:
// behind a pooler, those who wait would have the connections that the one who works
// needs.
func inTurn(ctx context.Context, conn *pgx.Conn, target int64, provider *goose.Provider) (done bool, err error) {
	if done, err := compare(ctx, conn, target); done || err != nil { // another one has been here
		return done, err
	}
	turn, err := conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = turn.Rollback(context.WithoutCancel(ctx)) }() // which lets go of the lock
	var mine bool
	err = turn.QueryRow(ctx, fmt.Sprintf("SELECT pg_try_advisory_xact_lock(%d)", int64(migrationLock)), pgx.QueryExecModeSimpleProtocol).Scan(&mine)
	if err != nil || !mine {
		return false, err
	}
	if done, err := compare(ctx, turn, target); done || err != nil {
		return done, err
	}
	_, err = provider.Up(ctx)
	return err == nil, err
}

// queryer is a connection, or a transaction on one.
type queryer interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// compare reports whether a database has the tables of a version, and refuses one
// that has newer ones.
func compare(ctx context.Context, q queryer, target int64) (done bool, err error) {
	current, err := version(ctx, q)
	if err == nil {
		err = migrations.State{Current: current, Target: target}.Err()
	}
	return current == target, err
}

// version is that of a database's tables, 0 if there are none.
func version(ctx context.Context, q queryer) (current int64, err error) {
	var table sql.NullString
	if err := q.QueryRow(ctx, "SELECT to_regclass('goose_db_version')::text", pgx.QueryExecModeSimpleProtocol).Scan(&table); err != nil || !table.Valid {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied", pgx.QueryExecModeSimpleProtocol).Scan(&current)
	return current, err
}

// Exists reports whether the database of a URL is there, and has been opened before.
func Exists(ctx context.Context, url string) (_ bool, err error) {
	c, err := Config{URL: url}.pool()
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == noDatabase {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	current, err := version(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	return current > 0, nil
}

// Migrations says of which version the tables are, and what would bring them up to
// date. Tables of a newer program are an error.
func (s *Store) Migrations(ctx context.Context) (state migrations.State, err error) {
	err = s.ask(ctx, func(t *tx) error {
		current, err := version(ctx, t.conn)
		if err != nil {
			return t.fail(err)
		}
		steps, err := fs.Sub(migrationFiles, "migrations")
		if err == nil {
			state, err = migrations.Of(steps, current)
		}
		return err
	})
	return state, err
}

// Check says which indexes and references PostgreSQL itself does not vouch for, as
// after an index that could not be built. What pages hold is what PostgreSQL's own
// pg_amcheck looks at. The error is that it could not be asked.
func (s *Store) Check(ctx context.Context) (faults []string, err error) {
	err = s.view(ctx, func(t *tx) error {
		faults, err = many(t, scanned[string], `
			SELECT 'index ' || indexrelid::regclass::text || ' is not valid' FROM pg_index
			JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace
			UNION ALL
			SELECT 'constraint ' || conname || ' of table ' || conrelid::regclass::text || ' was not checked' FROM pg_constraint
			WHERE NOT convalidated AND connamespace = current_schema()::regnamespace
			ORDER BY 1 LIMIT 20`)
		return err
	})
	return faults, err
}
