// Command start measures what is paid once: compiling a program from an empty
// cache, until the server is ready, and bringing 100,000 users in.
//
//	go run ./start               # some minutes, and 300 MiB of disk meanwhile
//	go run ./start -no-compile
//
// Programs are compiled one after the other, each from an empty cache of its own,
// beside one that serves nothing with net/http. Modules have to be there already:
// downloading is not measured.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

// bare is the program that the others are compared with.
const bare = `package main

import "net/http"

func main() { _ = http.ListenAndServe("127.0.0.1:0", nil) }
`

// program is one that is compiled.
type program struct {
	name, folder, pkg string
	most              float64 // times what bare takes; 0 for bare itself
}

// used is what a command took.
type used struct{ cpu, clock time.Duration }

func (u used) String() string {
	return fmt.Sprintf("%.1f s of processor time in %.1f s", u.cpu.Seconds(), u.clock.Seconds())
}

// timed runs a command to its end, with all that it starts.
func timed(cmd *exec.Cmd) (used, error) {
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return used{}, fmt.Errorf("start: %v: %w\n%s", cmd.Args, err, out)
	}
	return used{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), time.Since(began)}, nil
}

// compile compiles a program from an empty cache, which is gone afterwards.
func compile(ctx context.Context, p program) (used, error) {
	dir, err := os.MkdirTemp("", "start")
	if err != nil {
		return used{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	graph := filepath.Join(dir, "graph")
	cmd := exec.CommandContext(ctx, "go", "build", "-debug-actiongraph", graph, "-o", filepath.Join(dir, "program"), p.pkg) //nolint:gosec // as built here
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(dir, "cache"))
	took, err := timed(cmd)
	return took, errors.Join(err, dearest(graph))
}

// action is one of go build's.
type action struct {
	Mode, Package   string
	CmdUser, CmdSys time.Duration
}

// dearest says which packages took most of the time.
func dearest(graph string) error {
	text, err := os.ReadFile(graph) //nolint:gosec // as go build wrote it
	if err != nil {
		return err
	}
	var all []action
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b action) int { return cmp.Compare(b.CmdUser+b.CmdSys, a.CmdUser+a.CmdSys) })
	for _, one := range all[:min(8, len(all))] {
		fmt.Printf("  %5.1f s %s %s\n", (one.CmdUser + one.CmdSys).Seconds(), one.Mode, one.Package)
	}
	return nil
}

// compiling compiles all of them.
func compiling(ctx context.Context, dir string) error {
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "main.go"), []byte(bare), 0o600), os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module bare\n\ngo 1.26\n"), 0o600)); err != nil {
		return err
	}
	var base used
	for _, p := range []program{
		{name: "an empty net/http program", folder: dir, pkg: "."},
		{name: "examples/hello", folder: "..", pkg: "./examples/hello", most: 1.25},
		{name: "holdfast", folder: "..", pkg: "./cmd/holdfast", most: 2.5},
	} {
		took, err := compile(ctx, p)
		if err != nil {
			return err
		}
		if p.most == 0 {
			base = took
			fmt.Printf("compiling %s: %v\n", p.name, took)
			continue
		}
		fmt.Printf("compiling %s: %v, %.2f times as much processor time, at most %.2f: %s\n",
			p.name, took, float64(took.cpu)/float64(base.cpu), p.most, met(float64(took.cpu)/float64(base.cpu) <= p.most))
	}
	return nil
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "missed"
}

// ready starts the server in an empty folder, and then again in the same one, and
// says how long it takes until it is ready.
func ready(ctx context.Context, file, dir string) error {
	for _, where := range []string{"without a database", "with one"} {
		var all []time.Duration
		for i := range 9 {
			db := filepath.Join(dir, "ready.db")
			if where == "without a database" {
				db = filepath.Join(dir, fmt.Sprintf("ready%d.db", i))
			}
			took, err := once(ctx, file, db)
			if err != nil {
				return err
			}
			all = append(all, took)
		}
		slices.Sort(all)
		median := all[len(all)/2]
		fmt.Printf("the server %s is ready in %v (%v to %v), at most 200ms: %s\n", where, median.Round(time.Millisecond),
			all[0].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond), met(median <= 200*time.Millisecond))
	}
	return nil
}

func once(ctx context.Context, file, db string) (took time.Duration, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, file, "serve", "--db", db, "--addr", addr) //nolint:gosec // as built here
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cmd.Process.Signal(os.Interrupt), cmd.Wait()) }()
	for time.Since(began) < 30*time.Second {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", http.NoBody)
		if err != nil {
			return 0, err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return 0, errors.New("start: the server does not become ready")
}

// imported brings users in, with hashes of bcrypt.
func imported(ctx context.Context, program, dir string, count int) error {
	file := filepath.Join(dir, "users.csv")
	out, err := os.Create(file) //nolint:gosec // a folder of our own
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "username,email,hash")
	for i := range count {
		fmt.Fprintf(w, "user%07d,user%07d@example.org,$2b$12$TH73TMLw5bkLFIEr8NIXUeKI/fEf3SUYBXGNuV6M5qedWcxSqerFW\n", i, i)
	}
	if err := errors.Join(w.Flush(), out.Close()); err != nil {
		return err
	}
	took, err := timed(exec.CommandContext(ctx, program, "import", "users", "--from", "passlib-csv", file, "--db", filepath.Join(dir, "import.db"))) //nolint:gosec // as built here
	if err != nil {
		return err
	}
	fmt.Printf("%d users were imported: %v, at most 20 s: %s\n", count, took, met(took.clock <= 20*time.Second))
	return nil
}

func run(ctx context.Context, without bool, count int) error {
	dir, err := os.MkdirTemp("", "start")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if !without {
		if err := compiling(ctx, dir); err != nil {
			return err
		}
	}
	file, err := proc.Build(ctx, dir)
	if err != nil {
		return err
	}
	if err := ready(ctx, file, dir); err != nil {
		return err
	}
	return imported(ctx, file, dir, count)
}

func main() {
	without := flag.Bool("no-compile", false, "do not compile")
	count := flag.Int("users", 100_000, "how many users are imported")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *without, *count)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
