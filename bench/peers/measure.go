package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/bench/peers/contract"
	"github.com/holdfast-go/holdfast/bench/peers/load"
)

// kind is one kind of request.
type kind int

const (
	protected kind = iota // a token that the server has seen before
	unseen                // a token that it never saw
	forged                // claims that were changed; a new one each time
	public                // no token
	kinds
)

func (k kind) String() string {
	return [...]string{"protected", "new token", "forged", "public"}[k]
}

func (k kind) status() int {
	if k == forged {
		return 401
	}
	return 200
}

const (
	conns     = 16 // connections, each with one request on the way
	known     = 64 // tokens that servers have seen before
	perSecond = 1000
)

// sample is what one round said of one server.
type sample struct {
	cpu      [kinds]float64 // µs of processor time a request
	busy     [kinds]float64 // how much of the time its core worked for it
	allocs   [kinds]float64 // objects a request
	p50, p99 time.Duration  // of protected, at a steady rate
}

// requests are those of one round, the same for all servers.
type requests struct {
	list [kinds][][]byte
}

// newRequests makes them: never the tokens of another round, but for the known.
func newRequests(seen [][]byte, count int) requests {
	var r requests
	r.list[protected] = seen
	r.list[public] = [][]byte{load.Get(contract.Public, "")}
	for range count {
		r.list[unseen] = append(r.list[unseen], load.Get(contract.Items, contract.Token("alice", "me items")))
		r.list[forged] = append(r.list[forged], load.Get(contract.Items, contract.Forged()))
	}
	return r
}

func (r requests) next(k kind) func() []byte {
	if k == unseen || k == forged {
		return load.Once(r.list[k])
	}
	return load.Cycle(r.list[k])
}

// round measures one server once.
func (s *server) round(ctx context.Context, r requests, seconds float64) (sample, error) {
	var out sample
	for k := range kinds {
		if err := s.phase(ctx, r, k, seconds, &out); err != nil {
			return out, fmt.Errorf("peers: %s, %v: %w", s.name, k, err)
		}
	}
	return out, s.steady(ctx, r, seconds, &out)
}

// phase sends one kind of request as fast as the server answers.
func (s *server) phase(ctx context.Context, r requests, k kind, seconds float64, out *sample) error {
	plan := load.Plan{
		Addr: s.addr, Conns: conns, For: time.Duration(seconds * float64(time.Second)), Status: k.status(), Next: r.next(k),
	}
	objects, err := s.objects()
	if err != nil {
		return err
	}
	before, err := proc.CPU(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	result, err := load.Run(ctx, plan)
	if err != nil {
		return err
	}
	after, err := proc.CPU(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	made, err := s.objects()
	if err != nil {
		return err
	}
	out.cpu[k] = float64(after-before) / float64(result.Count) / float64(time.Microsecond)
	out.busy[k] = float64(after-before) / float64(result.Took)
	out.allocs[k] = (made - objects) / float64(result.Count)
	return nil
}

// profile sends each kind of request once more while the server writes down
// where its time goes, for go tool pprof.
func (s *server) profile(ctx context.Context, o *options, r requests) error {
	if s.name == fastapi {
		return nil
	}
	for k := range kinds {
		file, err := filepath.Abs(filepath.Join(o.profile, s.name+"-"+strings.ReplaceAll(k.String(), " ", "-")+".cpu"))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.in, "profile", file); err != nil {
			return err
		}
		if err := s.phase(ctx, r, k, 5*o.seconds, new(sample)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.in, "end"); err != nil {
			return err
		}
	}
	_, err := s.objects() // answered once the last profile is written
	return err
}

// steady asks the protected route at a rate that every server can keep up with.
func (s *server) steady(ctx context.Context, r requests, seconds float64, out *sample) error {
	result, err := load.Run(ctx, load.Plan{
		Addr: s.addr, Conns: conns, For: time.Duration(seconds * float64(time.Second)), Every: time.Second / perSecond,
		Status: protected.status(), Next: r.next(protected),
	})
	if err != nil {
		return fmt.Errorf("peers: %s, at a steady rate: %w", s.name, err)
	}
	out.p50, out.p99 = result.Quantile(50), result.Quantile(99)
	return nil
}

// rounds measures all servers in turn, again and again. Each round begins with
// another one, so that none always follows the same.
func rounds(ctx context.Context, o *options, servers []*server, progress io.Writer) ([][]sample, error) {
	seen := make([][]byte, known)
	for i := range seen {
		seen[i] = load.Get(contract.Items, contract.Token("alice", "me items"))
	}
	samples := make([][]sample, len(servers))
	began := time.Now()
	for round := range o.rounds + 1 {
		seconds := o.seconds
		if round == 0 {
			seconds /= 2 // to warm up; not counted
		}
		r := newRequests(seen, o.tokens)
		for i := range servers {
			at := (i + round) % len(servers)
			got, err := servers[at].round(ctx, r, seconds)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				samples[at] = append(samples[at], got)
			}
		}
		fmt.Fprintf(progress, "round %d of %d, %v\n", round, o.rounds, time.Since(began).Round(time.Second))
	}
	return samples, profiles(ctx, o, servers, seen)
}

// profiles writes one for each server and kind of request, if that was asked
// for.
func profiles(ctx context.Context, o *options, servers []*server, seen [][]byte) error {
	if o.profile == "" {
		return nil
	}
	for _, s := range servers {
		if err := s.profile(ctx, o, newRequests(seen, 5*o.tokens)); err != nil {
			return err
		}
	}
	return nil
}
