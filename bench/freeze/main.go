// Command freeze measures whether a flood of logins freezes everybody else: a
// protected route is asked at a steady rate, alone and beside connections that
// log in without pause, once with hashing unbounded and once with it in a lane.
//
// The server is a process of its own. Requests are counted from when they were
// due, so that a server that stands still delays all that come meanwhile.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	schemes  string
	modes    string
	seconds  float64
	rate     float64
	conns    int
	saturate bool
	rounds   int
	against  string
	calm     bool
	flood    int
	patient  bool
	json     bool

	serve  string // the server's role: its mode
	scheme string
}

func (o *options) phase() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("freeze", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.schemes, "schemes", "bcrypt,argon2id", "what to hash with: bcrypt (cost 12), argon2id (19 MiB, 2 passes)")
	f.StringVar(&o.modes, "modes", "unbounded,lanes", "unbounded: every login hashes at once; bound: a lane without priority; lanes: as holdfast serve")
	f.Float64Var(&o.seconds, "seconds", 10, "how long each phase takes")
	f.Float64Var(&o.rate, "rate", 200, "protected requests a second")
	f.IntVar(&o.conns, "conns", 64, "connections that log in without pause")
	f.BoolVar(&o.saturate, "saturate", false, "also ask the protected route as fast as it answers, alone and under flood")
	f.IntVar(&o.rounds, "rounds", 1, "how often each is measured, by turns; medians are shown")
	f.StringVar(&o.against, "against", "", "also the server of this file: the same program, built from another commit")
	f.BoolVar(&o.calm, "calm", false, "instead: what lanes cost a server where nobody logs in")
	f.IntVar(&o.flood, "memory", 0, "instead: the memory of the server while so many connections log in (0: not)")
	f.BoolVar(&o.patient, "patient", false, "who is told to come again in a second does so, instead of at once")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.StringVar(&o.serve, "serve", "", "used by the program itself: be the server in this mode")
	f.StringVar(&o.scheme, "scheme", "", "used by the program itself: the server's scheme")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || o.seconds <= 0 || o.rate <= 0 || o.conns < 1 || o.rounds < 1 {
		return nil, errors.New("freeze: an argument is out of place; -help says what there is")
	}
	return o, nil
}

func run(ctx context.Context, o *options, out, progress io.Writer) error {
	if o.serve != "" {
		return serve(ctx, o.serve, o.scheme, out)
	}
	report, err := measure(ctx, o, progress)
	if err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	return report.write(out)
}

func measure(ctx context.Context, o *options, progress io.Writer) (printer, error) {
	debug.SetGCPercent(1000) // what is measured is the server, not this process's collector
	schemes := strings.Split(o.schemes, ",")
	switch {
	case o.calm:
		return measureCalm(ctx, o, schemes[0], progress)
	case o.flood > 0:
		return measureMemory(ctx, o, schemes, progress)
	}
	return measureFreeze(ctx, o, schemes, strings.Split(o.modes, ","), progress)
}

// printer is a report that people can read.
type printer interface{ write(io.Writer) error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(ctx, o, os.Stdout, os.Stderr)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}
