package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/password/breached"
)

// breachedFile is the flag of commands that set passwords.
type breachedFile struct {
	Breached string `name:"breached" help:"A filter of passwords known from breaches, which nobody may set; 'holdfast password breached build' makes one. None by default." placeholder:"FILE"`
}

// withPolicy runs fn with the policy, which asks the filter if there is one.
func (b breachedFile) withPolicy(fn func(password.Policy) error) (err error) {
	policy := policy()
	if b.Breached == "" {
		return fn(policy)
	}
	filter, err := breached.Open(b.Breached)
	if err != nil {
		return fmt.Errorf("--breached: %w", err)
	}
	defer func() { err = errors.Join(err, filter.Close()) }()
	policy.Breached = filter
	return fn(policy)
}

// passwordBreached is `holdfast password breached`.
type passwordBreached struct {
	Build breachedBuild `cmd:"" help:"Make a filter for --breached of a list of hashes."`
	Check breachedCheck `cmd:"" help:"Exit with 0 only if a filter does not have the password from standard input (to the last byte: a newline counts) or from a prompt."`
}

type breachedBuild struct {
	From     string `required:"" help:"The list: a line for each password with its SHA-1 in hexadecimal digits and perhaps a colon and how often it was found, in the order of the hashes, as Have I Been Pwned's; also compressed by gzip; - for standard input." placeholder:"FILE"`
	Out      string `required:"" help:"The filter." placeholder:"FILE"`
	Bits     int    `enum:"8,16" default:"16" help:"How sure it is, one of ${enum}: with 16 it takes 2.3 bytes for each password and refuses one good password of 65,536, with 8 it takes 1.2 and refuses one of 256."`
	MinCount int    `name:"min-count" default:"1" help:"Leave out what was found less often."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// Run makes the filter in a file of its own, which takes the other's place when it
// is whole.
func (c *breachedBuild) Run(ctx context.Context, std streams) error {
	in := std.in
	if c.From != "-" {
		file, err := os.Open(c.From)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	stats, err := c.build(ctx, std, interruptible{ctx, in})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, stats)
	}
	_, err = fmt.Fprintf(std.out, "%d passwords of %d lines in %d bytes, %.2f for each; of others it refuses one in %d\n",
		stats.Entries, stats.Lines, stats.Bytes, float64(stats.Bytes)/float64(stats.Entries), 1<<c.Bits)
	return err
}

func (c *breachedBuild) build(ctx context.Context, std streams, in io.Reader) (stats breached.Stats, err error) {
	out, err := os.CreateTemp(filepath.Dir(c.Out), ".breached-*")
	if err != nil {
		return stats, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close(), os.Remove(out.Name()))
		}
	}()
	stats, err = breached.Build(ctx, in, out, breached.Config{Bits: c.Bits, MinCount: c.MinCount, Progress: func(s breached.Stats) {
		fmt.Fprintf(std.err, "%d lines read, %d passwords\n", s.Lines, s.Entries)
	}})
	if err != nil {
		return stats, err
	}
	if err = errors.Join(out.Sync(), out.Chmod(0o644)); err != nil {
		return stats, err
	}
	if err = os.Rename(out.Name(), c.Out); err != nil {
		return stats, err
	}
	return stats, out.Close()
}

type breachedCheck struct {
	Filter string `required:"" help:"The filter, as 'holdfast password breached build' makes it." placeholder:"FILE"`
}

// Run fails for a password that is known.
func (c *breachedCheck) Run(ctx context.Context, std streams) (err error) {
	filter, err := breached.Open(c.Filter)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, filter.Close()) }()
	secret, err := readSecret(ctx, std, false)
	if err != nil {
		return err
	}
	known, err := filter.Has(secret)
	if err == nil && known {
		err = errors.New("the password is known from a breach")
	}
	if err == nil {
		fmt.Fprintf(std.out, "the password is none of %d that are known\n", filter.Entries())
	}
	return err
}
