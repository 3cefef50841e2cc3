// Command peers measures one contract, served by Holdfast and by its peers.
//
// Each server is a process of its own on one core, with one thread that runs Go
// code or one process of Python; the load comes from this process on another
// core. The servers take turns, so that what the machine does beside falls on
// all of them, and each has to pass the contract first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/bench/peers/contract"
)

// options are the command line.
type options struct {
	names   []string
	rounds  int
	seconds float64
	tokens  int
	gogc    int
	write   string
	profile string
	folder  string // where this package's sources are
	args    []string
}

func parse(args []string, out io.Writer) (*options, error) {
	o := &options{args: args}
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(out)
	names := f.String("peers", strings.Join(append(slices.Clone(goPeers), fastapi), ","), "which servers; "+baseline+" is always measured")
	f.IntVar(&o.rounds, "rounds", 7, "how often each server is measured; medians count")
	f.Float64Var(&o.seconds, "seconds", 0.6, "how long each kind of request is sent in a round")
	f.IntVar(&o.tokens, "tokens", 20000, "how many new tokens, and forged ones, each server gets in a round at most")
	f.IntVar(&o.gogc, "gogc", 0, "GOGC for Holdfast alone, to see what more memory brings; 0 for Go's own")
	f.StringVar(&o.write, "write", "", "also write the report into this folder")
	f.StringVar(&o.profile, "profile", "", "at the end, also write profiles of the processor's time into this folder")
	f.StringVar(&o.folder, "folder", "peers", "this folder, from where the command is run")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.names = strings.Split(*names, ",")
	if !slices.Contains(o.names, baseline) {
		o.names = append([]string{baseline}, o.names...)
	}
	for _, name := range o.names {
		if name != fastapi && !slices.Contains(goPeers, name) {
			return nil, fmt.Errorf("peers: there is no peer %q: use %s, %s", name, strings.Join(goPeers, ", "), fastapi)
		}
	}
	if f.NArg() > 0 || o.rounds < 1 || o.seconds <= 0 || o.tokens < 1 || o.gogc < 0 {
		return nil, errors.New("peers: an argument is out of place; -help says what there is")
	}
	return o, nil
}

// commands says how to run each server, and what had to be left out and why.
func commands(ctx context.Context, o *options, dir string, progress io.Writer) (map[string][]string, []string, error) {
	var native, left []string
	out := map[string][]string{}
	for _, name := range o.names {
		if name != fastapi {
			native = append(native, name)
			out[name] = []string{filepath.Join(dir, name)}
			if name == ours && o.gogc > 0 {
				out[name] = append([]string{"env", fmt.Sprintf("GOGC=%d", o.gogc)}, out[name]...)
			}
			continue
		}
		python := venv{filepath.Join(o.folder, fastapi)}
		if err := python.prepare(ctx, progress); err != nil {
			left = append(left, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		out[name] = python.command()
	}
	fmt.Fprintf(progress, "building %d servers …\n", len(native))
	return out, left, build(ctx, native, dir)
}

// startAll starts the servers and checks that each keeps the contract.
func startAll(ctx context.Context, o *options, how map[string][]string, core int, progress io.Writer) ([]*server, error) {
	var servers []*server
	for _, name := range o.names {
		command, found := how[name]
		if !found {
			continue
		}
		s, err := start(ctx, name, command, core)
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
		if err := contract.Check(ctx, s.url()); err != nil {
			return servers, fmt.Errorf("peers: %s does not keep the contract:\n%w", name, err)
		}
		fmt.Fprintf(progress, "%s keeps the contract\n", name)
	}
	return servers, nil
}

func run(ctx context.Context, o *options, out, progress io.Writer) error {
	if runtime.NumCPU() < 2 {
		return errors.New("peers: this takes two cores, one for the server and one for the load")
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	how, left, err := commands(ctx, o, dir, progress)
	if err != nil {
		return err
	}
	debug.SetGCPercent(1000) // what is measured is the server, not this process's collector
	servers, err := startAll(ctx, o, how, 0, progress)
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	if err != nil {
		return err
	}
	if err := proc.Pin(1); err != nil {
		return err
	}
	r, err := measure(ctx, o, servers, progress)
	if err != nil {
		return err
	}
	r.left = left
	return r.publish(o, out)
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
