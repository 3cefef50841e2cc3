package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// benchCmd is `holdfast bench`.
type benchCmd struct {
	Login benchLogin `cmd:"" help:"Show what a flood of sign-ins does to other requests on this machine."`
}

// benchLogin is `holdfast bench login`.
type benchLogin struct {
	Seconds float64 `default:"6" help:"How long each phase takes."`
	Conns   int     `default:"64" help:"Connections that sign in without pause."`
	Rate    float64 `default:"200" help:"Requests a second to the protected route."`
	JSON    bool    `name:"json" help:"Print JSON."`
}

// benchRow is one server: with lanes or without.
type benchRow struct {
	Hashing  string  `json:"hashing"` // "unbounded" or "in lanes"
	AloneP50 float64 `json:"alone_p50_ms"`
	AloneP99 float64 `json:"alone_p99_ms"`
	FloodP50 float64 `json:"flood_p50_ms"`
	FloodP99 float64 `json:"flood_p99_ms"`
	Ratio    float64 `json:"p99_ratio"`
	Logins   float64 `json:"logins_per_second"`
	Failed   int     `json:"failed"` // protected requests without their answer
}

// benchReport is what the servers come to.
type benchReport struct {
	Lanes benchRow `json:"lanes"`
	*comparison
	NotCompared string `json:"not_compared,omitempty"` // why there is no comparison
}

// comparison is the same without lanes, and beside it.
type comparison struct {
	Unbounded benchRow `json:"unbounded"`
	Calmer    float64  `json:"times_calmer"` // p99 under flood, unbounded to lanes
	Kept      float64  `json:"logins_kept"`  // sign-ins, lanes to unbounded
}

// What is said where there is no comparison: the flag that takes the bound off
// hashing is not in the product.
const (
	notCompared    = "This program always bounds hashing. To compare with unbounded hashing, run in a checkout of the source:"
	compareCommand = "go run -tags holdfast_insecure_switches ./cmd/holdfast bench login"
)

// Run measures and reports. The servers are processes of their own, with a
// database that is removed afterwards.
func (c *benchLogin) Run(ctx context.Context, std streams) error {
	if c.Seconds <= 0 || c.Conns < 1 || c.Rate <= 0 {
		return errors.New("--seconds, --conns and --rate must be more than 0")
	}
	dir, err := os.MkdirTemp("", "holdfast-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of the system for such things
	shown := newProgress(std.err)
	shown.say("GET /users/me %.0f times a second, alone and beside %d connections that sign in without pause; %.0f s.\n",
		c.Rate, c.Conns, c.duration())
	r, err := c.report(ctx, shown, dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, r)
	}
	return r.write(std.out)
}

// canCompare reports whether this program can start a server without bounds.
func (*benchLogin) canCompare() bool { return unboundedFlag != "" }

// duration is how many seconds it takes: for each server two phases, each after
// a second to get going.
func (c *benchLogin) duration() float64 {
	servers := 1.0
	if c.canCompare() {
		servers = 2
	}
	return servers * 2 * (c.Seconds + 1)
}

// report measures a server with lanes, and one without if that is possible.
func (c *benchLogin) report(ctx context.Context, shown *progress, dir string) (r benchReport, err error) {
	if c.canCompare() {
		r.comparison = &comparison{}
		if r.Unbounded, err = c.measure(ctx, shown, filepath.Join(dir, "a.db"), "unbounded", unboundedFlag); err != nil {
			return r, err
		}
	} else {
		r.NotCompared = notCompared + " " + compareCommand
	}
	if r.Lanes, err = c.measure(ctx, shown, filepath.Join(dir, "b.db"), "in lanes"); err != nil {
		return r, err
	}
	if r.comparison != nil {
		r.Calmer, r.Kept = r.Unbounded.FloodP99/r.Lanes.FloodP99, r.Lanes.Logins/r.Unbounded.Logins
	}
	return r, nil
}

func (r *benchReport) write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "hashing\talone p50\tp99\tunder flood p50\tp99\tratio\tlogins/s\tfailed\t")
	rows := []benchRow{r.Lanes}
	if r.comparison != nil {
		rows = []benchRow{r.Unbounded, r.Lanes}
	}
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f\t%.1f\t%d\t\n",
			row.Hashing, row.AloneP50, row.AloneP99, row.FloodP50, row.FloodP99, row.Ratio, row.Logins, row.Failed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.comparison == nil {
		fmt.Fprintf(out, "\nBeside the flood a request waits %.1f times as long as alone (p99).\n\n%s\n  %s\n", r.Lanes.Ratio, notCompared, compareCommand)
		return nil
	}
	fmt.Fprintf(out, "\nWith lanes a request beside the flood waits %.0f times less (p99), with %.0f %% of the sign-ins.\n", r.Calmer, 100*r.Kept)
	return nil
}

