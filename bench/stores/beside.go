package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// store is what sessions are written into.
type store interface {
	account.Store
	Close() error
}

func (s *site) open(ctx context.Context) (store, error) {
	if s.kind == "sqlite" {
		return sqlite.Open(ctx, s.db)
	}
	return postgres.Open(ctx, postgres.Config{URL: s.db, Listen: postgres.DoNotListen, MaxConns: 16, Timeout: time.Minute})
}

// beside compares what a check costs a server with and without sessions that are
// committed beside it, straight into the store and without hashing.
func (s *site) beside(ctx context.Context) (err error) {
	if err := s.start(ctx, 1); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	into, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	checks := kinds[0]
	if _, err := s.load(ctx, checks, *each/2); err != nil { // everything is remembered
		return err
	}
	var without, with []time.Duration
	commits := 0.0
	for range *rounds {
		alone, err := s.load(ctx, checks, *each)
		if err != nil {
			return err
		}
		w, err := commit(ctx, into)
		if err != nil {
			return err
		}
		both, err := s.load(ctx, checks, *each)
		made, failed := w.stop()
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		without, with, commits = append(without, alone.cpu), append(with, both.cpu), commits+made/float64(*rounds)
	}
	slices.Sort(without)
	slices.Sort(with)
	a, b := without[len(without)/2], with[len(with)/2]
	fmt.Printf("\nA check costs a server %v alone, and %v beside %.0f session commits a second: %.2f times.\n", a.Round(100*time.Nanosecond), b.Round(100*time.Nanosecond), commits, float64(b)/float64(a))
	return nil
}

// writers commit sessions at a rate.
type writers struct {
	began  time.Time
	cancel context.CancelFunc
	all    sync.WaitGroup
	mu     sync.Mutex
	made   int
	err    error
}

// commit begins to commit sessions of caller0.
func commit(ctx context.Context, into store) (*writers, error) {
	var user account.User
	err := into.View(ctx, func(r account.Reader) (err error) {
		user, err = r.UserByName(caller(0))
		return err
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &writers{began: time.Now(), cancel: cancel}
	const hands = 8
	for hand := range hands {
		w.all.Go(func() { w.write(ctx, into, user.ID, hand, float64(*rate)/hands) })
	}
	return w, nil
}

func (w *writers) write(ctx context.Context, into store, user string, hand int, rate float64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(w.began).Seconds() * rate); n < due && ctx.Err() == nil; n++ {
			now := time.Now()
			id := fmt.Sprint("written ", w.began.UnixNano(), hand, n%100) // new, and later refreshed
			one := account.Session{ID: id, UserID: user, Handle: id, Scopes: []string{"me"}, Created: now, Expires: now.Add(time.Hour)}
			err := into.Update(context.WithoutCancel(ctx), func(t account.Writer) error { return t.PutSession(one) })
			w.mu.Lock()
			w.made, w.err = w.made+1, errors.Join(w.err, err)
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}
}

// stop ends them, and returns how many commits there were a second.
func (w *writers) stop() (rate float64, err error) {
	w.cancel()
	w.all.Wait()
	return float64(w.made) / time.Since(w.began).Seconds(), w.err
}
