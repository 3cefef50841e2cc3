package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/holdfast-go/holdfast/internal/completion"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// helpCmd is `holdfast help`.
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain; all of them if left out."`
}

// Run shows what --help shows.
func (c *helpCmd) Run(ctx context.Context, std streams) error {
	parser, err := newParser(ctx, &cli{}, std)
	if err != nil {
		return err
	}
	_, err = parser.Parse(append(c.Command, "--help"))
	return err
}

// versionCmd is `holdfast version`.
type versionCmd struct{}

// Run prints the version, the commit that was built, and with what.
func (*versionCmd) Run(std streams) error {
	_, err := fmt.Fprintln(std.out, tty.Version("holdfast"))
	return err
}

// completionCmd is `holdfast completion`.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script of a shell.
func (c *completionCmd) Run(ctx context.Context, std streams) error {
	parser, err := newParser(ctx, &cli{}, std)
	if err != nil {
		return err
	}
	return completion.Shells[c.Shell](std.out, completion.Of(parser.Model.Node))
}

// explained is the help of a flag, with its default and its variable.
func explained(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Default == "" || v.Default == "0" || v.Default == "0s" || v.IsBool() || strings.HasPrefix(v.Default, "withargs") {
		return text
	}
	return strings.TrimSuffix(text, ".") + "; " + v.Default + " by default."
}

// sure is for commands after which something is gone.
type sure struct {
	Yes bool `help:"Do not ask at the terminal whether it is meant."`
}

func (s sure) confirm(ctx context.Context, std streams, question string) error {
	if s.Yes {
		return nil
	}
	return tty.Confirm(ctx, std.in, std.err, question)
}
