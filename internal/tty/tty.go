// Package tty says how a command speaks with a person, and that it does.
package tty

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/term"
)

// Person reports whether a person types what is read, and the file that they type
// into.
func Person(in io.Reader) (*os.File, bool) {
	file, ok := in.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// Painted colours marks on a terminal, and nowhere else; NO_COLOR turns it off
// (no-color.org).
func Painted(file *os.File) io.Writer {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) {
		return file
	}
	return Paint{file}
}

// Paint colours the marks of what is written.
type Paint struct{ To io.Writer }

var colours = strings.NewReplacer("✓", "\x1b[32m✓\x1b[0m", "✗", "\x1b[31m✗\x1b[0m")

// Write writes the text with its marks in colour.
func (p Paint) Write(data []byte) (int, error) {
	if _, err := colours.WriteString(p.To, string(data)); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Version is a program's name with its module's version, the commit and Go's, as
// the build recorded them.
func Version(name string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name + " (unknown)"
	}
	set := map[string]string{}
	for _, one := range info.Settings {
		set[one.Key] = one.Value
	}
	text := name + " " + info.Main.Version
	if commit := set["vcs.revision"]; commit != "" {
		text += ", commit " + commit[:min(12, len(commit))]
	}
	if set["vcs.modified"] == "true" {
		text += " and changes that are not committed"
	}
	return text + ", " + info.GoVersion + " " + runtime.GOOS + "/" + runtime.GOARCH
}
