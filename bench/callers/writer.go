package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/bench/internal/proc"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// writer is the other process. It says when it has begun, goes on until its input
// ends, and says how many commits it has made.
type writer struct {
	command *exec.Cmd
	in      io.Closer
	out     *bufio.Reader
}

// startWriter starts it, unless there is nothing to write.
func startWriter(path string, rate int) (*writer, error) {
	if rate == 0 {
		return nil, nil //nolint:nilnil // none is wanted
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &writer{command: exec.Command(self, "-write", path, "-rate", fmt.Sprint(rate))} //nolint:gosec // this program
	w.command.Stderr = os.Stderr
	out, err := w.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if w.in, err = w.command.StdinPipe(); err != nil {
		return nil, err
	}
	w.out = bufio.NewReader(out)
	if err := w.command.Start(); err != nil {
		return nil, err
	}
	_, err = w.out.ReadString('\n')
	return w, err
}

// stop ends it and returns how many commits it has made.
func (w *writer) stop() (commits int, err error) {
	if w == nil {
		return 0, nil
	}
	if err := w.in.Close(); err != nil {
		return 0, err
	}
	if _, err := fmt.Fscan(w.out, &commits); err != nil {
		return 0, err
	}
	return commits, w.command.Wait()
}

// write is what it does.
func write(ctx context.Context, path string) error {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	var user account.User
	err = store.View(ctx, func(r account.Reader) (err error) {
		user, err = r.UserByName("anna")
		return err
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
		stop()
	}()
	fmt.Println("begun")
	commits := 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); ; {
		select {
		case <-ctx.Done():
			fmt.Println(commits)
			return nil
		case <-tick.C:
		}
		for due := int(time.Since(begun).Seconds() * float64(*rate)); commits < due && ctx.Err() == nil; commits++ {
			one := session(user.ID, fmt.Sprint("written ", begun.UnixNano(), commits%1000), time.Now()) // new, and later refreshed
			if err := store.Update(context.WithoutCancel(ctx), func(w account.Writer) error { return w.PutSession(one) }); err != nil {
				return err
			}
		}
	}
}

// cpuTime is the processor time that this process has had.
func cpuTime() time.Duration {
	used, err := proc.CPU(os.Getpid())
	if err != nil {
		panic(err)
	}
	return used
}
