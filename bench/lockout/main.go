// Command lockout measures whether others can keep people from signing in: 400 wrong
// passwords a second, for names that exist and names that do not, come from random
// addresses, one network or one address, and beside them sign in somebody known by
// the address, somebody known by the device, and strangers. Then two hundred people
// sign in at once.
//
// The server is `holdfast serve`, a process of its own that believes the addresses
// that this program names as its proxy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

// options are the command line.
type options struct {
	rate   float64
	tries  int
	people int
	burst  int
	pause  time.Duration
	warm   time.Duration

	holdfast string // the command; built if empty
}

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("lockout", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.holdfast, "holdfast", "", "the command to measure, to compare with another version; built from this checkout if empty")
	f.Float64Var(&o.rate, "rate", 400, "wrong passwords a second")
	f.IntVar(&o.tries, "tries", 100, "sign-ins of each kind beside them")
	f.IntVar(&o.people, "people", 200, "users that there are, of whom all are guessed at")
	f.IntVar(&o.burst, "burst", 200, "people who sign in at once")
	f.DurationVar(&o.pause, "pause", 600*time.Millisecond, "from one sign-in of a kind to the next")
	f.DurationVar(&o.warm, "warm", 10*time.Second, "how long the flood goes on before they begin")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || o.rate <= 0 || o.tries < 1 || o.people < 2 || o.burst < 1 {
		return nil, errors.New("lockout: an argument is out of place; -help says what there is")
	}
	return o, nil
}

func run(ctx context.Context, o *options, out, progress io.Writer) error {
	holdfast := o.holdfast
	if holdfast == "" {
		dir, err := os.MkdirTemp("", "holdfast-lockout")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if holdfast, err = proc.Build(ctx, dir); err != nil {
			return err
		}
	}
	var rows []*row
	var answers []string
	for _, g := range sieges {
		_, _ = fmt.Fprintf(progress, "%s: %.0f wrong passwords a second\n", g.name, o.rate)
		got, statuses, err := g.run(ctx, holdfast, o)
		if err != nil {
			return err
		}
		rows, answers = append(rows, got...), append(answers, fmt.Sprintf("%s was answered %v", g.name, statuses))
	}
	for _, b := range bursts {
		_, _ = fmt.Fprintf(progress, "%d people at once, %s\n", o.burst, b.who)
		got, err := b.run(ctx, holdfast, o.burst)
		if err != nil {
			return err
		}
		rows = append(rows, got)
	}
	return write(out, rows, answers)
}

func write(out io.Writer, rows []*row, answers []string) error {
	_, _ = fmt.Fprintf(out, "%s, %d cores, load %s\n\n", model(), runtime.NumCPU(), load())
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "BESIDE\tWHO\tGOT IN\tWITHIN\tTOLD TO COME AGAIN\tP50\tP99\tLAST")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%d of %d\t%v\t%d\t%v\t%v\t%v\n", r.siege, r.who, r.in(), r.tried, r.within, r.told, r.quantile(0.5), r.quantile(0.99), r.quantile(1))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", strings.Join(answers, "\n"))
	return err
}

// model is the processor's name.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // "" where there is none
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// load is how many wanted to run in the last minute: much beside this makes the
// figures worse.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg") // "" where there is none
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

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
