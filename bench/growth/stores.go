package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

const (
	asked = 100    // callers that are asked about, in turn
	batch = 10_000 // rows of a transaction
)

// users asks who calls, among so many users.
func users(ctx context.Context, o options) (pair, error) {
	return stored(ctx, "users", asked, o.many(), func(n int) (users, ended int) { return n, 0 })
}

// ended asks who calls, beside so many sessions that have ended.
func ended(ctx context.Context, o options) (pair, error) {
	return stored(ctx, "ended sessions", 0, o.many(), func(n int) (users, ended int) { return asked, n })
}

func (o options) many() int {
	if o.big {
		return 1_000_000
	}
	return 20_000
}

// stored is a pair whose sides have a database each.
func stored(ctx context.Context, name string, small, large int, counts func(n int) (users, ended int)) (pair, error) {
	var stops []func()
	p, err := both(name, small, large, func(n int) (side, error) {
		users, ended := counts(n)
		b, err := fill(ctx, users, ended)
		if err != nil {
			return nil, err
		}
		stops = append(stops, b.close)
		return b.callers(ctx), nil
	})
	p.close = func() {
		for _, stop := range stops {
			stop()
		}
	}
	if err != nil {
		p.close()
	}
	return p, err
}

// base is a database, and who asks it.
type base struct {
	dir     string
	store   *sqlite.Store
	service *account.Service
	next    int
}

func (b *base) close() { _ = errors.Join(b.store.Close(), os.RemoveAll(b.dir)) }

func userID(i int) string { return fmt.Sprintf("u%07d", i) }

// session is one of a user's, by its number among those of all.
func session(i int, user string, expires time.Time) account.Session {
	id := fmt.Sprintf("s%07d", i)
	return account.Session{ID: id, UserID: user, Handle: id, Scopes: []string{"me"}, Created: expires.Add(-time.Hour), Expires: expires}
}

// fill makes a database with users, the first of which have a session, and with
// sessions that have ended.
func fill(ctx context.Context, users, ended int) (*base, error) {
	dir, err := os.MkdirTemp("", "growth")
	if err != nil {
		return nil, err
	}
	b := &base{dir: dir}
	if b.store, err = sqlite.Open(ctx, filepath.Join(dir, "growth.db")); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return nil, err
	}
	if b.service, err = account.NewService(ctx, account.Config{Store: b.store, Passwords: passwords}); err != nil {
		return nil, err
	}
	now := time.Now()
	err = b.put(ctx, users, func(w account.Writer, i int) error {
		return w.PutUser(account.User{ID: userID(i), Name: userID(i), Roles: []string{"user"}, Created: now})
	})
	if err == nil {
		err = b.put(ctx, asked, func(w account.Writer, i int) error { return w.PutSession(session(i, userID(i), now.Add(time.Hour))) })
	}
	if err == nil {
		err = b.put(ctx, ended, func(w account.Writer, i int) error {
			return w.PutSession(session(asked+i, userID(i%asked), now.Add(-time.Minute)))
		})
	}
	return b, err
}

// put puts rows in.
func (b *base) put(ctx context.Context, count int, one func(w account.Writer, i int) error) error {
	for from := 0; from < count; from += batch {
		err := b.store.Update(ctx, func(w account.Writer) error {
			for i := from; i < min(from+batch, count); i++ {
				if err := one(w, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// callers asks who calls, as the server does for each request.
func (b *base) callers(ctx context.Context) side {
	scopes := []string{"me"}
	return func(n int) error {
		for range n {
			b.next = (b.next + 1) % asked
			one := session(b.next, userID(b.next), time.Time{})
			caller, err := b.service.Caller(ctx, one.UserID, one.ID, scopes)
			if err != nil {
				return err
			}
			if !caller.HasScope("me") {
				return errors.New("growth: a caller has lost the scope me")
			}
		}
		return nil
	}
}
