package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// auth is how callers of the server present an access token.
var auth = identity.NewScheme()

// config is what all that is opened on a store has in common.
func config(store identity.Store) identity.Config {
	return identity.Config{Scheme: auth, Store: store, Policy: policy()}
}

// policy says which passwords may be set.
func policy() password.Policy { return password.Policy{Forbidden: []string{"holdfast"}} }

// database is the flag that every command shares.
type database struct {
	DB string `name:"db" default:"holdfast.db" help:"The SQLite file. 'serve' makes it, and so do commands that add or set what is in it." placeholder:"FILE"`
}

// with opens the accounts of a store, runs fn and closes them again.
func (d database) with(ctx context.Context, fn func(*account.Service) error) error {
	return d.withStore(ctx, func(store *sqlite.Store) error {
		return withAccounts(ctx, config(store), func(accounts *identity.Accounts) error { return fn(accounts.Service) })
	})
}

func withAccounts(ctx context.Context, config identity.Config, fn func(*identity.Accounts) error) (err error) {
	accounts, err := identity.OpenAccounts(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	return fn(accounts)
}

// withStore opens a store, runs fn and closes it again.
func (d database) withStore(ctx context.Context, fn func(*sqlite.Store) error) (err error) {
	store, err := sqlite.Open(ctx, d.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(store)
}

// withStoreThere is withStore, for commands that read what a server has made.
func (d database) withStoreThere(ctx context.Context, fn func(*sqlite.Store) error) error {
	if err := d.there(); err != nil {
		return err
	}
	return d.withStore(ctx, fn)
}

// there says if there is no database, for commands that make no sense without
// one, which a mistyped name must not make.
func (d database) there() error {
	if _, err := os.Stat(d.DB); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no database at %s; 'holdfast serve' or 'holdfast user add' makes one", d.DB)
	}
	return nil
}

// withThere is with, for commands that make no sense without a database.
func (d database) withThere(ctx context.Context, fn func(*account.Service) error) error {
	if err := d.there(); err != nil {
		return err
	}
	return d.with(ctx, fn)
}

// withUser is withThere, for the user of a name.
func (d database) withUser(ctx context.Context, name string, fn func(*account.Service, account.User) error) error {
	return d.withThere(ctx, func(accounts *account.Service) error {
		user, err := accounts.UserByName(ctx, name)
		if err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		return fn(accounts, user)
	})
}
