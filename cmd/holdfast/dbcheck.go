package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/migrations"
	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// lookedAt is a database that is left as it is, of whatever version.
type lookedAt interface {
	store
	backup.Store
	Migrations(ctx context.Context) (migrations.State, error)
	Check(ctx context.Context) ([]string, error)
}

var (
	_ lookedAt = (*sqlite.Store)(nil)
	_ lookedAt = (*postgres.Store)(nil)
)

// looking runs fn with the database as it is.
func (d database) looking(ctx context.Context, timeout time.Duration, fn func(lookedAt) error) error {
	if err := d.there(ctx); err != nil {
		return err
	}
	return d.asItIs(ctx, timeout, fn)
}

// asItIs is looking, also where there are no tables yet.
func (d database) asItIs(ctx context.Context, timeout time.Duration, fn func(lookedAt) error) (err error) {
	var store lookedAt
	if d.isPostgres() {
		store, err = postgres.Open(ctx, postgres.Config{URL: d.DB, DoNotMigrate: true, Listen: postgres.DoNotListen, MaxConns: 4, Timeout: timeout})
	} else {
		store, err = sqlite.OpenReadOnly(ctx, d.file())
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(store)
}

type dbCheck struct {
	database
	masterKey
	Timeout time.Duration `default:"1h" help:"How long it may take, on PostgreSQL."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// checked is what a check has found.
type checked struct {
	Database string `json:"database"`
	Version  int64  `json:"version"`
	Rows     int64  `json:"rows"`
	Tables   int    `json:"tables"`
	identity.StoreCheck
}

// errFaults is said after the report, which has the faults.
var errFaults = errors.New("the database has faults")

// Run changes nothing.
func (c *dbCheck) Run(ctx context.Context, std streams) error {
	return c.looking(ctx, c.Timeout, func(store lookedAt) error {
		out, err := c.check(ctx, store)
		if err != nil {
			return err
		}
		if c.JSON {
			err = printJSON(std.out, out)
		} else {
			err = printCheck(std, out)
		}
		if err == nil && len(out.Faults) > 0 {
			err = errFaults
		}
		return err
	})
}

func (c *dbCheck) check(ctx context.Context, store lookedAt) (out checked, err error) {
	faults, err := store.Check(ctx)
	if err == nil && len(faults) > 0 { // nothing further can be relied on
		return checked{Database: c.String(), StoreCheck: identity.StoreCheck{Faults: faults}}, nil
	}
	if err != nil {
		return out, err
	}
	state, err := store.Migrations(ctx)
	if err != nil {
		return out, err
	}
	if len(state.Pending) > 0 {
		return out, fmt.Errorf("its tables are whole and of version %d, and this program has %d: 'holdfast db migrate --dry-run' says what is to be done before the rest can be checked", state.Current, state.Target)
	}
	config := config(store)
	if config.Keys.Master, config.Keys.OldMaster, err = c.readBoth(); err != nil {
		return out, err
	}
	out = checked{Database: c.String(), Version: state.Current}
	if out.StoreCheck, err = identity.CheckStore(ctx, config); err != nil {
		return out, err
	}
	list, err := backup.Tables(ctx, store, nil)
	for _, t := range list {
		out.Rows += t.Rows
	}
	out.Tables = len(list)
	return out, err
}

func printCheck(std streams, out checked) error {
	fmt.Fprintf(std.out, "database  %s\n", out.Database)
	if out.Version > 0 { // the rest was looked at
		fmt.Fprintf(std.out, "tables    %d with %d rows, of version %d\n", out.Tables, out.Rows, out.Version)
		if err := identity.WriteStoreCheck(std.out, out.StoreCheck); err != nil {
			return err
		}
	}
	if len(out.Faults) == 0 {
		fmt.Fprintln(std.out, "faults    none")
	}
	for _, fault := range out.Faults {
		fmt.Fprintf(std.out, "fault     %s\n", fault)
	}
	return nil
}

type dbMigrate struct {
	database
	DryRun bool `name:"dry-run" help:"Say what would be done, and do nothing."`
	JSON   bool `name:"json" help:"Print JSON."`
}

// Run does what 'serve' does when it starts. Tables are made where there are none only
// in PostgreSQL, where somebody has made the database.
func (c *dbMigrate) Run(ctx context.Context, std streams) error {
	if !c.isPostgres() {
		if err := c.there(ctx); err != nil {
			return err
		}
	}
	var state migrations.State
	err := c.asItIs(ctx, time.Minute, func(store lookedAt) (err error) {
		state, err = store.Migrations(ctx)
		return err
	})
	if err == nil && !c.DryRun && len(state.Pending) > 0 {
		var store store
		if store, err = c.open(ctx); err == nil {
			err = store.Close()
		}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"from": state.Current, "to": state.Target, "steps": append([]string{}, state.Pending...), "done": !c.DryRun})
	}
	if len(state.Pending) == 0 {
		fmt.Fprintf(std.out, "nothing is to be done: the tables are of version %d\n", state.Current)
		return nil
	}
	verb := "done"
	if c.DryRun {
		verb = "to be done"
	}
	fmt.Fprintf(std.out, "%s, from version %d to %d:\n  %s\n", verb, state.Current, state.Target, strings.Join(state.Pending, "\n  "))
	return nil
}
