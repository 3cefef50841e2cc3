// Package flood measures what a flood of sign-ins does to everybody else's
// requests: a protected route is asked at a steady rate, alone and then beside
// connections that sign in without pause, of a server whose hashing is bounded
// and, to compare, of one where it is not.
package flood

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// Server is a server that runs, and what is sent to it.
type Server struct {
	Login *loadgen.Target // a sign-in that succeeds
	Me    *loadgen.Target // the protected route, by somebody who has signed in
	Close func()          // ends the server and removes what it has kept
	PID   int             // of its process; 0 if it has none of its own
}

// Start starts a server of its own, and returns when it answers.
type Start func(context.Context) (*Server, error)

// Config says what is measured, and how hard.
type Config struct {
	Lanes     Start  // the server as it is
	Unbounded Start  // one that hashes without a bound; nil if there is none to compare with
	Command   string // the command that would compare, for reports that cannot

	Phase time.Duration // how long each phase takes; more than 0
	Warm  time.Duration // how long before each it gets going; a second if zero
	Conns int           // connections that sign in without pause; 1 or more
	Rate  float64       // requests a second to the protected route; more than 0

	Progress io.Writer // is told how it goes on: a line that changes if it is a terminal
}

// Row is what was measured of one server. Times are milliseconds.
type Row struct {
	Hashing  string  `json:"hashing"` // "unbounded" or "in lanes"
	AloneP50 float64 `json:"alone_p50_ms"`
	AloneP99 float64 `json:"alone_p99_ms"`
	FloodP50 float64 `json:"flood_p50_ms"`
	FloodP99 float64 `json:"flood_p99_ms"`
	Ratio    float64 `json:"p99_ratio"`
	Logins   float64 `json:"logins_per_second"`
	Failed   int     `json:"failed"` // protected requests without their answer
}

// Report is what the servers come to.
type Report struct {
	Lanes Row `json:"lanes"`
	*Comparison
	NotCompared string `json:"not_compared,omitempty"` // why there is no comparison

	command string
}

// Comparison is the same without lanes, and beside it.
type Comparison struct {
	Unbounded Row     `json:"unbounded"`
	Calmer    float64 `json:"times_calmer"` // p99 under flood, unbounded to lanes
	Kept      float64 `json:"logins_kept"`  // sign-ins, lanes to unbounded
}

// Run measures. It takes two phases for each server, with what goes before them.
func Run(ctx context.Context, config Config) (r Report, err error) {
	if config.Phase <= 0 || config.Conns < 1 || config.Rate <= 0 {
		return r, errors.New("the length of a phase, the connections and the rate must be more than 0")
	}
	config.Warm = cmp.Or(config.Warm, time.Second)
	b := &bench{Config: config, shown: newProgress(config.Progress)}
	b.shown.say("GET /users/me %.0f times a second, alone and beside %d connections that sign in without pause; %.0f s.\n",
		b.Rate, b.Conns, b.duration().Seconds())
	if b.Unbounded != nil {
		r.Comparison = &Comparison{}
		if r.Unbounded, err = b.server(ctx, "unbounded", b.Unbounded); err != nil {
			return r, err
		}
	} else {
		r.NotCompared, r.command = notCompared+" "+b.Command, b.Command
	}
	if r.Lanes, err = b.server(ctx, "in lanes", b.Lanes); err != nil {
		return r, err
	}
	if r.Comparison != nil {
		r.Calmer, r.Kept = ratio(r.Unbounded.FloodP99, r.Lanes.FloodP99), ratio(r.Lanes.Logins, r.Unbounded.Logins)
	}
	return r, nil
}

// bench is a measurement in progress.
type bench struct {
	Config

	shown *progress
}

// duration is how long it takes, but for starting the servers.
func (b *bench) duration() time.Duration {
	phases := 2
	if b.Unbounded != nil {
		phases = 4
	}
	return time.Duration(phases) * (b.Phase + b.Warm)
}

// server starts a server, and asks it alone and under flood.
func (b *bench) server(ctx context.Context, name string, start Start) (Row, error) {
	row := Row{Hashing: name}
	server, err := start(ctx)
	if err != nil {
		return row, err
	}
	defer server.Close()
	alone, err := b.phase(ctx, name+", alone", server.Me, nil)
	if err != nil {
		return row, err
	}
	logins := loadgen.NewRecorder()
	flooding, stop := context.WithCancel(ctx)
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		server.Login.Closed(flooding, b.Conns, logins)
	}()
	defer func() { stop(); <-flood }()
	beside, err := b.phase(ctx, name+", under flood", server.Me, logins)
	if err != nil {
		return row, err
	}
	row.AloneP50, row.AloneP99 = milliseconds(alone.P50), milliseconds(alone.P99)
	row.FloodP50, row.FloodP99 = milliseconds(beside.P50), milliseconds(beside.P99)
	row.Ratio = ratio(row.FloodP99, row.AloneP99)
	row.Logins = beside.logins
	row.Failed = alone.failed() + beside.failed()
	return row, nil
}

// ratio is 0 where nothing was measured: JSON has no number for that.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// seen is what the protected route's callers saw, and how many signed in beside
// them in a second.
type seen struct {
	loadgen.Summary

	logins float64
}

func (s seen) failed() int { return s.Count - s.Status[200] + s.Status[0] }

// phase asks the protected route for as long as a phase takes, after it got
// going, and shows how it goes on. There are no sign-ins beside it if logins is nil.
func (b *bench) phase(ctx context.Context, name string, me *loadgen.Target, logins *loadgen.Recorder) (seen, error) {
	warm, stopWarm := context.WithTimeout(ctx, b.Warm)
	defer stopWarm()
	me.Open(warm, b.Rate, loadgen.NewRecorder())
	before := succeeded(logins)
	measuring, stop := context.WithTimeout(ctx, b.Phase)
	defer stop()
	answers, done := loadgen.NewRecorder(), make(chan struct{})
	began := time.Now() //nolint:forbidigo // a benchmark's clock is the clock
	go func() {
		defer close(done)
		me.Open(measuring, b.Rate, answers)
	}()
	now := func() seen {
		perSecond := float64(succeeded(logins)-before) / time.Since(began).Seconds() //nolint:forbidigo // as above
		return seen{answers.Summary(), perSecond}
	}
	for ticker := time.NewTicker(b.shown.every); ; {
		select {
		case <-ticker.C:
			b.shown.show(name, time.Since(began), b.Phase, now()) //nolint:forbidigo // as above
			continue
		case <-measuring.Done():
		}
		ticker.Stop()
		last := now()
		<-done // those that wait for an answer still
		last.Summary = answers.Summary()
		b.shown.end(name, b.Phase, last)
		return last, ctx.Err()
	}
}

// succeeded counts sign-ins.
func succeeded(logins *loadgen.Recorder) int {
	if logins == nil {
		return 0
	}
	return logins.Summary().Status[200]
}
