// Command hostile measures what a server is like to good callers while others hold
// as many connections open as they can: with headers and bodies that never end, and
// with nothing at all, from a thousand addresses.
//
// The server is `holdfast serve` as it is, in a process of its own, with one core
// or more beside it for this program. Good requests are a protected GET with a token,
// so many times a second, over connections that are kept, and a GET of its own
// connection each, which has to be let in; both count from when they were due.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/internal/flood"
	"github.com/holdfast-go/holdfast/internal/hostile"
	"github.com/holdfast-go/holdfast/internal/loadgen"
)

type options struct {
	conns int
	lasts time.Duration
	rate  float64
	json  bool
	p99   time.Duration
	rss   float64
}

// Row is what came of one kind of good request.
type Row struct {
	What     string  `json:"what"`
	Answered int     `json:"answered"`
	Failed   int     `json:"failed"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// Report is what was measured.
type Report struct {
	Seconds float64       `json:"seconds"`
	Hostile hostile.Stats `json:"hostile"`
	Before  []Row         `json:"before"`
	During  []Row         `json:"during"`
	Peak    float64       `json:"peak_rss_mib"`
	CPU     float64       `json:"server_cores"` // processor time a second
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o := &options{}
	flag.IntVar(&o.conns, "conns", 10_000, "hostile connections, of all kinds together")
	flag.DurationVar(&o.lasts, "for", 5*time.Minute, "how long")
	flag.Float64Var(&o.rate, "rate", 100, "good requests a second, of each of the two kinds")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.DurationVar(&o.p99, "p99", 50*time.Millisecond, "fail if more than one good request in a hundred takes longer")
	flag.Float64Var(&o.rss, "rss", 512, "fail if the server's memory was ever more, in MiB")
	flag.Parse()
	report, err := run(ctx, o, os.Stderr)
	if err == nil {
		err = errors.Join(report.write(os.Stdout, o.json), report.judge(o))
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, o *options, progress io.Writer) (report Report, err error) {
	dir, err := os.MkdirTemp("", "holdfast-hostile")
	if err != nil {
		return report, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := proc.Build(ctx, dir)
	if err != nil {
		return report, err
	}
	server, err := flood.Program(program)(ctx)
	if err != nil {
		return report, err
	}
	defer server.Close()
	health, err := loadgen.NewTarget("GET", "http://"+server.Me.Addr()+"/healthz", "", "")
	if err != nil {
		return report, err
	}
	b := &bench{o, server, health, progress}
	fmt.Fprintf(progress, "%d hostile connections for %v, beside twice %.0f good requests a second\n", o.conns, o.lasts, o.rate)
	report.Before = b.good(ctx, min(o.lasts, 10*time.Second))
	attacking, end := context.WithCancel(ctx)
	attack := hostile.Begin(attacking, hostile.Config{Addr: server.Me.Addr(), Conns: o.conns})
	defer attack.Wait()
	defer end()
	if err := b.until(ctx, attack, o.conns); err != nil {
		return report, err
	}
	began := time.Now()
	used, err := proc.CPU(server.PID)
	if err != nil {
		return report, err
	}
	report.During = b.good(ctx, o.lasts)
	report.Seconds, report.Hostile = time.Since(began).Seconds(), attack.Stats()
	after, err := proc.CPU(server.PID)
	report.CPU = (after - used).Seconds() / report.Seconds
	var err2 error
	report.Peak, err2 = proc.Peak(server.PID)
	return report, errors.Join(err, err2, ctx.Err())
}

type bench struct {
	*options
	server   *flood.Server
	health   *loadgen.Target
	progress io.Writer
}

// until waits until the attack has its connections: nearly all, since those that
// were hung up on are on their way again.
func (b *bench) until(ctx context.Context, attack *hostile.Attack, conns int) error {
	for late := time.After(time.Minute); ; {
		open := 0
		for _, n := range attack.Stats().Open {
			open += n
		}
		if open >= conns*8/10 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("%d of %d connections were made in a minute, and %d could not be: does the system let a process have so many (ulimit -n)?", open, conns, attack.Stats().Failed)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// good sends good requests of both kinds, at the same time.
func (b *bench) good(ctx context.Context, lasts time.Duration) []Row {
	ctx, stop := context.WithTimeout(ctx, lasts)
	defer stop()
	kept, own := loadgen.NewRecorder(), loadgen.NewRecorder()
	var both sync.WaitGroup
	both.Go(func() { b.server.Me.Open(ctx, b.rate, kept) })
	both.Go(func() { b.health.OpenEach(ctx, b.rate, own) })
	both.Wait()
	return []Row{rowOf("on connections that are kept", kept), rowOf("on a new connection each", own)}
}

func rowOf(what string, r *loadgen.Recorder) Row {
	s := r.Summary()
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return Row{what, s.Status[http.StatusOK], s.Count - s.Status[http.StatusOK] + s.Status[0], milliseconds(s.P50), milliseconds(s.P99), milliseconds(s.Max)}
}

func (r Report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	for k := range hostile.Kinds {
		fmt.Fprintf(out, "%-12s  %5d open, %7d made\n", k, r.Hostile.Open[k], r.Hostile.Dialed[k])
	}
	rows := func(name string, of []Row) {
		for _, row := range of {
			fmt.Fprintf(out, "%s, %s: %d answered, %d not; p50 %.1f ms, p99 %.1f ms, at most %.1f ms\n", name, row.What, row.Answered, row.Failed, row.P50, row.P99, row.Max)
		}
	}
	rows("before", r.Before)
	rows(fmt.Sprintf("for %.0f s beside them", r.Seconds), r.During)
	_, err := fmt.Fprintf(out, "the server: %.0f MiB of memory at most, %.2f cores\n", r.Peak, r.CPU)
	return err
}

// judge says what is not as it is to be.
func (r Report) judge(o *options) error {
	var all error
	for _, row := range r.During {
		if limit := float64(o.p99) / float64(time.Millisecond); row.P99 > limit || row.Answered == 0 {
			all = errors.Join(all, fmt.Errorf("%s: p99 is %.1f ms, want %.1f at most", row.What, row.P99, limit))
		}
		if row.Failed > 0 {
			all = errors.Join(all, fmt.Errorf("%s: %d were not answered", row.What, row.Failed))
		}
	}
	if r.Peak > o.rss {
		all = errors.Join(all, fmt.Errorf("the server's memory was %.0f MiB, want %.0f at most", r.Peak, o.rss))
	}
	return all
}
