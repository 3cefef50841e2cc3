package tty

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNotMeant says that a person has thought better of it.
var ErrNotMeant = errors.New("nothing was done")

// Confirm asks a person at a terminal whether something is meant. A script is not
// asked: who pipes something into the command means it.
func Confirm(ctx context.Context, in io.Reader, errOut io.Writer, question string) error {
	file, typed := Person(in)
	if !typed {
		return nil
	}
	if _, err := fmt.Fprintf(errOut, "%s [y/N] ", question); err != nil {
		return err
	}
	answer, err := bufio.NewReader(Interruptible{ctx, file}).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return ErrNotMeant
}

// Secret reads all of in, or asks a person on errOut for a password: they type it
// twice if that is wanted. Error: ErrInterrupted.
func Secret(ctx context.Context, in io.Reader, errOut io.Writer, twice bool) (string, error) {
	file, typed := Person(in)
	if !typed {
		data, err := io.ReadAll(io.LimitReader(Interruptible{ctx, in}, 1<<20))
		return string(data), err
	}
	return ask(ctx, file, errOut, twice)
}

// ask asks on the terminal, which is as before when it returns.
func ask(ctx context.Context, file *os.File, errOut io.Writer, twice bool) (string, error) {
	fd := int(file.Fd())
	before, err := term.MakeRaw(fd) // so that Ctrl-C is a key, and what is typed is not shown
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, before) }() // the program is about to end, or knows what it wanted
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{file, errOut}, "")
	prompt := func(text string) (string, error) {
		secret, err := await(ctx, func() (string, error) { return terminal.ReadPassword(text) })
		if errors.Is(err, io.EOF) { // Ctrl-C, or Ctrl-D
			err = ErrInterrupted
		}
		if err != nil {
			_, _ = io.WriteString(errOut, "\r\n") // the error is the one to tell
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

// ErrInterrupted says that a person has ended the program at a prompt.
var ErrInterrupted = errors.New("interrupted")

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

// Interruptible is a reader that a signal ends, also while it waits for a pipe
// or a terminal that says nothing.
type Interruptible struct {
	Ctx context.Context //nolint:containedctx // of the command that reads
	In  io.Reader
}

// Read implements io.Reader.
func (r Interruptible) Read(p []byte) (int, error) {
	own := make([]byte, len(p)) // p is the caller's again after an interruption
	n, err := await(r.Ctx, func() (int, error) { return r.In.Read(own) })
	return copy(p, own[:n]), err
}

// ReadAll reads standard input, up to what a token may be made of.
func ReadAll(r io.Reader) ([]byte, error) {
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("standard input has more than %d bytes", most)
	}
	return data, err
}

// ReadToken reads a token, without the newline that a shell puts behind it.
func ReadToken(r io.Reader) (string, error) {
	data, err := ReadAll(r)
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), err
}
