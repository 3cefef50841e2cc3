package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/holdfast-go/holdfast/password"
)

type passwordCalibrate struct {
	Target time.Duration `default:"250ms" help:"How long a sign-in may take on an idle machine."`
	JSON   bool          `name:"json" help:"Print JSON."`
}

// choice is a cost that was measured.
type choice struct {
	Scheme       string  `json:"scheme"`
	Milliseconds float64 `json:"milliseconds"` // of one verification
	PerSecond    float64 `json:"logins_per_second"`
	MemoryMiB    float64 `json:"memory_mib"` // of all workers at once
	Fits         bool    `json:"fits"`       // into the target
	scheme       password.Scheme
	memory       float64 // MiB of one
}

// choices are what OWASP recommends, and costs beyond it, the strongest last.
func choices() []choice {
	var list []choice
	for _, p := range []password.Argon2Params{{Memory: 19456, Time: 2}, {Memory: 47104, Time: 1}, {Memory: 65536, Time: 3}, {Memory: 131072, Time: 3}, {Memory: 262144, Time: 4}} {
		list = append(list, choice{
			Scheme: fmt.Sprintf("argon2id m=%d t=%d", p.Memory, p.Time), scheme: password.Argon2id(p), memory: float64(p.Memory) / 1024,
		})
	}
	for _, cost := range []int{10, 12, 13, 14} {
		list = append(list, choice{Scheme: fmt.Sprintf("bcrypt cost=%d", cost), scheme: password.Bcrypt(cost)})
	}
	return append(list, choice{Scheme: "pbkdf2-sha256 rounds=600000", scheme: password.PBKDF2SHA256(0)})
}

// Run measures and prints.
func (c *passwordCalibrate) Run(ctx context.Context, std streams) error {
	return c.compare(ctx, std, choices())
}

func (c *passwordCalibrate) compare(ctx context.Context, std streams, list []choice) error {
	workers := runtime.GOMAXPROCS(0)
	for i := range list {
		fmt.Fprintf(std.err, "measuring %s\n", list[i].Scheme)
		took, err := measure(ctx, list[i].scheme, c.Target)
		if err != nil {
			return err
		}
		list[i].Milliseconds = float64(took.Microseconds()) / 1000
		list[i].PerSecond = float64(workers) / took.Seconds()
		list[i].MemoryMiB = float64(workers) * list[i].memory
		list[i].Fits = took <= c.Target
	}
	if c.JSON {
		return printJSON(std.out, map[string]any{"workers": workers, "target_milliseconds": c.Target.Milliseconds(), "choices": list})
	}
	return c.print(std, workers, list)
}

func (c *passwordCalibrate) print(std streams, workers int, list []choice) error {
	t := tabwriter.NewWriter(std.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "SCHEME\tTIME\tLOGINS/S\tMEMORY\t\n")
	best := "nothing that is recommended; a sign-in takes longer here"
	for _, one := range list {
		note := ""
		switch {
		case !one.Fits:
			note = "over " + c.Target.String()
		case one.memory > 0:
			best = one.Scheme
		}
		fmt.Fprintf(t, "%s\t%.1f ms\t%.1f\t%.0f MiB\t%s\n", one.Scheme, one.Milliseconds, one.PerSecond, one.MemoryMiB, note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "\nWith %d workers this machine affords %s.\n", workers, best)
	return nil
}

// measure returns the median time of a verification. What is far over the
// target is measured once.
func measure(ctx context.Context, scheme password.Scheme, target time.Duration) (time.Duration, error) {
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{scheme}})
	if err != nil {
		return 0, err
	}
	var times []time.Duration
	for len(times) < 5 {
		start := time.Now() //nolint:forbidigo // to measure is what it is for
		if err := passwords.DummyVerify(ctx, rand.Text()); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start)) //nolint:forbidigo // as above
		if times[0] > 2*target {
			break
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}
