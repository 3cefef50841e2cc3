// Command mutate finds out what no test notices. It makes one small change at
// a time to a Go file, a mutant, and runs the short tests of the file's
// package: a mutant that they let pass is a promise without a test.
//
//	go run ./internal/mutate [flags] FILE.go...
//
// What it changes: conditions never or always hold, operands of && and || have
// no effect, operators are taken for their neighbours, errors are lost on
// return, calls, assignments, continue and break are left out, truths are
// turned round, integers are one larger. A mutant that does not build counts for
// nothing. Files are never written.
//
// All mutants of the functions of a package are built into one program, which
// is told which of them to be: building is what takes long. The go command reads
// that program's files by its flag -overlay.
//
// Some mutants survive because they change nothing that a caller could notice.
// They stand in docs/mutants.md with the reason, under the file and the
// function, as the diff that is printed here. Only others are reported, and
// entries of the list that fit no mutant any more, or one that a test notices.
//
// It is a package of this module and not of tools, whose go.mod pins what
// others have written: it needs nothing but the standard library and go.
//
// It exits with 0 if there is nothing to report, with 1 if there is, and with
// 2 if the tests could not be run or fail without a mutant.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitReported = 1
	exitFailed   = 2
)

// options are the command line.
type options struct {
	files        []string
	list, tests  string
	timeout      time.Duration
	sample, jobs int
	seed         uint64
	json         bool
}

func parseFlags(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.list, "list", "docs/mutants.md", "the `page` of known survivors; none if empty")
	flags.StringVar(&o.tests, "tests", "", "more `packages` to test after a file's own, separated by commas")
	flags.DurationVar(&o.timeout, "timeout", 20*time.Second, "how `long` the tests of one package may run")
	flags.IntVar(&o.sample, "sample", 0, "try this `many` mutants, chosen by chance; all if 0")
	flags.Uint64Var(&o.seed, "seed", 1, "the `number` that chooses them")
	flags.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "how `many` to try at once")
	flags.BoolVar(&o.json, "json", false, "print all results, as JSON")
	err = flags.Parse(args)
	for _, name := range flags.Args() {
		o.files = append(o.files, path.Clean(filepath.ToSlash(name)))
	}
	if err == nil && (len(o.files) == 0 || o.jobs < 1) {
		err = errors.New("mutate: name a Go file or more, and a job or more")
	}
	return o, err
}

// packages are those whose tests run on a change of a file.
func (o options) packages(file string) []string {
	return strings.FieldsFunc("./"+path.Dir(file)+","+o.tests, func(r rune) bool { return r == ',' })
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	o, err := parseFlags(args, stderr)
	if err == nil {
		code, err = o.mutate(ctx, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err) // there is nowhere else to say it
		return exitFailed
	}
	return code
}

func (o options) mutate(ctx context.Context, stdout, progress io.Writer) (code int, err error) {
	mutants, list, err := o.read()
	if err != nil {
		return 0, err
	}
	var r report
	for _, k := range list {
		if slices.Contains(o.files, k.file) && !slices.ContainsFunc(mutants, k.is) {
			r.Stale = append(r.Stale, "a known survivor is none of the mutants any more: "+k.String())
		}
	}
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if r.Mutants, err = o.tryAll(ctx, folder, sample(mutants, o.sample, o.seed), progress); err != nil {
		return 0, err
	}
	r.compare(list)
	return r.print(stdout, o.json)
}

// read reads the files and the list.
func (o options) read() (mutants []Mutant, list []known, err error) {
	for _, name := range o.files {
		src, err := os.ReadFile(name) //nolint:gosec // the person who runs it names the file
		if err != nil {
			return nil, nil, err
		}
		found, err := find(name, src)
		if err != nil {
			return nil, nil, err
		}
		mutants = append(mutants, found...)
	}
	if o.list == "" {
		return mutants, nil, nil
	}
	page, err := os.ReadFile(o.list)
	if err != nil {
		return nil, nil, err
	}
	if list, err = parseList(string(page)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.list, err)
	}
	return mutants, list, nil
}

// sample chooses n of the mutants, which stay in order.
func sample(mutants []Mutant, n int, seed uint64) (chosen []Mutant) {
	if n <= 0 || n >= len(mutants) {
		return mutants
	}
	places := rand.New(rand.NewPCG(seed, seed)).Perm(len(mutants))[:n] //nolint:gosec // not a secret
	slices.Sort(places)
	for _, i := range places {
		chosen = append(chosen, mutants[i])
	}
	return chosen
}

// Result is a mutant and what came of it.
type Result struct {
	Mutant
	Outcome string `json:"outcome"`
	By      string `json:"by,omitempty"`     // the first test that failed
	Reason  string `json:"reason,omitempty"` // why it is known to survive
}

