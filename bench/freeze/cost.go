package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// calmRow is a server without logins.
type calmRow struct {
	Mode string    `json:"mode"`
	CPU  []float64 `json:"cpu_us_per_request"` // each round
	P99  []float64 `json:"p99_ms"`
}

type calmReport struct {
	Rows  []calmRow `json:"modes"`
	Ratio float64   `json:"cpu_ratio_of_medians"`
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func (r calmReport) write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "mode\tcpu/request (median)\trange\tp99 (median)\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%.1f µs\t%.1f–%.1f\t%.2f ms\t\n", row.Mode, median(row.CPU), slices.Min(row.CPU), slices.Max(row.CPU), median(row.P99))
	}
	fmt.Fprintf(t, "lanes/unbounded\t%.3f\t\t\t\n", r.Ratio)
	return t.Flush()
}

// measureCalm runs both servers by turns, so that what the machine does beside
// falls on both.
func measureCalm(ctx context.Context, o *options, scheme string, progress io.Writer) (printer, error) {
	report := calmReport{Rows: []calmRow{{Mode: "unbounded"}, {Mode: "lanes"}}}
	servers := make([]*process, len(report.Rows))
	for i, row := range report.Rows {
		p, err := start(ctx, "", row.Mode, scheme)
		if err != nil {
			return nil, err
		}
		defer p.close()
		servers[i] = p
	}
	wait(ctx, 2*time.Second) // GOMAXPROCS is given back after the one login
	for round := range 9 {
		fmt.Fprintf(progress, "round %d of 9\n", round+1)
		for i, p := range servers {
			before, err := p.cpu()
			if err != nil {
				return nil, err
			}
			s := p.steady(ctx, o, o.phase())
			after, err := p.cpu()
			if err != nil {
				return nil, err
			}
			row := &report.Rows[i]
			row.CPU = append(row.CPU, (after-before)/float64(s.Count)*1e6)
			row.P99 = append(row.P99, ms(s.P99))
		}
	}
	report.Ratio = median(report.Rows[1].CPU) / median(report.Rows[0].CPU)
	return report, ctx.Err()
}

// memoryRow is a server that so many connections flood.
type memoryRow struct {
	Scheme  string  `json:"scheme"`
	Mode    string  `json:"mode"`
	Conns   int     `json:"connections"`
	Peak    float64 `json:"peak_mib"`
	Logins  float64 `json:"logins_per_second"`
	Refused float64 `json:"refused_per_second"`
	Bare    float64 `json:"bare_hashes_per_second"`
	P99     float64 `json:"protected_p99_ms"`
	Other   int     `json:"other_answers"`
}

type memoryReport []memoryRow

func (r memoryReport) write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scheme\tconnections\tpeak memory\tlogins/s\tbare/s\trefused/s\tprotected p99\tother\t")
	for _, row := range r {
		fmt.Fprintf(t, "%s\t%d\t%.0f MiB\t%.1f\t%.1f\t%.0f\t%.2f ms\t%d\t\n", row.Scheme, row.Conns, row.Peak, row.Logins, row.Bare, row.Refused, row.P99, row.Other)
	}
	return t.Flush()
}

// measureMemory floods a server with lanes from many connections, which come
// again at once when they are refused.
func measureMemory(ctx context.Context, o *options, schemes []string, progress io.Writer) (printer, error) {
	var report memoryReport
	for _, scheme := range schemes {
		fmt.Fprintf(progress, "%s: %d connections for %v …\n", scheme, o.flood, o.phase())
		row := memoryRow{Scheme: scheme, Mode: "lanes", Conns: o.flood}
		var err error
		if row.Bare, err = bareRate(ctx, scheme); err != nil {
			return nil, err
		}
		p, err := start(ctx, "", "lanes", scheme)
		if err != nil {
			return nil, err
		}
		defer p.close()
		many := *o
		many.conns = o.flood
		var flood loadgen.Summary
		protected := p.beside(ctx, &many, &flood, func(ctx context.Context) loadgen.Summary { return p.steady(ctx, o, o.phase()) })
		if row.Peak, err = proc.Peak(p.cmd.Process.Pid); err != nil {
			return nil, err
		}
		row.Logins, row.Refused = float64(flood.Status[200])/o.phase().Seconds(), float64(flood.Status[503])/o.phase().Seconds()
		row.P99 = ms(protected.P99)
		for status, n := range flood.Status {
			if status != 200 && status != 503 {
				row.Other += n
			}
		}
		report = append(report, row)
	}
	return report, ctx.Err()
}
