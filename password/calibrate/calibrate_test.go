package calibrate_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/password/calibrate"
)

// choices are cheap ones, since a clock of the test says how long they take.
func choices() []calibrate.Choice {
	cheap := password.Argon2id(password.Argon2Params{Memory: 64, Time: 1})
	return []calibrate.Choice{
		{Name: "argon2id, least", Scheme: cheap, Memory: 20480}, {Name: "argon2id, more", Scheme: cheap, Memory: 65536}, {Name: "bcrypt", Scheme: password.Bcrypt(4)},
	}
}

// clock returns a clock by which the measurements take so long, one after the
// other, and how often it was asked. The last goes on for ever.
func clock(took ...time.Duration) (now func() time.Time, measured *int) {
	at, starts, measured := time.Unix(0, 0), true, new(int)
	return func() time.Time {
		if !starts {
			at = at.Add(took[min(*measured, len(took)-1)])
			*measured++
		}
		starts = !starts
		return at
	}, measured
}

func times(n int, d time.Duration) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = d
	}
	return out
}

func TestWhatAMachineAffords(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		took    []time.Duration
		want    string // the best
		table   string // somewhere in it
		repeats int
	}{
		"all of it":                     {times(15, 100*ms), "argon2id, more", "argon2id, more   100.0 ms  40.0      256 MiB  \n", 15},
		"the least alone":               {append(times(5, 250*ms), times(10, 251*ms)...), "argon2id, least", "argon2id, more   251.0 ms  15.9      256 MiB  over 250ms\n", 15},
		"bcrypt alone, which is not it": {append(times(10, 251*ms), times(5, 100*ms)...), "", "affords nothing that is recommended; a sign-in takes longer here.\n", 15},
		"the median of five counts":     {append([]time.Duration{400 * ms, 10 * ms, 20 * ms, 30 * ms, 900 * ms}, times(10, 300*ms)...), "argon2id, least", "argon2id, least  30.0 ms   133.3     80 MiB   \n", 15},
		"what is far over is done once": {times(3, 501*ms), "", "bcrypt           501.0 ms  8.0       0 MiB    over 250ms\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, measured := clock(test.took...)
			var asked []string
			report, err := calibrate.Measure(t.Context(), choices(), calibrate.Config{
				Workers: 4, Now: now, Before: func(c calibrate.Choice) { asked = append(asked, c.Name) },
			})
			if err != nil || strings.Join(asked, "; ") != "argon2id, least; argon2id, more; bcrypt" || *measured != test.repeats {
				t.Fatalf("Measure = %v, measured %q in %d times, want %d", err, asked, *measured, test.repeats)
			}
			if best, ok := report.Best(); best.Name != test.want || ok != (test.want != "") {
				t.Errorf("Best = %q, %v, want %q", best.Name, ok, test.want)
			}
			var out strings.Builder
			if err := report.WriteTable(&out); err != nil || !strings.Contains(out.String(), test.table) || !strings.Contains(out.String(), "With 4 workers this machine affords "+test.want) {
				t.Errorf("WriteTable = %v\n%swant %q", err, out.String(), test.table)
			}
		})
	}
}

func TestAReportInJSON(t *testing.T) {
	t.Parallel()
	now, _ := clock(100 * time.Millisecond)
	report, err := calibrate.Measure(t.Context(), choices()[:1], calibrate.Config{Target: time.Second, Workers: 2, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	const want = `{"choices":[{"scheme":"argon2id, least","milliseconds":100,"logins_per_second":20,"memory_mib":40,"fits":true}],"target_milliseconds":1000,"workers":2}`
	if err != nil || string(text) != want {
		t.Errorf("JSON = %s, %v, want %s", text, err, want)
	}
}

// Without a clock of the test it measures something.
func TestMeasureMeasures(t *testing.T) {
	t.Parallel()
	report, err := calibrate.Measure(t.Context(), choices()[:1], calibrate.Config{Target: time.Hour})
	if err != nil || len(report.Measured) != 1 || report.Measured[0].Took <= 0 || !report.Measured[0].Fits || report.Workers < 1 {
		t.Errorf("Measure = %+v, %v", report, err)
	}
	if n := report.Measured[0].PerSecond(report.Workers); math.IsInf(n, 0) || n <= 0 {
		t.Errorf("PerSecond = %v", n)
	}
}

func TestMeasureEnds(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := calibrate.Measure(over, choices(), calibrate.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Measure when it is over = %v", err)
	}
	impossible := []calibrate.Choice{{Name: "bcrypt cost=99", Scheme: password.Bcrypt(99)}}
	if _, err := calibrate.Measure(t.Context(), impossible, calibrate.Config{}); err == nil || !strings.Contains(err.Error(), "calibrate: bcrypt cost=99: ") {
		t.Errorf("Measure of what cannot be used = %v", err)
	}
}

// What is recommended can be used, has names of its own, and begins with the
// default.
func TestRecommended(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, one := range calibrate.Recommended() {
		if _, err := password.NewContext(password.Config{Schemes: []password.Scheme{one.Scheme}}); err != nil || seen[one.Name] {
			t.Errorf("%s: %v, there twice: %v", one.Name, err, seen[one.Name])
		}
		if argon2 := strings.HasPrefix(one.Name, "argon2id"); argon2 != (one.Memory > 0) || i == 0 && one.Name != "argon2id m=19456 t=2" {
			t.Errorf("choice %d is %s with %d KiB", i, one.Name, one.Memory)
		}
		seen[one.Name] = true
	}
}
