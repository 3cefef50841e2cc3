package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/tables"
	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// dbCmd is `holdfast db`.
type dbCmd struct {
	Backup  dbBackup  `cmd:"" help:"Write all that a database keeps into one file, as of one moment; also while servers run."`
	Restore dbRestore `cmd:"" help:"Put a backup back, into a new SQLite file or into a database of either kind. Stop its servers first."`
	Check   dbCheck   `cmd:"" help:"Look whether a database is whole: its pages, its references, its secrets, its audit trail; also while servers run. Exits with 1 if not."`
	Migrate dbMigrate `cmd:"" help:"Bring the tables up to date, as 'serve' does when it starts."`
	Copy    dbCopy    `cmd:"" help:"Copy everything into another database, as from SQLite to PostgreSQL and back. Stop the servers of both first: what they write meanwhile is not copied."`
}

type dbCopy struct {
	From    string        `arg:"" help:"The database that is copied, which is not changed: an SQLite file or a URL." placeholder:"FILE|URL"`
	To      string        `arg:"" help:"The database that it is copied into: an SQLite file, created if missing, or a URL." placeholder:"FILE|URL"`
	DryRun  bool          `name:"dry-run" help:"Copy and compare, and keep nothing of it."`
	Replace bool          `help:"Throw away what is in the target. Without, a target with anything in it is refused."`
	Timeout time.Duration `default:"1h" help:"How long it may take, on PostgreSQL."`
}

// tabled is a database whose rows can be read and written as they are.
type tabled interface {
	ReadTables(ctx context.Context, fn func(tables.Reader) error) error
	WriteTables(ctx context.Context, fn func(tables.Writer) error) error
}

// Run copies all in one transaction, so that it is done or not.
func (c *dbCopy) Run(ctx context.Context, std streams) (err error) {
	from, to := database{c.From}, database{c.To}
	if from.String() == to.String() {
		return errors.New("that is the same database twice")
	}
	if err := from.there(ctx); err != nil {
		return err
	}
	how := postgres.Config{Listen: postgres.DoNotListen, MaxConns: 4, Timeout: c.Timeout}
	source, err := from.openWith(ctx, how)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := to.openWith(ctx, how)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	rows, err := c.copy(ctx, std, source.(tabled), target.(tabled))
	switch {
	case errors.Is(err, tables.ErrDryRun):
		fmt.Fprintf(std.out, "%d rows would be copied; nothing was\n", rows)
		return nil
	case errors.Is(err, tables.ErrNotEmpty):
		return fmt.Errorf("%s: %w; --replace throws it away", to, err)
	case err != nil:
		return fmt.Errorf("%w; nothing was copied", err)
	}
	fmt.Fprintf(std.out, "%d rows were copied from %s to %s, and compared\n", rows, from, to)
	return nil
}

// copy returns how many rows there were.
func (c *dbCopy) copy(ctx context.Context, std streams, source, target tabled) (rows int64, err error) {
	progress := tty.NewProgress(std.err, nil)
	defer progress.Clear()
	err = source.ReadTables(ctx, func(from tables.Reader) error {
		return target.WriteTables(ctx, func(to tables.Writer) error {
			rows = 0
			options := tables.Options{Replace: c.Replace, Progress: func(what, table string, rows int64) {
				progress.Say("%s %s: %d rows", what, table, rows)
			}}
			options.Done = func(table string, s tables.Sum) {
				rows += s.Rows
				progress.Clear()
				fmt.Fprintf(std.err, "%-20s %8d rows  checksum %016x\n", table, s.Rows, s.Hash[0])
			}
			if err := tables.Copy(ctx, from, to, options); err != nil || !c.DryRun {
				return err
			}
			return tables.ErrDryRun
		})
	})
	return rows, err
}