// tryAll tries the mutants, some at once, and says how far it is.
func (o options) tryAll(ctx context.Context, folder string, mutants []Mutant, progress io.Writer) ([]Result, error) {
	chosen, err := choosable(ctx, mutants)
	if err != nil {
		return nil, err
	}
	files, err := instrument(chosen)
	if err != nil {
		return nil, err
	}
	all, err := programs(ctx, folder, o.allPackages(), files)
	if err != nil {
		return nil, err
	}
	for pkg, p := range all {
		if outcome, by, err := p.try(ctx, 0, o.timeout); err != nil || outcome != survived {
			return nil, errors.Join(err, fmt.Errorf("mutate: the tests of %s fail without a mutant: %s %s", pkg, outcome, by))
		}
	}
	return o.inTurn(ctx, mutants, progress, func(i int) (outcome, by string, err error) {
		m, here, number := mutants[i], all, i+1
		if _, ok := chosen[number]; !ok && m.Function != outside {
			return unbuilt, "", nil
		} else if !ok {
			own := filepath.Join(folder, strconv.Itoa(number))
			if err := os.Mkdir(own, 0o700); err != nil {
				return "", "", err
			}
			if here, err = programs(ctx, own, o.packages(m.File), map[string][]byte{m.File: m.text}); err != nil {
				return unbuilt, "", ctx.Err()
			}
		}
		outcome = survived
		for _, pkg := range o.packages(m.File) {
			if outcome == survived && err == nil {
				outcome, by, err = here[pkg].try(ctx, number, o.timeout)
			}
		}
		return outcome, by, err
	})
}

// choosable lists the mutants, by their numbers, that one program can choose
// between when it runs: those in functions, if they build.
func choosable(ctx context.Context, mutants []Mutant) (map[int]Mutant, error) {
	out, checkers := map[int]Mutant{}, map[string]*checker{}
	for i, m := range mutants {
		folder := path.Dir(m.File)
		if checkers[folder] == nil {
			c, err := newChecker(ctx, folder)
			if err != nil {
				return nil, err
			}
			checkers[folder] = c
		}
		if m.Function != outside && checkers[folder].builds(m) {
			out[i+1] = m
		}
	}
	return out, ctx.Err()
}

// allPackages are those whose tests run on a change of some file.
func (o options) allPackages() (packages []string) {
	for _, file := range o.files {
		packages = append(packages, o.packages(file)...)
	}
	slices.Sort(packages)
	return slices.Compact(packages)
}

// inTurn tries each of the mutants, several at once.
func (o options) inTurn(ctx context.Context, mutants []Mutant, progress io.Writer, try func(int) (string, string, error)) ([]Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results, next := make([]Result, len(mutants)), make(chan int)
	var group sync.WaitGroup
	var printing sync.Mutex
	for range o.jobs {
		group.Go(func() {
			for i := range next {
				m := mutants[i]
				outcome, by, err := try(i)
				if err != nil {
					cancel(err)
				}
				results[i] = Result{Mutant: m, Outcome: outcome, By: by}
				printing.Lock()
				_, _ = fmt.Fprintf(progress, "%d/%d %s:%d %s: %s %s\n", i+1, len(mutants), m.File, m.Line, m.What, outcome, by)
				printing.Unlock()
			}
		})
	}
	for i := 0; i < len(mutants) && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	group.Wait()
	return results, context.Cause(ctx)
}

// report is what comes of a run.
type report struct {
	Mutants []Result `json:"mutants"`
	Stale   []string `json:"stale"` // what is wrong with the list
}

// compare gives known survivors their reasons.
func (r *report) compare(list []known) {
	for i, one := range r.Mutants {
		at := slices.IndexFunc(list, func(k known) bool { return k.is(one.Mutant) })
		switch {
		case at < 0:
		case one.Outcome == survived:
			r.Mutants[i].Reason = list[at].reason
		default:
			r.Stale = append(r.Stale, "a known survivor does not survive ("+one.Outcome+" "+one.By+"): "+list[at].String())
		}
	}
}

// print writes the report and returns the exit code.
func (r report) print(w io.Writer, asJSON bool) (code int, err error) {
	count, listed, text := map[string]int{}, 0, ""
	for _, m := range r.Mutants {
		count[m.Outcome]++
		if m.Reason != "" {
			listed++
		} else if m.Outcome == survived {
			text += fmt.Sprintf("%s:%d %s: %s\n%s\n\n", m.File, m.Line, m.Function, m.What, m.Diff)
		}
	}
	if text != "" || len(r.Stale) > 0 {
		code = exitReported
	}
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return code, encoder.Encode(r)
	}
	for _, complaint := range r.Stale {
		text += complaint + "\n\n"
	}
	tried := count[killed] + count[survived]
	_, err = fmt.Fprintf(w, "%s%d mutants: %d killed, %d survived (%.1f %%), %d of these known; %d more do not build\n",
		text, tried, count[killed], count[survived], 100*float64(count[survived])/float64(max(1, tried)), listed, count[unbuilt])
	return code, err
}
