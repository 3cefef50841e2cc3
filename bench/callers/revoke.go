package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// revoke ends sessions in another process, one after the other, and prints how
// long this one goes on to take them, at the median and at worst.
func (c *checker) revoke(ctx context.Context, path string, n int) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	other := exec.Command(self, "-revoke-in", path) //nolint:gosec // this program
	other.Stderr = os.Stderr
	in, err := other.StdinPipe()
	if err != nil {
		return err
	}
	out, err := other.StdoutPipe()
	if err != nil {
		return err
	}
	if err := other.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	var took []time.Duration
	for _, one := range c.all[:min(n, len(c.all))] {
		d, err := c.refusedAfter(ctx, one, in, lines)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	fmt.Printf("%d sessions that another process ended were refused after %v at the median, %v at worst\n",
		len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	return errors.Join(in.Close(), other.Wait())
}

// refusedAfter lets the other process end a session, and checks it until it is
// refused. The time begins when the other process knows that it has ended it.
func (c *checker) refusedAfter(ctx context.Context, one account.Session, in io.Writer, lines *bufio.Scanner) (time.Duration, error) {
	if _, err := c.service.Caller(ctx, one.UserID, one.ID, nil); err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintln(in, one.ID); err != nil {
		return 0, err
	}
	if !lines.Scan() {
		return 0, errors.Join(errors.New("the other process has ended"), lines.Err())
	}
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		_, err := c.service.Caller(ctx, one.UserID, one.ID, nil)
		switch {
		case errors.Is(err, account.ErrNoCaller):
			return time.Since(begun), nil
		case err != nil:
			return 0, err
		}
	}
}

// revokeIn is what the other process does: it ends each session that it is told.
func revokeIn(ctx context.Context, path string) error {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	ids := bufio.NewScanner(os.Stdin)
	for ids.Scan() {
		if err := store.Update(ctx, func(w account.Writer) error { return w.RemoveSession(ids.Text()) }); err != nil {
			return err
		}
		fmt.Println("done")
	}
	return ids.Err()
}
