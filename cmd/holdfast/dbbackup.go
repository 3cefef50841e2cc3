package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/postgres"
)

type dbBackup struct {
	database
	File    string        `arg:"" help:"The backup to make: an SQLite file, whatever the database is." placeholder:"FILE"`
	Replace bool          `aliases:"force" help:"Put it in the place of a file that is there."`
	Timeout time.Duration `default:"1h" help:"How long it may take, on PostgreSQL."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// Run leaves the database as it is, of whatever version.
func (c *dbBackup) Run(ctx context.Context, std streams) error {
	return c.looking(ctx, c.Timeout, func(store lookedAt) error {
		if _, err := store.Migrations(ctx); err != nil {
			return err
		}
		report, err := backup.Write(ctx, store, c.File, progress(std, c.Replace))
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w; --replace puts the backup in its place", err)
		}
		if err != nil {
			return err
		}
		return reportBackup(std, c.JSON, report, fmt.Sprintf("%s is a backup of %s", c.File, c.database))
	})
}

// progress tells of each table.
func progress(std streams, replace bool) backup.Options {
	return backup.Options{Replace: replace, Progress: func(t backup.Table) {
		fmt.Fprintf(std.err, "%-20s %8d rows  checksum %s\n", t.Name, t.Rows, t.Checksum)
	}}
}

func reportBackup(std streams, asJSON bool, r backup.Report, done string) error {
	if asJSON {
		return printJSON(std.out, r)
	}
	_, err := fmt.Fprintf(std.out, "%s: %d rows in %d tables, %d bytes, checked\n", done, r.Rows, len(r.Tables), r.Bytes)
	return err
}

type dbRestore struct {
	database
	File    string        `arg:"" help:"A backup that 'holdfast db backup' has made. It is checked first, and not changed." placeholder:"FILE"`
	Replace bool          `aliases:"force" help:"Throw away what is in the database. Without, one with anything in it is refused."`
	Timeout time.Duration `default:"1h" help:"How long it may take, on PostgreSQL."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// Run restores all or nothing: into a new file that gets its name at the end, or in one
// transaction.
func (c *dbRestore) Run(ctx context.Context, std streams) (err error) {
	report, err := c.restore(ctx, progress(std, c.Replace))
	switch {
	case errors.Is(err, backup.ErrNotEmpty):
		return fmt.Errorf("%s: %w; --replace throws it away", c.database, err)
	case err != nil:
		return fmt.Errorf("%w; nothing was restored", err)
	}
	return reportBackup(std, c.JSON, report, fmt.Sprintf("%s was restored from %s", c.database, c.File))
}

func (c *dbRestore) restore(ctx context.Context, o backup.Options) (report backup.Report, err error) {
	if !c.isPostgres() {
		if there, err := c.exists(ctx); err != nil || !there {
			if err != nil {
				return report, err
			}
			return backup.RestoreFile(ctx, c.File, c.file(), o)
		}
	}
	store, err := c.openWith(ctx, postgres.Config{Listen: postgres.DoNotListen, MaxConns: 4, Timeout: c.Timeout})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return backup.Restore(ctx, c.File, store.(backup.Store), o)
}