// measure starts a server, and asks it alone and under flood.
func (c *benchLogin) measure(ctx context.Context, shown *progress, db, name string, flags ...string) (benchRow, error) {
	row := benchRow{Hashing: name}
	server, err := startBenchServer(ctx, db, flags...)
	if err != nil {
		return row, err
	}
	defer server.close()
	alone, err := c.phase(ctx, shown, name+", alone", server, nil)
	if err != nil {
		return row, err
	}
	logins := loadgen.NewRecorder()
	flooding, stop := context.WithCancel(ctx)
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		server.login.Closed(flooding, c.Conns, logins)
	}()
	defer func() { stop(); <-flood }()
	beside, err := c.phase(ctx, shown, name+", under flood", server, logins)
	if err != nil {
		return row, err
	}
	row.AloneP50, row.AloneP99 = milliseconds(alone.P50), milliseconds(alone.P99)
	row.FloodP50, row.FloodP99 = milliseconds(beside.P50), milliseconds(beside.P99)
	row.Ratio = row.FloodP99 / row.AloneP99
	row.Logins = beside.logins
	row.Failed = alone.failed() + beside.failed()
	return row, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// phaseResult is what the protected route's callers saw, and how many signed
// in beside them in a second.
type phaseResult struct {
	loadgen.Summary
	logins float64
}

func (r phaseResult) failed() int { return r.Count - r.Status[200] + r.Status[0] }

// phase asks the protected route for as long as a phase takes, after a second
// to get going, and shows how it goes on.
func (c *benchLogin) phase(ctx context.Context, shown *progress, name string, s *benchServer, logins *loadgen.Recorder) (phaseResult, error) {
	warm, stopWarm := context.WithTimeout(ctx, time.Second)
	defer stopWarm()
	s.me.Open(warm, c.Rate, loadgen.NewRecorder())
	before := 0
	if logins != nil {
		before = logins.Summary().Status[200]
	}
	d := time.Duration(c.Seconds * float64(time.Second))
	measuring, stop := context.WithTimeout(ctx, d)
	defer stop()
	answers, done := loadgen.NewRecorder(), make(chan struct{})
	began := time.Now() //nolint:forbidigo // a benchmark's clock is the clock
	go func() {
		defer close(done)
		s.me.Open(measuring, c.Rate, answers)
	}()
	result := func() (out phaseResult) {
		out.Summary = answers.Summary()
		if logins != nil {
			out.logins = float64(logins.Summary().Status[200]-before) / time.Since(began).Seconds() //nolint:forbidigo // as above
		}
		return out
	}
	var last phaseResult
	for ticker := time.NewTicker(shown.every); ; {
		select {
		case <-ticker.C:
			shown.show(name, time.Since(began), d, result()) //nolint:forbidigo // as above
			continue
		case <-measuring.Done():
			last = result()
			<-done // those that wait for an answer still
			last.Summary = answers.Summary()
		}
		ticker.Stop()
		shown.end(name, d, last)
		return last, ctx.Err()
	}
}

// progress shows how a benchmark goes on: a line that changes on a terminal,
// and lines elsewhere.
type progress struct {
	out   io.Writer
	tty   bool
	every time.Duration
}

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	if ok && term.IsTerminal(int(file.Fd())) {
		return &progress{out, true, 200 * time.Millisecond}
	}
	return &progress{out, false, 2 * time.Second}
}

func (p *progress) say(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p *progress) show(name string, at, of time.Duration, r phaseResult) {
	line := fmt.Sprintf("%-22s %4.1f/%.1f s   GET /users/me p50 %7.1f ms  p99 %7.1f ms   logins/s %6.1f",
		name, min(at, of).Seconds(), of.Seconds(), milliseconds(r.P50), milliseconds(r.P99), r.logins)
	if p.tty {
		p.say("\r%s\x1b[K", line)
	} else {
		p.say("%s\n", line)
	}
}

func (p *progress) end(name string, of time.Duration, r phaseResult) {
	p.show(name, of, of, r)
	if p.tty {
		p.say("\n")
	}
}
