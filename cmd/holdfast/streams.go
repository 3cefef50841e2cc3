package main

import (
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/tty"
)

// streams are the command's standard input and outputs.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

var (
	printJSON = tty.PrintJSON
	row       = tty.Row
)

// now is the clock of the shell.
var now = time.Now //nolint:forbidigo // commands end before one could change it

func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

// page is how many of a list are asked for at once.
const page = 500

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
