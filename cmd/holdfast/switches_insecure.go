//go:build holdfast_insecure_switches

package main

import (
	"context"
	"log/slog"

	"github.com/holdfast-go/holdfast/identity"
)

// unboundedFlag is the flag of serve with which `holdfast bench login` starts
// the server that it compares with. It is empty in a program without the tag.
const unboundedFlag = "--insecure-unbounded-hashing"

// insecureSwitches are flags of serve that take bounds away, for the tests and
// benchmarks that show what the bounds are for. They exist only in a program
// that is built with the tag holdfast_insecure_switches, so that nothing in an
// environment or a command line can turn the product's bounds off.
type insecureSwitches struct {
	Unbounded bool `name:"insecure-unbounded-hashing" hidden:"" help:"For 'bench login': hash as many passwords at once as ask for it."`

	InsecureNoLoginThrottleForTimingTests bool `hidden:"" help:"For 'make timing': do not limit attempts to sign in."`
}

// apply takes away from a configuration what the flags say.
func (s insecureSwitches) apply(ctx context.Context, config *identity.Config) {
	if s.Unbounded {
		config.Lane = unbounded{}
		config.Logger.LogAttrs(ctx, slog.LevelWarn, "hashing is unbounded: a flood of sign-ins delays every other request")
	}
	if s.InsecureNoLoginThrottleForTimingTests {
		config.InsecureNoThrottle = true
		config.Logger.LogAttrs(ctx, slog.LevelWarn, "attempts to sign in are not limited: this is for timing tests only")
	}
}

// unbounded runs everything at once, to show what a lane is for.
type unbounded struct{}

func (unbounded) Do(_ context.Context, fn func() error) error { return fn() }
