package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// siege is a flood of wrong passwords, and what the others have beside it.
type siege struct {
	name  string
	from  func(*rand.Rand) string
	again bool          // strangers come again when they are told to
	most  time.Duration // that a stranger may take
}

var sieges = []siege{
	{"(a) random IPv4", func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(100), r.IntN(256), r.IntN(256), r.IntN(256))
	}, true, 30 * time.Second},
	{"(b) one IPv6 /48", func(r *rand.Rand) string { return fmt.Sprintf("2001:db8:1:%x::%x", r.IntN(1<<16), r.IntN(1<<16)) }, false, 5 * time.Second},
	{"(c) one address", func(*rand.Rand) string { return "198.51.100.1" }, false, 5 * time.Second},
}

// row is what somebody had beside a flood.
type row struct {
	siege, who string
	within     time.Duration
	took       []time.Duration // of those who got in
	tried      int
	told       int // to come again, at the first try
}

func (r *row) in() (n int) {
	for _, took := range r.took {
		if took <= r.within {
			n++
		}
	}
	return n
}

// quantile is how long it took those who got in.
func (r *row) quantile(q float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	slices.Sort(r.took)
	return r.took[int(q*float64(len(r.took)-1))].Round(time.Millisecond)
}

// flood are the answers to wrong passwords, by status.
type flood struct {
	mu       sync.Mutex
	statuses map[int]int
}

func (f *flood) run(ctx context.Context, s *server, o *options, from func(*rand.Rand) string) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a benchmark's
	ticker := time.NewTicker(time.Duration(float64(time.Second) / o.rate))
	defer ticker.Stop()
	var all sync.WaitGroup
	defer all.Wait()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		name, address := fmt.Sprint([]string{"person", "nobody"}[n%2], random.IntN(o.people)), from(random)
		all.Go(func() {
			a := s.signIn(context.WithoutCancel(ctx), name, "wrong", address, "")
			f.mu.Lock()
			defer f.mu.Unlock()
			f.statuses[a.status]++
		})
	}
}

// run besieges a server of its own, and lets people sign in meanwhile: one at home,
// the same on the move, and strangers, each of them somebody else.
func (g siege) run(ctx context.Context, holdfast string, o *options) ([]*row, map[int]int, error) {
	s, err := start(ctx, holdfast, o.people)
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	home := s.signIn(ctx, person(0), secret, "192.0.2.1", "")
	if home.status != 200 {
		return nil, nil, fmt.Errorf("a sign-in before the flood is answered %+v", home)
	}
	f := &flood{statuses: map[int]int{}}
	flooding, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); f.run(flooding, s, o, g.from) }()
	defer func() { stop(); <-done }()
	pause(ctx, o.warm)
	rows := []*row{
		{siege: g.name, who: "known address", within: time.Second},
		{siege: g.name, who: "known device", within: time.Second},
		{siege: g.name, who: "stranger", within: g.most},
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range o.tries {
		pause(ctx, o.pause)
		for i, one := range []struct{ name, from, device string }{
			{person(0), "192.0.2.1", ""},
			{person(0), fmt.Sprintf("203.0.%d.%d", n/256, n%256), home.device},
			{person(1 + n%(o.people-1)), fmt.Sprintf("10.%d.%d.1", n/256, n%256), ""},
		} {
			again := i == 2 && g.again
			all.Go(func() {
				first, last, took := s.patiently(ctx, one.name, one.from, one.device, again)
				mu.Lock()
				defer mu.Unlock()
				rows[i].add(first, last, took)
			})
		}
	}
	all.Wait()
	return rows, f.statuses, ctx.Err()
}

func (r *row) add(first, last answer, took time.Duration) {
	r.tried++
	if first.status != 200 && first.again > 0 {
		r.told++
	}
	if last.status == 200 {
		r.took = append(r.took, took)
	}
}

// patiently signs in, and comes again when told to if again says so, for a minute.
func (s *server) patiently(ctx context.Context, name, from, device string, again bool) (first, last answer, took time.Duration) {
	began := time.Now()
	first = s.signIn(ctx, name, secret, from, device)
	last = first
	for again && last.status != 200 && last.again > 0 && time.Since(began) < time.Minute {
		pause(ctx, last.again)
		last = s.signIn(ctx, name, secret, from, device)
	}
	return first, last, time.Since(began)
}

// burst is many different people at once, who come again when they are told to.
type burst struct {
	who  string
	from func(n int) string
}

var bursts = []burst{
	{"of a network each", func(n int) string { return fmt.Sprintf("10.%d.%d.1", n/256, n%256) }},
	{"of one address", func(int) string { return "192.0.2.1" }},
}

func (b burst) run(ctx context.Context, holdfast string, people int) (*row, error) {
	s, err := start(ctx, holdfast, people)
	if err != nil {
		return nil, err
	}
	defer s.close()
	out := &row{siege: "burst", who: b.who, within: 10 * time.Second}
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range people {
		all.Go(func() {
			first, last, took := s.patiently(ctx, person(n), b.from(n), "", true)
			mu.Lock()
			defer mu.Unlock()
			out.add(first, last, took)
		})
	}
	all.Wait()
	return out, ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
