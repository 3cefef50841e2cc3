// Command badrequests asks npm's oidc-provider and Holdfast the same bad things,
// and compares with which error each of them refuses. What differs stands in
// reasons.txt, with who is right; the program fails when something else differs,
// and when something that stands there does not.
//
// It is for tests only, and needs the packages of script/bootstrap.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

// least is how many bad requests there are to be.
const least = 500

func main() {
	only := flag.String("only", "", "ask only what has this in its name, and print all answers")
	folder := flag.String("folder", "badrequests", "where peer and reasons.txt are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := run(ctx, os.Stdout, *folder, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || !good {
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// run reports whether everything is as reasons.txt says.
func run(ctx context.Context, out io.Writer, folder, only string) (bool, error) {
	requests, err := all()
	if err != nil {
		return false, err
	}
	why, err := readReasons(folder + "/reasons.txt")
	if err != nil {
		return false, err
	}
	ours, err := startHoldfast(ctx)
	if err != nil {
		return false, err
	}
	defer ours.stop()
	theirs, err := startPeer(ctx, folder+"/peer", ours)
	if err != nil {
		return false, err
	}
	defer theirs.stop()
	r := &report{out: out, reasons: why, verbose: only != ""}
	for _, one := range requests {
		if only != "" && !strings.Contains(one.name, only) {
			continue
		}
		first, err := one.send(ctx, theirs)
		if err != nil {
			return false, fmt.Errorf("oidc-provider: %s: %w", one.name, err)
		}
		second, err := one.send(ctx, ours)
		if err != nil {
			return false, fmt.Errorf("holdfast: %s: %w", one.name, err)
		}
		r.compare(one, outcome(one, first, theirs), outcome(one, second, ours), broken(one, second, ours))
	}
	return r.end(only == ""), nil
}

// all returns the requests, each with a name of its own.
func all() ([]request, error) {
	var out []request
	for _, some := range [][]request{tokenRequests(), serviceRequests(), authorizeRequests(), methodRequests()} {
		out = append(out, some...)
	}
	seen, bad := map[string]bool{}, 0
	for _, one := range out {
		if seen[one.name] {
			return nil, fmt.Errorf("two requests are called %q", one.name)
		}
		if seen[one.name] = true; !one.good {
			bad++
		}
	}
	if bad < least {
		return nil, errors.New("there are too few bad requests")
	}
	return out, nil
}
