// Package calibrate measures which password hashes a machine can afford.
//
//	report, err := calibrate.Measure(ctx, calibrate.Recommended(), calibrate.Config{})
//	best, ok := report.Best()
//
// The default of package password is the least that OWASP recommends, which
// every machine affords. A machine that can do more hashes better with more:
// give password.NewContext the scheme that was found. Measure on the machine
// that will hash, while it does nothing else; it takes every core for seconds.
package calibrate

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/password"
)

// Choice is a scheme with its costs.
type Choice struct {
	Name   string          // as in "argon2id m=19456 t=2"
	Scheme password.Scheme // as password.Config takes it
	Memory uint32          // KiB that one hash needs; 0 for a scheme that needs next to none
}

// Recommended are what OWASP recommends, and costs beyond it: the strongest of
// each scheme last, argon2id first.
func Recommended() []Choice {
	var list []Choice
	for _, p := range []password.Argon2Params{{Memory: 19456, Time: 2}, {Memory: 47104, Time: 1}, {Memory: 65536, Time: 3}, {Memory: 131072, Time: 3}, {Memory: 262144, Time: 4}} {
		list = append(list, Choice{fmt.Sprintf("argon2id m=%d t=%d", p.Memory, p.Time), password.Argon2id(p), p.Memory})
	}
	for _, cost := range []int{10, 12, 13, 14} {
		list = append(list, Choice{Name: fmt.Sprintf("bcrypt cost=%d", cost), Scheme: password.Bcrypt(cost)})
	}
	return append(list, Choice{Name: "pbkdf2-sha256 rounds=600000", Scheme: password.PBKDF2SHA256(0)})
}

// Config says what is affordable.
type Config struct {
	Target  time.Duration    // how long one verification may take; 250 ms if zero
	Workers int              // how many hash at once; GOMAXPROCS if zero
	Before  func(Choice)     // called before each choice is measured; nothing if nil
	Now     func() time.Time // the clock that measures; time.Now if nil
}

// Measured is a choice with what it costs here.
type Measured struct {
	Choice

	Took time.Duration // one verification, the median of five; of one if it is far over the target
	Fits bool          // into the target
}

// Report is what was measured, in the order of the choices.
type Report struct {
	Workers  int
	Target   time.Duration
	Measured []Measured
}

// Measure measures each choice in turn. An error is that of a scheme which
// cannot be used, or of ctx.
func Measure(ctx context.Context, choices []Choice, config Config) (Report, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	out := Report{Workers: cmp.Or(config.Workers, runtime.GOMAXPROCS(0)), Target: cmp.Or(config.Target, 250*time.Millisecond)}
	for _, one := range choices {
		if config.Before != nil {
			config.Before(one)
		}
		took, err := measure(ctx, one.Scheme, out.Target, config.Now)
		if err != nil {
			return out, fmt.Errorf("calibrate: %s: %w", one.Name, err)
		}
		out.Measured = append(out.Measured, Measured{one, took, took <= out.Target})
	}
	return out, nil
}

// measure returns the median time of a verification. What is far over the
// target is measured once.
func measure(ctx context.Context, scheme password.Scheme, target time.Duration, now func() time.Time) (time.Duration, error) {
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{scheme}})
	if err != nil {
		return 0, err
	}
	var times []time.Duration
	for len(times) < 5 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := now()
		if err := passwords.DummyVerify(ctx, rand.Text()); err != nil {
			return 0, err
		}
		times = append(times, now().Sub(start))
		if times[0] > 2*target {
			break
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// Best is the last choice that fits and needs memory, as argon2id does: that is
// what makes guessing dear for others. False if there is none.
func (r Report) Best() (Choice, bool) {
	for _, one := range slices.Backward(r.Measured) {
		if one.Fits && one.Memory > 0 {
			return one.Choice, true
		}
	}
	return Choice{}, false
}

// PerSecond is how many verifications so many workers do in a second.
func (m Measured) PerSecond(workers int) float64 { return float64(workers) / m.Took.Seconds() }

// MemoryMiB is what so many workers need at once, in MiB.
func (m Measured) MemoryMiB(workers int) float64 { return float64(workers) * float64(m.Memory) / 1024 }
