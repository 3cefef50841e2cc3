package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// store is what a database is opened as, whichever it is.
type store interface {
	identity.Store
	OpenRefusals(ctx context.Context) (identity.RefusalStore, error)
	Close() error
}

var (
	_ store = (*sqlite.Store)(nil)
	_ store = (*postgres.Store)(nil)
)

// database is the flag that every command shares.
type database struct {
	DB string `name:"db" default:"holdfast.db" help:"The database: an SQLite file, or postgres://USER:PASSWORD@HOST/NAME. 'serve' makes it, in PostgreSQL its tables, and so do commands that add or set what is in it." placeholder:"FILE|URL"`
}

// isPostgres reports whether it is a URL of PostgreSQL.
func (d database) isPostgres() bool {
	return strings.HasPrefix(d.DB, "postgres://") || strings.HasPrefix(d.DB, "postgresql://")
}

// file is the name of an SQLite file, which may be written as a URL as well.
func (d database) file() string { return strings.TrimPrefix(d.DB, "sqlite://") }

// String is what may be printed: a URL without its password.
func (d database) String() string {
	if !d.isPostgres() {
		return d.file()
	}
	at, err := url.Parse(d.DB)
	if err != nil {
		return "postgres://…"
	}
	at.RawQuery = "" // a password may be there, too
	if at.User != nil {
		at.User = url.User(at.User.Username())
	}
	return at.String()
}

// place is String, with which a command in another folder finds the same.
func (d database) place() (string, error) {
	if d.isPostgres() {
		return d.String(), nil
	}
	return filepath.Abs(d.file())
}

// open opens the database for a command that runs for a moment, and has more
// patience than a server. It has to be closed.
func (d database) open(ctx context.Context) (store, error) {
	return d.openWith(ctx, postgres.Config{Listen: postgres.DoNotListen, MaxConns: 4, Timeout: time.Minute})
}

// openWith opens it, and uses a PostgreSQL as a configuration says.
func (d database) openWith(ctx context.Context, config postgres.Config) (store, error) {
	if !d.isPostgres() {
		return sqlite.Open(ctx, d.file())
	}
	config.URL = d.DB
	return postgres.Open(ctx, config)
}

// exists reports whether a server or a command has made the database.
func (d database) exists(ctx context.Context) (bool, error) {
	if d.isPostgres() {
		return postgres.Exists(ctx, d.DB)
	}
	_, err := os.Stat(d.file())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// there says if there is no database, for commands that make no sense without
// one, which a mistyped name must not make.
func (d database) there(ctx context.Context) error {
	found, err := d.exists(ctx)
	if err == nil && !found {
		err = fmt.Errorf("no database at %s; 'holdfast serve' or 'holdfast user add' makes one", d)
	}
	return err
}

// withRefusals opens what was refused last, runs fn and closes it again. That of a
// file is opened alone: the server may have the rest.
func (d database) withRefusals(ctx context.Context, fn func(identity.RefusalStore) error) (err error) {
	if d.isPostgres() {
		return d.withStoreThere(ctx, func(store store) error {
			refusals, err := store.OpenRefusals(ctx)
			if err != nil {
				return err
			}
			return fn(refusals) // it is the store's own
		})
	}
	file, err := sqlite.ReadRefusals(ctx, d.file())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing was refused yet: there is no %s", sqlite.RefusalsOf(d.file()))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return fn(file)
}
