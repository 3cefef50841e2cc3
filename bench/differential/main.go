// Command differential asks FastAPI and Holdfast the same, and compares what
// they answer. Each feature is an application in Python and one in Go with the
// same routes, and a file of requests. What differs on purpose stands in
// reasons.txt; the program fails when something else differs, and when
// something that stands there does not.
//
// It is for tests only, and needs the Python of script/bootstrap.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// client follows no redirect and sends no header of its own that matters.
var client = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableCompression: true},
}

func main() {
	only := flag.String("only", "", "ask only what has this in its name, and print all answers")
	folder := flag.String("folder", "differential", "where python, requests and reasons.txt are")
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
	requests, err := readRequests(folder + "/requests")
	if err != nil {
		return false, err
	}
	why, err := readReasons(folder + "/reasons.txt")
	if err != nil {
		return false, err
	}
	theirs, err := startFastAPI(ctx, folder)
	if err != nil {
		return false, err
	}
	defer theirs.stop()
	ours, err := startHoldfast()
	if err != nil {
		return false, err
	}
	defer ours.Close()
	r := &report{out: out, reasons: why, verbose: only != ""}
	for _, one := range requests {
		if only != "" && !strings.Contains(one.name, only) {
			continue
		}
		first, err := one.ask(ctx, theirs.url)
		if err != nil {
			return false, fmt.Errorf("theirs: %s: %w", one.name, err)
		}
		second, err := one.ask(ctx, ours.URL)
		if err != nil {
			return false, fmt.Errorf("ours: %s: %w", one.name, err)
		}
		r.compare(one, first, second)
	}
	for _, app := range slices.Sorted(maps.Keys(features)) {
		if err := r.documents(ctx, app, theirs.url, ours.URL, only); err != nil {
			return false, err
		}
	}
	return r.end(only == ""), nil
}
