package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// streams are the command's standard input and outputs.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// readSecret reads all of standard input, or asks.
func readSecret(std streams, twice bool) (string, error) {
	file, ok := std.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		data, err := io.ReadAll(io.LimitReader(std.in, 1<<20))
		return string(data), err
	}
	first, err := prompt(std, file, "Password: ")
	if err != nil || !twice {
		return first, err
	}
	again, err := prompt(std, file, "Again: ")
	if err == nil && first != again {
		err = errors.New("the two passwords differ")
	}
	return first, err
}

func prompt(std streams, file *os.File, text string) (string, error) {
	fmt.Fprint(std.err, text)
	data, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(std.err)
	return string(data), err
}

// readAll reads standard input, up to what a token may be made of.
func readAll(r io.Reader) ([]byte, error) {
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("standard input has more than %d bytes", most)
	}
	return data, err
}

// readToken reads a token, without the newline that a shell puts behind it.
func readToken(r io.Reader) (string, error) {
	data, err := readAll(r)
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// now is the clock of the shell.
var now = time.Now //nolint:forbidigo // commands end before one could change it

func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
