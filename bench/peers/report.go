package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
)

// row is one server, as medians of its rounds.
type row struct {
	name     string
	cpu      [kinds]float64 // µs a request
	ratio    [kinds]float64 // of the bare handler's, round by round
	allocs   float64        // of protected
	p50, p99 time.Duration
	peak     float64 // MiB
	busy     float64 // the least of all kinds
}

type report struct {
	began  time.Time
	rows   []row
	others float64 // how much of all cores other programs took meanwhile
	left   []string
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// medianOf is the median of one figure of all rounds.
func medianOf(samples []sample, figure func(sample) float64) float64 {
	var list []float64
	for _, s := range samples {
		list = append(list, figure(s))
	}
	return median(list)
}

// summarize compares a server's rounds with the baseline's of the same time.
func summarize(name string, samples, base []sample) row {
	r := row{name: name, busy: 1}
	for k := range kinds {
		r.cpu[k] = medianOf(samples, func(s sample) float64 { return s.cpu[k] })
		r.busy = min(r.busy, medianOf(samples, func(s sample) float64 { return s.busy[k] }))
		var ratios []float64
		for i := range samples {
			ratios = append(ratios, samples[i].cpu[k]/base[i].cpu[k])
		}
		r.ratio[k] = median(ratios)
	}
	r.allocs = medianOf(samples, func(s sample) float64 { return s.allocs[protected] })
	r.p50 = time.Duration(medianOf(samples, func(s sample) float64 { return float64(s.p50) }))
	r.p99 = time.Duration(medianOf(samples, func(s sample) float64 { return float64(s.p99) }))
	return r
}

// measure runs the rounds and sums them up.
func measure(ctx context.Context, o *options, servers []*server, progress io.Writer) (*report, error) {
	r := &report{began: time.Now()}
	before, err := workOf(servers)
	if err != nil {
		return nil, err
	}
	samples, err := rounds(ctx, o, servers, progress)
	if err != nil {
		return nil, err
	}
	after, err := workOf(servers)
	if err != nil {
		return nil, err
	}
	_, cores, err := proc.Busy()
	if err != nil {
		return nil, err
	}
	r.others = max(0, after-before) / time.Since(r.began).Seconds() / float64(cores)
	base := samples[slices.IndexFunc(servers, func(s *server) bool { return s.name == baseline })]
	for i, s := range servers {
		summary := summarize(s.name, samples[i], base)
		if summary.peak, err = proc.Peak(s.cmd.Process.Pid); err != nil {
			return nil, err
		}
		r.rows = append(r.rows, summary)
	}
	return r, nil
}

// workOf is how many seconds all cores have worked for other programs than
// these servers and this one.
func workOf(servers []*server) (float64, error) {
	all, _, err := proc.Busy()
	if err != nil {
		return 0, err
	}
	pids := []int{os.Getpid()}
	for _, s := range servers {
		pids = append(pids, s.cmd.Process.Pid)
	}
	for _, pid := range pids {
		used, err := proc.CPU(pid)
		if err != nil {
			return 0, err
		}
		all -= used.Seconds()
	}
	return all, nil
}

// goal is what Holdfast means to keep to, as a multiple of another server's
// processor time for the same request.
type goal struct {
	kind  kind
	than  string
	most  float64
	about string
}

var goals = []goal{
	{protected, baseline, 0.90, "a protected GET, token seen before"},
	{protected, "fiber", 1, "a protected GET, token seen before"},
	{unseen, baseline, 1.10, "a token never seen before"},
	{forged, baseline, 1.30, "a forged token, refused"},
	{public, baseline, 1.05, "a public GET"},
}

func (r *report) find(name string) (row, bool) {
	i := slices.IndexFunc(r.rows, func(row row) bool { return row.name == name })
	if i < 0 {
		return row{}, false
	}
	return r.rows[i], true
}

// verdicts says which goals are reached.
func (r *report) verdicts(out io.Writer) {
	us, found := r.find(ours)
	if !found {
		return
	}
	for _, g := range goals {
		them, found := r.find(g.than)
		if !found {
			continue
		}
		got, word := us.ratio[g.kind]/them.ratio[g.kind], "reached"
		if got > g.most {
			word = "missed"
		}
		fmt.Fprintf(out, "- %s: %.2f of %s, at most %.2f: %s\n", g.about, got, g.than, g.most, word)
	}
}

// table writes the figures as a Markdown table, which is a table for people too.
func (r *report) table(out io.Writer) {
	lines := [][]string{{"", "protected", "new token", "forged", "public", "allocations", "p50", "p99", "memory", "busy"}}
	for _, row := range r.rows {
		cells := []string{row.name}
		for k := range kinds {
			cells = append(cells, fmt.Sprintf("%.1f µs (%.2f)", row.cpu[k], row.ratio[k]))
		}
		allocs := fmt.Sprintf("%.0f", row.allocs)
		if row.name == fastapi {
			allocs = "–"
		}
		lines = append(lines, append(cells, allocs, fmt.Sprintf("%d µs", row.p50.Microseconds()), fmt.Sprintf("%d µs", row.p99.Microseconds()),
			fmt.Sprintf("%.0f MiB", row.peak), fmt.Sprintf("%.0f %%", 100*row.busy)))
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i, line := range lines {
		writeLine(out, line, widths)
		if i == 0 {
			rule := []string{"---"}
			for range widths[1:] {
				rule = append(rule, "---:")
			}
			writeLine(out, rule, widths)
		}
	}
}

func writeLine(out io.Writer, cells []string, widths []int) {
	for i, cell := range cells {
		space := strings.Repeat(" ", widths[i]-len([]rune(cell)))
		if i == 0 {
			fmt.Fprint(out, "| ", cell, space)
		} else {
			fmt.Fprint(out, " | ", space, cell)
		}
	}
	fmt.Fprintln(out, " |")
}

// write writes the whole report.
func (r *report) write(o *options, out io.Writer) {
	fmt.Fprintf(out, "# Beside the peers, %s\n\n", r.began.UTC().Format("2006-01-02"))
	fmt.Fprintf(out, "%s, %s. %d cores, %s; the servers on core 0, one at a time, the load on core 1.\n", machine(), runtime.Version(), runtime.NumCPU(), runtime.GOARCH)
	fmt.Fprintf(out, "`go run ./peers %s` in bench, at %s: medians of %d rounds of %g seconds for each kind of request.\n\n",
		strings.Join(o.args, " "), commit(), o.rounds, o.seconds)
	if r.others > 0.02 {
		fmt.Fprintf(out, "The machine was busy: other programs took %.0f %% of its cores meanwhile. Ratios suffer less from it than figures.\n\n", 100*r.others)
	} else {
		fmt.Fprintf(out, "Other programs took %.1f %% of the machine's cores meanwhile.\n\n", 100*r.others)
	}
	fmt.Fprint(out, "Processor time of the server for one request, and in parentheses the multiple of the bare handler's, as the median of the rounds' ratios. ",
		"Allocations and times of answers are those of a protected GET, the latter at ", perSecond, " requests a second. ",
		"Memory is the most that the server had. Busy is how much of the time its core worked for it, at least: ",
		"the rest of the time it waited for the load, or other programs had the core.\n\n")
	r.table(out)
	fmt.Fprintln(out)
	for _, why := range r.left {
		fmt.Fprintf(out, "Left out: %s\n", why)
	}
	r.verdicts(out)
}

// publish prints the report and writes it down if it was asked for.
func (r *report) publish(o *options, out io.Writer) error {
	var text bytes.Buffer
	r.write(o, &text)
	if _, err := out.Write(text.Bytes()); err != nil || o.write == "" {
		return err
	}
	return os.WriteFile(filepath.Join(o.write, r.began.UTC().Format("2006-01-02")+"-peers.md"), text.Bytes(), 0o644) //nolint:gosec // to be committed
}

// machine is the processor and the system, as far as Linux says.
func machine() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	model := "an unknown processor"
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return model + ", Linux " + strings.TrimSpace(string(kernel))
}

// commit is what was measured.
func commit() string {
	out, err := exec.CommandContext(context.Background(), "git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "an unknown commit"
	}
	return "commit " + strings.TrimSpace(string(out))
}
