package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/password"
)

// auth is how callers of the server present an access token.
var auth = identity.NewScheme()

// config is what all that is opened on a store has in common.
func config(store identity.Store) identity.Config {
	return identity.Config{Scheme: auth, Store: store, Policy: policy()}
}

// policy says which passwords may be set.
func policy() password.Policy { return password.Policy{Forbidden: []string{"holdfast"}} }

// with opens the accounts of a store, runs fn and closes them again.
func (d database) with(ctx context.Context, fn func(*account.Service) error) error {
	return d.withStore(ctx, func(store store) error {
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
func (d database) withStore(ctx context.Context, fn func(store) error) (err error) {
	store, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(store)
}

// withStoreThere is withStore, for commands that read what a server has made.
func (d database) withStoreThere(ctx context.Context, fn func(store) error) error {
	if err := d.there(ctx); err != nil {
		return err
	}
	return d.withStore(ctx, fn)
}

// withThere is with, for commands that make no sense without a database.
func (d database) withThere(ctx context.Context, fn func(*account.Service) error) error {
	if err := d.there(ctx); err != nil {
		return err
	}
	return d.with(ctx, fn)
}

// withUser is withThere, for the user of a name.
func (d database) withUser(ctx context.Context, name string, fn func(*account.Service, account.User) error) error {
	return d.withThere(ctx, func(accounts *account.Service) error {
		user, err := userOf(ctx, accounts, name)
		if err != nil {
			return err
		}
		return fn(accounts, user)
	})
}

func userOf(ctx context.Context, accounts *account.Service, name string) (account.User, error) {
	user, err := accounts.UserByName(ctx, name)
	if err != nil {
		err = fmt.Errorf("user %s: %w", name, err)
	}
	return user, err
}
