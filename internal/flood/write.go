package flood

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// notCompared is said where there is no comparison: what takes the bound off
// hashing is not in the product.
const notCompared = "This program always bounds hashing. To compare with unbounded hashing, run in a checkout of the source:"

// WriteTable writes the report for people, with what it comes to below it.
func (r Report) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "hashing\talone p50\tp99\tunder flood p50\tp99\tratio\tlogins/s\tfailed\t")
	rows := []Row{r.Lanes}
	if r.Comparison != nil {
		rows = []Row{r.Unbounded, r.Lanes}
	}
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f\t%.1f\t%d\t\n",
			row.Hashing, row.AloneP50, row.AloneP99, row.FloodP50, row.FloodP99, row.Ratio, row.Logins, row.Failed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Comparison == nil {
		_, err := fmt.Fprintf(out, "\nBeside the flood a request waits %.1f times as long as alone (p99).\n\n%s\n  %s\n", r.Lanes.Ratio, notCompared, r.command)
		return err
	}
	_, err := fmt.Fprintf(out, "\nWith lanes a request beside the flood waits %.0f times less (p99), with %.0f %% of the sign-ins.\n", r.Calmer, 100*r.Kept)
	return err
}

// progress shows how a benchmark goes on: a line that changes on a terminal,
// and lines elsewhere.
type progress struct {
	out   io.Writer
	tty   bool
	every time.Duration
}

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	if ok && term.IsTerminal(int(file.Fd())) {
		return &progress{out, true, 200 * time.Millisecond}
	}
	return &progress{out, false, 2 * time.Second}
}

func (p *progress) say(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }

func (p *progress) show(name string, at, of time.Duration, s seen) {
	line := fmt.Sprintf("%-22s %4.1f/%.1f s   GET /users/me p50 %7.1f ms  p99 %7.1f ms   logins/s %6.1f",
		name, min(at, of).Seconds(), of.Seconds(), milliseconds(s.P50), milliseconds(s.P99), s.logins)
	if p.tty {
		p.say("\r%s\x1b[K", line)
	} else {
		p.say("%s\n", line)
	}
}

func (p *progress) end(name string, of time.Duration, s seen) {
	p.show(name, of, of, s)
	if p.tty {
		p.say("\n")
	}
}
