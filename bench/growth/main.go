// Command growth measures what a request costs as an application and its store
// grow: with how many routes, scopes, users and ended sessions, and with how many
// goroutines on the cache of tokens.
//
//	go run ./growth
//	go run ./growth -big
//
// Both sizes stand side by side in one process and take turns, so that what the
// machine does beside falls on both. What is shown is the median of the rounds'
// ratios with its 95 % confidence interval, of the processor time of the whole
// process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

// options are the command line.
type options struct {
	rounds int
	each   time.Duration
	big    bool
}

// most is how much more a request may cost with the larger number.
const most = 1.05

// side is one of two that are compared: what a request does, n times.
type side func(n int) error

// pair is a comparison.
type pair struct {
	name         string
	small, large side
	close        func()
}

// cost is the processor time of one request, in nanoseconds.
func (s side) cost(n int) (float64, error) {
	runtime.GC() // each begins with a heap of its own making
	before, err := proc.CPU(os.Getpid())
	if err != nil {
		return 0, err
	}
	if err := s(n); err != nil {
		return 0, err
	}
	after, err := proc.CPU(os.Getpid())
	return float64(after-before) / float64(n), err
}

// fit is how many requests take about as long as wanted.
func (s side) fit(each time.Duration) (int, error) {
	for n := 100; ; n *= 4 {
		cost, err := s.cost(n)
		if err != nil || cost*float64(n) > float64(each)/8 {
			return max(1, int(float64(each)/max(cost, 1))), err
		}
	}
}

// result is a comparison that was made.
type result struct {
	small, large float64 // medians, ns a request
	ratio, half  float64 // the median of the ratios, and how far its interval reaches
}

// compare measures both sides in turn.
func (p pair) compare(o options) (result, error) {
	n, err := p.small.fit(o.each)
	if err != nil {
		return result{}, err
	}
	var small, large, ratios []float64
	for round := range o.rounds {
		var cost [2]float64
		for i := range 2 {
			which := (i + round) % 2
			if cost[which], err = []side{p.small, p.large}[which].cost(n); err != nil {
				return result{}, err
			}
		}
		small, large, ratios = append(small, cost[0]), append(large, cost[1]), append(ratios, cost[1]/cost[0])
	}
	slices.Sort(small)
	slices.Sort(large)
	ratio, half := interval(ratios)
	return result{small[len(small)/2], large[len(large)/2], ratio, half}, nil
}

// interval is the median and how far its 95 % confidence interval reaches, by the
// order of the rounds alone: what a neighbour did to some of them moves neither. Few
// rounds say nothing.
func interval(list []float64) (median, half float64) {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	median = (sorted[(n-1)/2] + sorted[n/2]) / 2
	if n < 6 {
		return median, math.Inf(1)
	}
	low := int(float64(n)/2 - 0.98*math.Sqrt(float64(n)))
	return median, max(median-sorted[low], sorted[n-1-low]-median)
}

func (r result) write(out io.Writer, name string) {
	word := "within 5 %"
	switch {
	case r.ratio-r.half > most:
		word = "more than 5 %"
	case r.ratio+r.half > most:
		word = "not known to be within 5 %"
	}
	fmt.Fprintf(out, "| %-42s | %8.0f | %8.0f | %.3f ± %.3f | %s |\n", name, r.small, r.large, r.ratio, r.half, word)
}

func run(ctx context.Context, o options, out io.Writer) error {
	fmt.Fprintf(out, "%s, %d cores, %s: %d rounds of %v for each side, in turn\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOARCH, o.rounds, o.each)
	fmt.Fprintf(out, "| %-42s | %8s | %8s | %13s | |\n| --- | ---: | ---: | ---: | --- |\n", "", "ns", "ns", "ratio")
	for _, of := range []func(context.Context, options) (pair, error){routes, scopes, users, ended, goroutines} {
		p, err := of(ctx, o)
		if err != nil {
			return err
		}
		r, err := p.compare(o)
		if p.close != nil {
			p.close()
		}
		if err != nil {
			return err
		}
		r.write(out, p.name)
	}
	return errors.Join(depths(o, out), carried(o, out))
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 40, "how often each side is measured")
	flag.DurationVar(&o.each, "each", 50*time.Millisecond, "how long each time, about")
	flag.BoolVar(&o.big, "big", false, "a million users and ended sessions instead of 20,000")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
