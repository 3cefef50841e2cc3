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

func (s *site) open(ctx context.Context, db string) (store, error) {
	if s.kind == "sqlite" {
		return sqlite.Open(ctx, db)
	}
	return postgres.Open(ctx, postgres.Config{URL: db, Listen: postgres.DoNotListen, MaxConns: 16, Timeout: time.Minute})
}

// place is where sessions are committed while checks are measured, straight into a
// store and without hashing: nowhere, into another database of the same kind, which
// takes as much of the processors and of the disk but is none of the server's, or into
// the server's own. Between the second and the third there is what the server does
// because of them.
type place struct {
	name    string
	into    store // nil for nowhere
	costs   []time.Duration
	reads   float64 // of the log of changes, a second
	commits float64 // a second
}

// beside compares what a check costs a server while sessions are committed.
func (s *site) beside(ctx context.Context) (err error) {
	if err := s.start(ctx, 1); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	places := []*place{{name: "nothing"}}
	for _, one := range []struct{ name, db string }{{"another database", s.elsewhere}, {"its own", s.db}} {
		if one.db == "" {
			continue
		}
		into, err := s.open(ctx, one.db)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, into.Close()) }()
		places = append(places, &place{name: one.name, into: into})
	}
	clients, err := s.clients(ctx, kinds[0]) // before there are commits, which sign-ins would have to wait for
	if err != nil {
		return err
	}
	if _, err := s.loadBy(clients, kinds[0], *each/2); err != nil { // everything is remembered
		return err
	}
	for round := range *rounds {
		for i := range places { // each of them comes first in turn
			if err := s.besides(ctx, clients, places[(round+i)%len(places)]); err != nil {
				return err
			}
		}
	}
	report(places)
	return nil
}

// besides measures checks while sessions are committed at a place.
func (s *site) besides(ctx context.Context, clients []*client, p *place) (err error) {
	if p.into != nil {
		w, err := commit(ctx, p.into)
		if err != nil {
			return err
		}
		defer func() {
			made, failed := w.stop()
			p.commits += made / float64(*rounds)
			err = errors.Join(err, failed)
		}()
	}
	before, err := s.changesRead(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	r, err := s.loadBy(clients, kinds[0], *each)
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	after, err := s.changesRead(ctx)
	p.costs = append(p.costs, r.cpu)
	p.reads += (after - before) / took / float64(*rounds)
	return err
}

// report prints the medians, and how they compare with those beside nothing, and
// beside another database: the median of the rounds' ratios, and the least and the
// greatest.
func report(places []*place) {
	fmt.Println("\n| session commits | processor time of a check | of that beside nothing | of that beside another database | reads of the log |\n|---|---|---|---|---|")
	for i, p := range places {
		to := func(k int) string {
			if k >= i {
				return ""
			}
			ratios := make([]float64, len(p.costs))
			for round := range ratios {
				ratios[round] = float64(p.costs[round]) / float64(places[k].costs[round])
			}
			slices.Sort(ratios)
			return fmt.Sprintf("%.2f (%.2f to %.2f)", ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
		}
		text := p.name
		if p.into != nil {
			text = fmt.Sprintf("%.0f a second, into %s", p.commits, p.name)
		}
		costs := slices.Sorted(slices.Values(p.costs))
		fmt.Printf("| %s | %v | %s | %s | %.1f a second |\n", text, costs[len(costs)/2].Round(100*time.Nanosecond), to(0), to(1), p.reads)
	}
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
