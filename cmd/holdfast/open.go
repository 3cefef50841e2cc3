package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	config.Policy = password.Policy{Forbidden: []string{"holdfast"}}
	if config.Key, err = loginKey(ctx, store); err != nil {
		return nil, err
	}
	accounts, err := account.NewService(ctx, config)
	if err != nil {
		return nil, err
	}
	return &opened{store, accounts, lane}, nil
}

func (o *opened) close() error {
	o.lane.Close()
	return o.store.Close()
}

// loginKey returns the key of what is counted and remembered about those who
// sign in. The first process makes it.
func loginKey(ctx context.Context, store *sqlite.Store) (key account.Key, err error) {
	const name = "login-key"
	text, err := store.Setting(ctx, name)
	if err == nil && text == "" {
		if _, err := rand.Read(key[:]); err != nil {
			return key, err
		}
		text, err = store.SetOnce(ctx, name, hex.EncodeToString(key[:]))
	}
	if err != nil {
		return key, err
	}
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(key) {
		return key, errors.New("the login key in the file is damaged")
	}
	return account.Key(data), nil
}
