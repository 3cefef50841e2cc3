package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// freezeRow is one server: what the protected route's callers waited, alone
// and under flood, and what the logins got.
type freezeRow struct {
	Program   string  `json:"program,omitempty"` // of another commit; "" for this one
	Scheme    string  `json:"scheme"`
	Mode      string  `json:"mode"`
	Rounds    int     `json:"rounds"`
	IdleP50   float64 `json:"idle_p50_ms"`
	IdleP99   float64 `json:"idle_p99_ms"`
	FloodP50  float64 `json:"flood_p50_ms"`
	FloodP99  float64 `json:"flood_p99_ms"`
	Ratio     float64 `json:"p99_ratio"`
	Logins    float64 `json:"logins_per_second"`
	Bare      float64 `json:"bare_hashes_per_second"`
	Share     float64 `json:"logins_of_bare"`
	Failed    int     `json:"protected_requests_failed"`
	Alone     float64 `json:"saturated_alone_per_second,omitempty"`
	Flooded   float64 `json:"saturated_under_flood_per_second,omitempty"`
	Kept      float64 `json:"saturated_kept,omitempty"`
	Saturated bool    `json:"-"`
}

type freezeReport []freezeRow

func (r freezeReport) write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scheme\tmode\tserver\tp99 idle\tp99 flood\tratio\tlogins/s\tbare/s\tshare\tsaturated\tbeside flood\tkept\t")
	for _, row := range r {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.2f ms\t%.2f ms\t%.2f\t%.1f\t%.1f\t%.2f\t", row.Scheme, row.Mode, filepath.Base(cmp.Or(row.Program, "this")), row.IdleP99, row.FloodP99, row.Ratio, row.Logins, row.Bare, row.Share)
		if row.Saturated {
			fmt.Fprintf(t, "%.0f/s\t%.0f/s\t%.2f\t\n", row.Alone, row.Flooded, row.Kept)
		} else {
			fmt.Fprint(t, "-\t-\t-\t\n")
		}
	}
	return t.Flush()
}

func measureFreeze(ctx context.Context, o *options, schemes, modes []string, progress io.Writer) (printer, error) {
	var report freezeReport
	for _, scheme := range schemes {
		fmt.Fprintf(progress, "%s: hashing on every core …\n", scheme)
		bare, err := bareRate(ctx, scheme)
		if err != nil {
			return nil, err
		}
		for _, mode := range modes {
			rows, err := byTurns(ctx, o, scheme, mode, progress)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				row.Bare, row.Share = bare, row.Logins/bare
				report = append(report, row)
			}
		}
	}
	return report, nil
}

// byTurns measures a mode of this program's server, and of another commit's where
// there is one, in turn.
func byTurns(ctx context.Context, o *options, scheme, mode string, progress io.Writer) ([]freezeRow, error) {
	programs := []string{""}
	if o.against != "" {
		programs = append(programs, o.against)
	}
	seen := make([][]freezeRow, len(programs))
	for round := range o.rounds {
		fmt.Fprintf(progress, "%s, %s, round %d of %d …\n", scheme, mode, round+1, o.rounds)
		for i, program := range programs {
			row, err := measureOne(ctx, o, program, scheme, mode)
			if err != nil {
				return nil, err
			}
			seen[i] = append(seen[i], row)
		}
	}
	out := make([]freezeRow, len(seen))
	for i, rows := range seen {
		out[i] = typical(rows)
	}
	return out, nil
}

// typical is what several rounds of one server have in common: the medians.
func typical(rows []freezeRow) freezeRow {
	out := rows[0]
	out.Rounds, out.Failed = len(rows), 0
	of := func(figure func(*freezeRow) *float64) {
		var list []float64
		for i := range rows {
			list = append(list, *figure(&rows[i]))
		}
		*figure(&out) = median(list)
	}
	of(func(r *freezeRow) *float64 { return &r.IdleP50 })
	of(func(r *freezeRow) *float64 { return &r.IdleP99 })
	of(func(r *freezeRow) *float64 { return &r.FloodP50 })
	of(func(r *freezeRow) *float64 { return &r.FloodP99 })
	of(func(r *freezeRow) *float64 { return &r.Ratio })
	of(func(r *freezeRow) *float64 { return &r.Logins })
	of(func(r *freezeRow) *float64 { return &r.Alone })
	of(func(r *freezeRow) *float64 { return &r.Flooded })
	of(func(r *freezeRow) *float64 { return &r.Kept })
	for _, row := range rows {
		out.Failed += row.Failed
	}
	return out
}

func measureOne(ctx context.Context, o *options, program, scheme, mode string) (freezeRow, error) {
	row := freezeRow{Program: program, Scheme: scheme, Mode: mode}
	p, err := start(ctx, program, mode, scheme)
	if err != nil {
		return row, err
	}
	defer p.close()
	p.steady(ctx, o, time.Second) // connections and pools
	idle := p.steady(ctx, o, o.phase())
	var flood loadgen.Summary
	flooded := p.beside(ctx, o, &flood, func(ctx context.Context) loadgen.Summary { return p.steady(ctx, o, o.phase()) })
	row.IdleP50, row.IdleP99 = ms(idle.P50), ms(idle.P99)
	row.FloodP50, row.FloodP99 = ms(flooded.P50), ms(flooded.P99)
	row.Ratio = row.FloodP99 / row.IdleP99
	row.Logins = float64(flood.Status[200]) / o.phase().Seconds()
	row.Failed = idle.Count + flooded.Count - idle.Status[200] - flooded.Status[200] + idle.Status[0] + flooded.Status[0]
	if o.saturate {
		row.Saturated = true
		alone := p.flatOut(ctx, o)
		beside := p.beside(ctx, o, &flood, func(ctx context.Context) loadgen.Summary { return p.flatOut(ctx, o) })
		row.Alone, row.Flooded = float64(alone.Status[200])/o.phase().Seconds(), float64(beside.Status[200])/o.phase().Seconds()
		row.Kept = row.Flooded / row.Alone
	}
	return row, ctx.Err()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// steady asks the protected route at the steady rate.
func (p *process) steady(ctx context.Context, o *options, d time.Duration) loadgen.Summary {
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	r := loadgen.NewRecorder()
	p.items.Open(ctx, o.rate, r)
	return r.Summary()
}

// flatOut asks the protected route as fast as it answers.
func (p *process) flatOut(ctx context.Context, o *options) loadgen.Summary {
	ctx, stop := context.WithTimeout(ctx, o.phase())
	defer stop()
	r := loadgen.NewRecorder()
	p.items.Closed(ctx, 32, r)
	return r.Summary()
}

// beside measures while connections log in without pause. The logins are
// counted for as long as the measuring takes, from a second after their begin.
func (p *process) beside(ctx context.Context, o *options, logins *loadgen.Summary, measure func(context.Context) loadgen.Summary) loadgen.Summary {
	flooding, stop := context.WithCancel(ctx)
	if o.patient {
		p.login.Patience = time.Second
	}
	r := loadgen.NewRecorder()
	var all sync.WaitGroup
	all.Go(func() { p.login.Closed(flooding, o.conns, r) })
	wait(ctx, time.Second)
	before := r.Summary()
	out := measure(ctx)
	*logins = r.Summary()
	logins.Status[200] -= before.Status[200]
	stop()
	all.Wait()
	wait(ctx, 2*time.Second) // what the server has begun
	return out
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
