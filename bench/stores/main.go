// Command stores measures what servers do on SQLite and on PostgreSQL, in one run:
//
//	go -C bench run ./stores
//	go -C bench run ./stores -users 1000000 -sessions 1000000 -for 2s -servers 1
//
// For each number of servers it prints how many checks of a token, reads, writes,
// refreshes and sign-ins there are a second, and the servers' processor time for each;
// then the same checks beside session commits, beside as many into another database, and
// beside none; all of that in an empty database, and in one with so many users and
// sessions.
//
// Servers, callers and PostgreSQL share the machine, so what several servers do on a few
// cores says nothing about several machines; the processor time for each request does.
// PostgreSQL is started in a folder of its own, or is that of -postgres, whose database
// must be an empty one. It and SQLite sync every commit to the disk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

var (
	servers  = flag.String("servers", "1,2,3", "how many servers there are, in turn; empty to measure nothing but checks beside commits")
	users    = flag.Int("users", 1_000_000, "users of the full database")
	sessions = flag.Int("sessions", 1_000_000, "sessions of the full database; 0 to measure an empty one alone")
	each     = flag.Duration("for", 3*time.Second, "how long each is measured")
	callers  = flag.Int("callers", 16, "who ask at once, one request after the other")
	rate     = flag.Int("rate", 1000, "session commits a second beside the checks")
	rounds   = flag.Int("rounds", 5, "how often checks with and without commits take turns; the median counts")
	only     = flag.String("store", "", "sqlite or postgres; both if empty")
	quiet    = flag.Bool("quiet", true, "leave out what the servers log")
	given    = flag.String("postgres", "", "the URL of an empty database, in place of a PostgreSQL of its own")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	numbers, err := counts(*servers)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stores")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := proc.Build(ctx, dir)
	if err != nil {
		return err
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		if *only != "" && *only != kind {
			continue
		}
		if err := measureStore(ctx, kind, dir, program, numbers); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// measureStore measures an empty database of a kind, and a full one.
func measureStore(ctx context.Context, kind, dir, program string, numbers []int) (err error) {
	s, closing, err := open(ctx, kind, dir, program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if err := s.people(ctx); err != nil {
		return err
	}
	for _, full := range []bool{false, true} {
		if full && *sessions == 0 {
			break
		}
		what := "100 users, no session"
		if full {
			what = fmt.Sprintf("%d users, %d sessions", *users, *sessions)
		}
		began := time.Now()
		if err := s.fill(ctx, full); err != nil {
			return err
		}
		fmt.Printf("\n%s, %s (filled in %v)\n\n", kind, what, time.Since(began).Round(time.Second))
		if err := s.measure(ctx, numbers); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) measure(ctx context.Context, numbers []int) error {
	if len(numbers) > 0 {
		fmt.Println("| servers | token checks | reads | writes | refreshes | sign-ins |\n|---|---|---|---|---|---|")
	}
	for _, n := range numbers {
		if err := s.row(ctx, n); err != nil {
			return err
		}
	}
	return s.beside(ctx)
}

// row prints what so many servers do.
func (s *site) row(ctx context.Context, n int) (err error) {
	if err := s.start(ctx, n); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	fmt.Printf("| %d |", n)
	for _, what := range kinds {
		r, err := s.load(ctx, what, *each)
		if err != nil {
			return fmt.Errorf("%s: %w", what.name, err)
		}
		fmt.Printf(" %v |", r)
	}
	fmt.Println()
	return nil
}

func counts(text string) (list []int, err error) {
	if text == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(one)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-servers: %q: want numbers with commas between them", text)
		}
		list = append(list, n)
	}
	return list, nil
}
