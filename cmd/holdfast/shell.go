package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/holdfast-go/holdfast/internal/completion"
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
	_, err := fmt.Fprintln(std.out, version())
	return err
}

// version is the module's, the commit's and Go's, as the build recorded them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "holdfast (unknown)"
	}
	set := map[string]string{}
	for _, one := range info.Settings {
		set[one.Key] = one.Value
	}
	text := "holdfast " + info.Main.Version
	if commit := set["vcs.revision"]; commit != "" {
		text += ", commit " + commit[:min(12, len(commit))]
	}
	if set["vcs.modified"] == "true" {
		text += " and changes that are not committed"
	}
	return text + ", " + info.GoVersion + " " + runtime.GOOS + "/" + runtime.GOARCH
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
	return completion.Shells[c.Shell](std.out, completed(parser.Model.Node))
}

// completed is a command as a shell completes it.
func completed(n *kong.Node) completion.Command {
	out := completion.Command{Name: n.Name, Help: n.Help}
	for _, flag := range n.Flags {
		if flag.Hidden {
			continue
		}
		one := completion.Flag{Name: flag.Name, Help: flag.Help, Takes: !flag.IsBool()}
		if flag.Enum != "" {
			one.Values = flag.EnumSlice()
		}
		out.Flags = append(out.Flags, one)
	}
	for _, below := range n.Children {
		if !below.Hidden {
			out.Commands = append(out.Commands, completed(below))
		}
	}
	return out
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

// errNotMeant says that a person has thought better of it.
var errNotMeant = errors.New("nothing was done")

// confirm asks a person at a terminal. A script is not asked: who pipes something
// into the command, or says --yes, means it.
func (s sure) confirm(ctx context.Context, std streams, question string) error {
	file, ok := std.in.(*os.File)
	if s.Yes || !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	fmt.Fprintf(std.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(interruptible{ctx, file}).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return errNotMeant
}

// painted colours marks on a terminal, and nowhere else; NO_COLOR turns it off
// (no-color.org).
func painted(file *os.File) io.Writer {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) {
		return file
	}
	return paint{file}
}

type paint struct{ to io.Writer }

var colours = strings.NewReplacer("✓", "\x1b[32m✓\x1b[0m", "✗", "\x1b[31m✗\x1b[0m")

// Write writes the text with its marks in colour.
func (p paint) Write(data []byte) (int, error) {
	if _, err := colours.WriteString(p.to, string(data)); err != nil {
		return 0, err
	}
	return len(data), nil
}
