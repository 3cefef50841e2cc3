package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

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
	headroom *work.Headroom
	refusals *refusalLog // nil if nobody is served
}

// maxWait is how long a sign-in waits for its turn: a person who is told after
// two seconds to try again is better off than one who looks at a page that
// does not come.
const maxWait = 2 * time.Second

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
	if config.Passwords == nil {
		if config.Passwords, err = newPasswords(); err != nil {
			return nil, err
		}
	}
	o := &opened{store: store, headroom: work.NewHeadroom()}
	o.lane = work.NewLane(work.Config{Name: "hash", Headroom: o.headroom, MaxWait: maxWait})
	config.Store, config.Policy = store, password.Policy{Forbidden: []string{"holdfast"}}
	if config.Key, err = loginKey(ctx, store); err != nil {
		return nil, err
	}
	if config.Lane == nil {
		config.Lane = o.lane
	}
	if o.accounts, err = account.NewService(ctx, config); err != nil {
		o.closeLane()
		return nil, err
	}
	return o, nil
}

// newPasswords is how passwords are hashed, and which hashes are known.
func newPasswords() (*password.Context, error) { return password.NewContext(password.Config{}) }

func (o *opened) closeLane() {
	o.lane.Close()
	o.headroom.Close()
}

func (o *opened) close() error {
	o.closeLane()
	return errors.Join(o.refusals.close(), o.store.Close())
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
