package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
	"github.com/holdfast-go/holdfast/work"
)

// database is the flag that every command shares.
type database struct {
	DB string `name:"db" default:"holdfast.db" help:"The SQLite file; created if missing." placeholder:"FILE"`
}

// opened is a store with the domain on top of it.
type opened struct {
	store    *sqlite.Store
	accounts *account.Service
	lane     *work.Lane
	refusals *refusals // nil if nobody is served
}

// open opens the store. Whoever opens closes.
func (d database) open(ctx context.Context, config account.Config) (_ *opened, err error) {
	store, err := sqlite.Open(ctx, d.DB)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.DB, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, store.Close())
		}
	}()
	lane := work.NewLane(work.Config{Name: "hash", Workers: runtime.GOMAXPROCS(0), Queue: 64, LowPriority: true})
	passwords, err := password.NewContext(password.Config{Run: lane.Do})
	if err != nil {
		return nil, err
	}
	config.Store, config.Passwords = store, passwords
	accounts, err := account.NewService(ctx, config)
	if err != nil {
		return nil, err
	}
	return &opened{store: store, accounts: accounts, lane: lane}, nil
}

func (o *opened) close() error {
	o.lane.Close()
	return errors.Join(o.refusals.close(), o.store.Close())
}
