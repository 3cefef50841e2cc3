package main

import (
	"context"
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
func readSecret(ctx context.Context, std streams, twice bool) (string, error) {
	file, ok := std.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		data, err := io.ReadAll(io.LimitReader(interruptible{ctx, std.in}, 1<<20))
		return string(data), err
	}
	return ask(ctx, std, file, twice)
}

// ask asks on the terminal, which is as before when it returns.
func ask(ctx context.Context, std streams, file *os.File, twice bool) (string, error) {
	fd := int(file.Fd())
	before, err := term.MakeRaw(fd) // so that Ctrl-C is a key, and what is typed is not shown
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, before) }() // the program is about to end, or knows what it wanted
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{file, std.err}, "")
	prompt := func(text string) (string, error) {
		secret, err := await(ctx, func() (string, error) { return terminal.ReadPassword(text) })
		if errors.Is(err, io.EOF) { // Ctrl-C, or Ctrl-D
			err = errInterrupted
		}
		if err != nil {
			fmt.Fprint(std.err, "\r\n")
		}
		return secret, err
	}
	first, err := prompt("Password: ")
	if err != nil || !twice {
		return first, err
	}
	again, err := prompt("Again: ")
	if err == nil && first != again {
		err = errors.New("the two passwords differ")
	}
	return first, err
}

// errInterrupted says that a person has ended the program at a prompt.
var errInterrupted = errors.New("interrupted")

// await waits for fn, or for ctx to end: then fn may still be under way.
func await[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := fn()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// interruptible is a reader that a signal ends, also while it waits for a pipe
// or a terminal that says nothing.
type interruptible struct {
	ctx context.Context //nolint:containedctx // of the command that reads
	in  io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	own := make([]byte, len(p)) // p is the caller's again after an interruption
	n, err := await(r.ctx, func() (int, error) { return r.in.Read(own) })
	return copy(p, own[:n]), err
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
