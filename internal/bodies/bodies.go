// Package bodies bounds how many bytes of request bodies an application holds in
// memory at once. What counts is what has arrived, not what a caller has promised
// to send.
package bodies

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
)

// Free is how much of each body does not count: connections bound it. So the forms
// with which people sign in never wait for callers with large bodies.
const Free = 16 << 10

// Budget is what there may be at once. It is safe for concurrent use once it fits.
type Budget struct {
	most  int64
	fixed bool // somebody has said how much
	left  *semaphore.Weighted
}

// The budget of an application that says none, and how many of its largest bodies
// fit into it at least.
const (
	usual = 64 << 20
	fit   = 4
)

// New makes a budget of so many bytes; if that is zero, of 64 MiB, or as much more
// as Fit finds that there should be.
func New(most int64) *Budget {
	if most > 0 {
		return &Budget{most, true, semaphore.NewWeighted(most)}
	}
	return &Budget{usual, false, semaphore.NewWeighted(usual)}
}

// Fit makes room for bodies of so many bytes, before anything is taken. Its error
// is that of a budget into which not one of them fits.
func (b *Budget) Fit(largest int64) error {
	switch {
	case b.fixed && b.most < largest:
		return fmt.Errorf("its body may have %d bytes, and those of all requests together %d", largest, b.most)
	case !b.fixed && b.most/fit < largest:
		b.most = fit * min(largest, 1<<50)
		b.left = semaphore.NewWeighted(b.most)
	}
	return nil
}

// wait is how long a body that finds no room may wait for some.
const wait = 2 * time.Second

// Take takes bytes. Where there is no room it waits, for two seconds at most, and
// fails with [ErrFull]. Who has taken them gives them back.
func (b *Budget) Take(ctx context.Context, bytes int64) error {
	if b.left.TryAcquire(bytes) {
		return nil
	}
	soon, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if b.left.Acquire(soon, bytes) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrFull
}

// Give gives back what was taken.
func (b *Budget) Give(bytes int64) { b.left.Release(bytes) }

// ErrFull says that too many bytes of bodies are in memory already.
var ErrFull error = full{}

// full is busy, as package work has it.
type full struct{}

func (full) Error() string {
	return "the bodies of other requests take all the memory there is for them"
}
func (full) RetryAfter() time.Duration { return time.Second }
